#include "evergreen/checkpoint/missing_model.hpp"

#include <iterator>

namespace evergreen {
namespace {

bool looks_like_hub_name(const fs::path& path) {
  return path.is_relative() && std::distance(path.begin(), path.end()) == 2 &&
         path.begin()->string() != "." && path.begin()->string() != ".." && !fs::exists(*path.begin());
}

}  // namespace

Error missing_model(const fs::path& path) {
  std::string next = "give a model's directory, or a .safetensors file";
  if (fs::exists(path.string() + ".work") || fs::exists(path.string() + ".partial")) {
    next = "what makes it is unfinished: run its command again, and it goes on";
  } else if (looks_like_hub_name(path)) {
    next =
        "this looks like a name of the Hugging Face hub, and nothing is downloaded here: fetch it first (hf "
        "download " +
        path.string() + " --local-dir " + path.filename().string() + ") and give that directory";
  }
  return {ErrorKind::input, "no such file or directory", path.string(), next};
}

}  // namespace evergreen
