#include "evergreen/residual/verify.hpp"

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"

namespace evergreen {

VerifyReport verify(const fs::path& directory, int threads) {
  const CheckpointReader reader(directory);
  const auto provenance = read_provenance(reader.directory());
  if (!provenance || provenance->weights_hash.empty()) {
    throw Error(ErrorKind::input,
                provenance ? "evergreen.json holds no hash of the weights" : "there is no evergreen.json",
                directory.string(), "only what evergreen wrote can be verified");
  }
  return {directory.string(), provenance->weights_hash, to_string(reader.content_hash(threads)), *provenance};
}

std::string to_json_text(const VerifyReport& report) {
  return to_text({{"path", report.path},
                  {"matches", report.matches()},
                  {"expected", report.expected},
                  {"found", report.found},
                  {"command", report.provenance.command}});
}

}  // namespace evergreen
