#include "evergreen/generate/generation_config.hpp"

#include "evergreen/base/json.hpp"

namespace evergreen {

GenerationConfig read_generation_config(const fs::path& directory) {
  const fs::path file = directory / "generation_config.json";
  GenerationConfig config;
  if (!fs::exists(file)) return config;
  const Json json = read_json(file);
  const std::string where = file.string();
  if (const auto eos = json.find("eos_token_id"); eos != json.end() && eos->is_array()) {
    config.eos_token_ids = json_get<std::vector<int32_t>>(json, "eos_token_id", where);
  } else if (eos != json.end() && !eos->is_null()) {
    config.eos_token_ids = {json_get<int32_t>(json, "eos_token_id", where)};
  }
  config.sampling.repetition_penalty = json_get_or<double>(json, "repetition_penalty", 1.0, where);
  if (!json_get_or<bool>(json, "do_sample", false, where)) return config;
  Sampling& s = config.sampling;
  s.temperature = json_get_or<double>(json, "temperature", 1.0, where);
  s.top_k = json_get_or<int64_t>(json, "top_k", 50, where);  // transformers' default
  s.top_p = json_get_or<double>(json, "top_p", 1.0, where);
  s.min_p = json_get_or<double>(json, "min_p", 0.0, where);
  return config;
}

}  // namespace evergreen
