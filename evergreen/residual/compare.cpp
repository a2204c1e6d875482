#include "evergreen/residual/compare.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/residual/common_rows.hpp"
#include "evergreen/residual/residual_report.hpp"

namespace evergreen {
namespace {

// Where a checkpoint's numbers are among the directions that are measured.
struct Slots {
  std::optional<size_t> direction;  // D_i
  std::optional<size_t> distance;   // X_i - X0
};

struct Plan {
  std::vector<Direction> directions;  // the reference is the first
  std::vector<Slots> slots;           // by checkpoint

  size_t add(const Direction& direction) {
    directions.push_back(direction);
    return directions.size() - 1;
  }
};

bool mixed(const std::vector<const CheckpointReader*>& checkpoints) {
  const bool first = is_residual(*checkpoints.front());
  return std::any_of(checkpoints.begin(), checkpoints.end(),
                     [&](const CheckpointReader* checkpoint) { return is_residual(*checkpoint) != first; });
}

Plan make_plan(const std::vector<const CheckpointReader*>& checkpoints, const CheckpointReader* base) {
  const CheckpointReader* reference = base != nullptr ? base : checkpoints.front();
  Plan plan;
  plan.add({reference});
  for (const CheckpointReader* checkpoint : checkpoints) {
    Slots slots;
    if (base == nullptr && is_residual(*checkpoint)) {
      slots.direction = checkpoint == reference ? 0 : plan.add({checkpoint});
      if (checkpoint != reference) slots.distance = plan.add({checkpoint, reference});
    } else if (checkpoint != reference) {
      slots.direction = is_residual(*checkpoint) ? plan.add({checkpoint}) : plan.add({checkpoint, reference});
      slots.distance = slots.direction;
    }
    plan.slots.push_back(slots);
  }
  return plan;
}

CommonRows require_comparable(const std::vector<const CheckpointReader*>& checkpoints,
                              const CheckpointReader* base) {
  if (base == nullptr && mixed(checkpoints)) {
    throw Error(ErrorKind::usage, "residuals and models can only be compared through their base", {},
                "pass --base, or compare residuals with residuals");
  }
  const Role reference = base != nullptr ? Role{"base", base} : Role{"first checkpoint", checkpoints.front()};
  if (base != nullptr) require_model(reference);
  std::vector<Role> others;
  for (const CheckpointReader* checkpoint : checkpoints) {
    if (checkpoint != reference.reader)
      others.push_back({checkpoint_kind(*checkpoint) + " " + checkpoint->path().string(), checkpoint});
  }
  return require_common_rows(reference, others);
}

std::optional<double> relative(const DirectionSums& sums, const Slots& slots) {
  return slots.distance ? sums.relative(*slots.distance, 0) : 0;
}

}  // namespace

CheckpointComparison compare(const std::vector<const CheckpointReader*>& checkpoints,
                             const CheckpointReader* base, const InspectOptions& options) {
  CheckpointComparison comparison;
  CommonRows common = require_comparable(checkpoints, base);
  comparison.notes = std::move(common.notes);
  const CheckpointReader* reference = base != nullptr ? base : checkpoints.front();
  comparison.reference = reference->path().string();
  comparison.with_base = base != nullptr;
  const Plan plan = make_plan(checkpoints, base);
  const Statistics statistics = measure({reference, plan.directions, std::move(common.rows), "inspect",
                                         options.threads, options.progress, options.stop});

  DirectionSums total(plan.directions.size());
  std::map<uint64_t, DirectionSums> layers;
  for (const TensorStatistics& tensor : statistics.tensors) {
    total.add(tensor.sums);
    if (const auto layer = layer_of(tensor.tensor->name)) {
      layers.try_emplace(*layer, plan.directions.size()).first->second.add(tensor.sums);
    }
  }
  for (const auto& [layer, sums] : layers) comparison.layers.push_back(layer);
  std::map<const CheckpointReader*, std::string> roles = {{reference, "base"}};
  for (size_t i = 0; i < checkpoints.size(); ++i) {
    const Slots& slots = plan.slots[i];
    ComparedCheckpoint compared{
        summarize(*checkpoints[i], checkpoint_kind(*checkpoints[i])), relative(total, slots), {}, {}, {}};
    if (slots.direction) compared.norm = total.norm(*slots.direction);
    for (const Slots& other : plan.slots) {
      compared.cosines.push_back(slots.direction && other.direction
                                     ? total.cosine(*slots.direction, *other.direction)
                                     : std::nullopt);
    }
    for (const auto& [layer, sums] : layers) compared.layers.push_back(relative(sums, slots));
    roles[checkpoints[i]] = compared.summary.role;
    comparison.checkpoints.push_back(std::move(compared));
  }
  comparison.not_finite = not_finite_tensors(statistics, roles);
  comparison.bytes_read = statistics.bytes_read;
  comparison.seconds = statistics.seconds;
  return comparison;
}

}  // namespace evergreen
