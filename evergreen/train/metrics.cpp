#include "evergreen/train/metrics.hpp"

#include <sstream>

#include "evergreen/base/json.hpp"

namespace evergreen {
namespace {

// The last line may be half a line, if the process was killed while it wrote: it is left out.
std::vector<std::pair<Json, std::string>> complete_lines(const fs::path& path) {
  std::vector<std::pair<Json, std::string>> lines;
  if (!fs::exists(path)) return lines;
  std::istringstream text(read_text(path));
  for (std::string line; std::getline(text, line) && !text.eof();)
    lines.emplace_back(parse_json(line, path.string()), line);
  return lines;
}

}  // namespace

MetricsFile::MetricsFile(const fs::path& path, int64_t last_step) {
  std::string kept;
  for (const auto& [json, line] : complete_lines(path)) {
    if (json_get<int64_t>(json, "step", path.string()) <= last_step) kept += line + "\n";
  }
  replace_file(path, kept);
  file_ = File(path, File::Mode::append);
}

std::vector<std::pair<std::string, double>> scalars(const StepMetrics& m) {
  std::vector<std::pair<std::string, double>> all = {
      {"train/learning_rate", m.learning_rate},
      {"train/tokens", static_cast<double>(m.tokens)},
      {"speed/tokens_per_second", m.tokens_per_second},
      {"speed/flops_per_second", m.flops_per_second},
      {"memory/peak_bytes", static_cast<double>(m.peak_memory)}};
  if (m.mfu > 0) all.emplace_back("speed/mfu", m.mfu);
  if (m.left_out.empty())
    all.insert(all.end(), {{"train/loss", m.loss}, {"train/gradient_norm", m.gradient_norm}});
  return all;
}

void MetricsFile::add(const StepMetrics& m) {
  OrderedJson json = {{"step", m.step},
                      {"loss", m.loss},
                      {"gradient_norm", m.gradient_norm},
                      {"learning_rate", m.learning_rate},
                      {"tokens", m.tokens},
                      {"tokens_per_second", m.tokens_per_second},
                      {"flops_per_second", m.flops_per_second},
                      {"peak_memory", m.peak_memory}};
  if (m.mfu > 0) json["mfu"] = m.mfu;
  if (m.bytes_sent > 0) json["bytes_sent"] = m.bytes_sent, json["waited_seconds"] = m.waited_seconds;
  if (!m.left_out.empty()) {
    json.erase("loss"), json.erase("gradient_norm");
    json["left_out"] = m.left_out;
  }
  file_.write(json.dump() + "\n");
}

void MetricsFile::add(const ValidationMetrics& m) {
  const OrderedJson json = {{"step", m.step}, {"validation", m.loss}};
  file_.write(json.dump() + "\n");
}

std::vector<StepMetrics> read_step_metrics(const fs::path& path) {
  std::vector<StepMetrics> all;
  const std::string where = path.string();
  for (const auto& [json, line] : complete_lines(path)) {
    if (!json.contains("tokens")) continue;
    all.push_back(
        {json_get<int64_t>(json, "step", where), json_get<int64_t>(json, "tokens", where),
         json_get_or<double>(json, "loss", 0, where), json_get_or<double>(json, "gradient_norm", 0, where),
         json_get<double>(json, "learning_rate", where), json_get<double>(json, "tokens_per_second", where),
         json_get_or<double>(json, "flops_per_second", 0, where),
         json_get_or<int64_t>(json, "peak_memory", 0, where),
         json_get_or<int64_t>(json, "bytes_sent", 0, where),
         json_get_or<double>(json, "waited_seconds", 0, where),
         json_get_or<std::string>(json, "left_out", "", where), json_get_or<double>(json, "mfu", 0, where)});
  }
  return all;
}

std::vector<ValidationMetrics> read_validation_metrics(const fs::path& path) {
  std::vector<ValidationMetrics> all;
  const std::string where = path.string();
  for (const auto& [json, line] : complete_lines(path)) {
    if (!json.contains("validation")) continue;
    all.push_back({json_get<int64_t>(json, "step", where),
                   json_get<std::map<std::string, double>>(json, "validation", where)});
  }
  return all;
}

}  // namespace evergreen
