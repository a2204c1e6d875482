#include "evergreen/residual/inspect.hpp"

#include <chrono>

#include "evergreen/residual/common_rows.hpp"
#include "evergreen/residual/matrix_ranks.hpp"

namespace evergreen {
namespace {

class Clock {
 public:
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

StatisticsRequest request_of(const CheckpointReader& outline, const InspectOptions& options) {
  StatisticsRequest request;
  request.outline = &outline;
  request.threads = options.threads;
  request.progress = options.progress;
  request.stop = options.stop;
  return request;
}

// The passes over the weights; `residual` is the direction whose ranks are asked for.
void measure_into(InspectReport& report, const StatisticsRequest& request, const Direction& residual,
                  const std::map<const CheckpointReader*, std::string>& roles) {
  const Statistics statistics = measure(request);
  fill_groups(report, statistics, matrix_ranks(request, residual, report.sample));
  report.not_finite = not_finite_tensors(statistics, roles);
  report.bytes_read = statistics.bytes_read;
}

}  // namespace

InspectReport inspect(const CheckpointReader& checkpoint, const InspectOptions& options) {
  const Clock clock;
  InspectReport report;
  report.of_residual = is_residual(checkpoint);
  report.sample = options.sample;
  if (!report.of_residual) report.sample.rows = 0;
  const std::string role = checkpoint_kind(checkpoint);
  report.checkpoints = {summarize(checkpoint, role)};
  const Direction all = {&checkpoint};
  StatisticsRequest request = request_of(checkpoint, options);
  request.directions = {all};
  measure_into(report, request, all, {{&checkpoint, role}});
  report.seconds = clock.seconds();
  return report;
}

InspectReport inspect_residual(const CheckpointReader& base, const CheckpointReader& instruct,
                               const CheckpointReader* new_base, const InspectOptions& options) {
  const Clock clock;
  const bool stored = is_residual(instruct);
  std::vector<Role> roles = {{"base", &base}, {stored ? "residual" : "instruct model", &instruct}};
  if (new_base != nullptr) roles.push_back({"new base", new_base});
  require_model(roles[0]);
  if (new_base != nullptr) require_model(roles[2]);
  const Direction residual =
      stored ? Direction{&instruct, nullptr, &base} : Direction{&instruct, &base, nullptr};

  InspectReport report;
  report.of_residual = report.has_base = true;
  report.has_shift = new_base != nullptr;
  report.sample = options.sample;
  CommonRows common = require_common_rows(roles[0], {roles.begin() + 1, roles.end()});
  report.notes = std::move(common.notes);
  std::map<const CheckpointReader*, std::string> names;
  for (const Role& role : roles) {
    report.checkpoints.push_back(summarize(*role.reader, role.name));
    names[role.reader] = role.name;
  }
  StatisticsRequest request = request_of(base, options);
  request.rows = std::move(common.rows);
  request.directions = {{&base}, residual};
  if (new_base != nullptr) request.directions.push_back({new_base, &base, nullptr});
  measure_into(report, request, residual, names);
  report.seconds = clock.seconds();
  return report;
}

}  // namespace evergreen
