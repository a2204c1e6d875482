#include "evergreen/checkpoint/model_files.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr std::array kTokenizerFiles = {
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "vocab.json",
    "merges.txt",
    "tokenizer.model",
    "chat_template.jinja",
    "chat_template.json",
    "generation_config.json",
};

bool has(const fs::path& directory, const char* name) {
  std::error_code failed;
  return fs::exists(directory / name, failed);
}

bool is_legal_notice(const std::string& name) {
  return name.starts_with("LICENSE") || name.starts_with("LICENCE") || name.starts_with("NOTICE") ||
         name.starts_with("USE_POLICY");
}

}  // namespace

void require_tokenizer(const fs::path& directory, const std::string& role) {
  if (has(directory, "tokenizer.json") || has(directory, "tokenizer.model")) return;
  if (has(directory, "vocab.json") && has(directory, "merges.txt")) return;
  throw Error(ErrorKind::input, fmt::format("the {} has no tokenizer (tokenizer.json)", role),
              directory.string(),
              role == "adapter"
                  ? "pass the instruct model as --files-from, or ask for the weights alone (--weights-only)"
                  : "add its tokenizer files, or ask for the weights alone (--weights-only)");
}

void require_config(const fs::path& directory, const std::string& role) {
  if (has(directory, "config.json")) return;
  throw Error(ErrorKind::input, fmt::format("the {} has no config.json", role), directory.string(),
              "add it, or ask for the weights alone (--weights-only)");
}

void copy_tokenizer_files(const fs::path& directory, CheckpointWriter& out) {
  for (const char* name : kTokenizerFiles) out.copy_file(directory / name);
}

void copy_model_files(const fs::path& directory, CheckpointWriter& out) {
  std::vector<fs::path> files;
  try {
    for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
      const fs::path& path = entry.path();
      if (entry.is_regular_file() &&
          (path.extension() == ".py" || is_legal_notice(path.filename().string()))) {
        files.push_back(path);
      }
    }
  } catch (const fs::filesystem_error& error) {
    throw system_error(error.code().value(), "cannot list the directory", directory.string());
  }
  for (const fs::path& file : files) out.copy_file(file);
}

}  // namespace evergreen
