#include <array>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/model_config.hpp"

namespace evergreen {
namespace {

const char* torch_name(Dtype dtype) {
  switch (dtype) {
    case Dtype::bf16:
      return "bfloat16";
    case Dtype::f16:
      return "float16";
    case Dtype::f32:
      return "float32";
    case Dtype::f64:
      return "float64";
    default:
      throw Error(ErrorKind::internal, "config.json has no name for this dtype");
  }
}

OrderedJson read_config(const fs::path& directory) {
  const fs::path path = directory / "config.json";
  if (!fs::exists(path)) throw Error(ErrorKind::input, "there is no config.json", directory.string());
  const std::string text = read_text(path);
  if (!parse_json(text, path.string()).is_object()) {  // the strict parser; the one below keeps the order
    throw Error(ErrorKind::input, "config.json is not an object", path.string());
  }
  return OrderedJson::parse(text);
}

}  // namespace

std::string merge_config_json(const fs::path& new_base, const fs::path& instruct, std::optional<Dtype> dtype,
                              std::optional<int64_t> vocab_size) {
  OrderedJson merged = read_config(new_base);
  const OrderedJson tuned = read_config(instruct);
  for (const char* name : {"bos_token_id", "eos_token_id", "pad_token_id"}) {
    if (tuned.contains(name)) {
      merged[name] = tuned[name];
    } else {
      merged.erase(name);  // a missing member has the architecture's default, as it has in the instruct model
    }
  }
  if (vocab_size) merged["vocab_size"] = *vocab_size;
  if (dtype) {
    const bool old_spelling = merged.contains("torch_dtype"), new_spelling = merged.contains("dtype");
    if (new_spelling) merged["dtype"] = torch_name(*dtype);
    if (old_spelling || !new_spelling) merged["torch_dtype"] = torch_name(*dtype);
  }
  return to_text(merged);
}

}  // namespace evergreen
