#include "evergreen/residual/verify.hpp"

#include <algorithm>
#include <mutex>
#include <set>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

constexpr size_t kNamed = 5;  // tensors that one sentence names

Provenance require_provenance(const CheckpointReader& reader) {
  auto provenance = read_provenance(reader.directory());
  if (provenance && !provenance->weights_hash.empty()) return std::move(*provenance);
  throw Error(ErrorKind::input,
              provenance ? "evergreen.json holds no hash of the weights" : "there is no evergreen.json",
              reader.path().string(), "only what evergreen wrote can be verified");
}

ContentHash hash_all(const CheckpointReader& reader, const VerifyOptions& options) {
  ContentHash hash(reader.tensors());
  std::mutex mutex;
  double done = 0;
  const auto total = static_cast<double>(reader.total_bytes());
  reader.complete(hash, options.threads, [&](uint64_t bytes) {
    throw_if_stopped(options.stop, "verify");
    const std::lock_guard lock(mutex);
    done += static_cast<double>(bytes);
    if (options.progress) options.progress({"verify", done, total, "bytes", {}});
  });
  return hash;
}

std::vector<TensorDifference> compare_tensors(const CheckpointReader& reader, const ContentHash& hash,
                                              const Provenance& provenance) {
  std::vector<TensorDifference> differences;
  std::set<std::string> missing;
  for (const auto& [name, expected] : provenance.tensors) missing.insert(name);
  for (const TensorInfo& tensor : reader.tensors()) {
    missing.erase(tensor.name);
    const std::string found = to_string(hash.tensor(tensor.name)), file = reader.shard_of(tensor).string();
    const auto recorded = provenance.tensors.find(tensor.name);
    if (recorded == provenance.tensors.end()) {
      differences.push_back({tensor.name, file, "it was not there", {}, found});
    } else if (recorded->second != found) {
      differences.push_back({tensor.name, file, "its bytes changed", recorded->second, found});
    }
  }
  for (const std::string& name : missing) {
    differences.push_back({name, reader.path().string(), "it is missing", provenance.tensors.at(name), {}});
  }
  return differences;
}

}  // namespace

VerifyReport verify(const fs::path& directory, const VerifyOptions& options) {
  const CheckpointReader reader(directory);
  VerifyReport report;
  report.path = directory.string();
  report.provenance = require_provenance(reader);
  report.expected = report.provenance.weights_hash;
  const ContentHash hash = hash_all(reader, options);
  report.found = to_string(hash.content());
  report.tensors_known = !report.provenance.tensors.empty();
  if (report.tensors_known) report.differences = compare_tensors(reader, hash, report.provenance);
  return report;
}

std::string describe_differences(const VerifyReport& report) {
  if (report.differences.empty()) {
    return fmt::format("the weights have the hash {}, but evergreen.json says {}{}", report.found,
                       report.expected, report.tensors_known ? ": a name, dtype or shape changed" : "");
  }
  std::string text;
  for (size_t i = 0; i < std::min(kNamed, report.differences.size()); ++i) {
    const TensorDifference& difference = report.differences[i];
    text += fmt::format("{}'{}' in {} ({})", i > 0 ? ", " : "", difference.tensor,
                        fs::path(difference.file).filename().string(), difference.problem);
  }
  const size_t count = report.differences.size();
  if (count > kNamed) text += fmt::format(" and {} more", count - kNamed);
  return fmt::format("{} not as evergreen wrote {}: {}",
                     count == 1 ? "1 tensor is" : fmt::format("{} tensors are", count),
                     count == 1 ? "it" : "them", text);
}

std::string to_json_text(const VerifyReport& report) {
  OrderedJson json = {{"path", report.path},
                      {"matches", report.matches()},
                      {"expected", report.expected},
                      {"found", report.found},
                      {"command", report.provenance.command}};
  json["differences"] = OrderedJson::array();
  for (const TensorDifference& difference : report.differences) {
    json["differences"].push_back({{"tensor", difference.tensor},
                                   {"file", difference.file},
                                   {"problem", difference.problem},
                                   {"expected", difference.expected},
                                   {"found", difference.found}});
  }
  return to_text(json);
}

}  // namespace evergreen
