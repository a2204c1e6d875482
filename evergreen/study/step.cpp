#include "evergreen/study/step.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/hash.hpp"

namespace evergreen::study {
namespace {

constexpr uint64_t kSampleBytes = 64 << 10, kSamples = 64;
constexpr const char* kStepFormat = "evergreen study step 1";  // another one when a body does other work

std::string digits(const std::string& text) {
  const std::string hash = to_string(hash_text(text));
  return hash.substr(hash.find(':') + 1);
}

void add_file(HashStream& stream, const fs::path& path, const std::string& name) {
  const File file(path, File::Mode::read);
  const uint64_t size = file.size();
  stream.update(as_bytes(fmt::format("{} {}\n", name, size)));
  std::vector<std::byte> buffer(std::min(size, kSampleBytes));
  const uint64_t samples = std::min(kSamples, (size + kSampleBytes - 1) / kSampleBytes);
  for (uint64_t i = 0; i < samples; ++i) {
    const uint64_t last = size - buffer.size();
    const uint64_t at =
        size <= kSamples * kSampleBytes ? std::min(i * kSampleBytes, last) : last / (kSamples - 1) * i;
    file.read_at(at, buffer);
    stream.update(buffer);
  }
}

}  // namespace

const char* step_kind_name(StepKind kind) {
  switch (kind) {
    case StepKind::prepare:
      return "prepare";
    case StepKind::train:
      return "train";
    case StepKind::graft:
      return "graft";
    case StepKind::inspect:
      return "inspect";
    case StepKind::evaluate:
      return "evaluate";
  }
  return "";
}

std::string step_key(const Step& step, const Steps& steps,
                     const std::map<std::string, std::string>& contents) {
  std::string text = fmt::format("{}\n{}\n", kStepFormat, step_kind_name(step.kind));
  for (const auto& [name, value] : step.settings) text += fmt::format("{} = {}\n", name, value);
  for (const auto& [role, index] : step.inputs) text += fmt::format("{} < {}\n", role, steps.at(index).key);
  for (const auto& [role, path] : step.paths) text += fmt::format("{} @ {}\n", role, contents.at(role));
  return digits(text);
}

std::string content_identity(const fs::path& path, bool below) {
  HashStream stream;
  if (fs::is_directory(path)) {
    std::vector<fs::path> files;
    for (auto entry = fs::recursive_directory_iterator(path); entry != fs::recursive_directory_iterator();
         ++entry) {
      if (!below) entry.disable_recursion_pending();
      // What people write beside a model changes nothing in it.
      const std::string name = entry->path().filename().string();
      if (entry->is_regular_file() && name != "README.md" && name != "evergreen.json")
        files.push_back(entry->path());
    }
    std::sort(files.begin(), files.end());
    for (const fs::path& file : files) add_file(stream, file, file.lexically_relative(path).string());
  } else if (fs::exists(path)) {
    add_file(stream, path, "file");
  } else {
    throw Error(ErrorKind::input, "there is no such file or directory", path.string(),
                "correct the path in the plan; paths are relative to the plan's folder");
  }
  return to_string(stream.take());
}

}  // namespace evergreen::study
