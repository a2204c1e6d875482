#include "evergreen/study/arms.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/human.hpp"
#include "evergreen/study/graph_builder.hpp"

namespace evergreen::study {
namespace {

class Expansion {
 public:
  explicit Expansion(const StudyPlan& plan) : plan_(plan), graph_(plan) {}

  Study run() {
    for (const FamilyPlan& family : plan_.families) {
      std::map<std::string, Pair> pairs;
      for (const VersionPlan& version : family.versions) {
        pairs[version.name] = graph_.pair(family, version, pairs);
      }
      for (const VersionPlan& version : family.versions) {
        arm_.family = family.name, arm_.version = version.name;
        const bool main = &family == &plan_.families.front() && &version == &family.versions.front();
        const auto& seeds = main ? plan_.seeds : plan_.other_seeds;
        for (const uint64_t seed : seeds) main_arms(pairs.at(version.name), seed);
        for (const uint64_t seed : plan_.other_seeds) {
          if (main) special_arms(pairs.at(version.name), seed);
          if (plan_.cross_versions) crossed_arms(family, pairs, version, seed);
        }
      }
      study_.models[family.name] = pairs.at(family.versions.front().name).size;
    }
    study_.plan = plan_;
    study_.steps = graph_.take();
    return std::move(study_);
  }

 private:
  // What is set of `change`, on top of family and version.
  void add(ArmKind kind, uint64_t seed, int64_t size, const ModelRef& model, const Pair& pair,
           Arm change = {}) {
    change.kind = kind;
    change.family = arm_.family, change.version = arm_.version;
    change.seed = seed, change.size = size;
    if (size > 0 && !change.other_replay) change.replay = plan_.replay;
    change.evaluate = graph_.evaluate(model, pair, seed, change.label());
    study_.arms.push_back(change);
  }

  void main_arms(const Pair& pair, uint64_t seed) {
    add(ArmKind::base, seed, 0, pair.base, pair);
    add(ArmKind::instruct, seed, 0, pair.instruct, pair);
    for (const int64_t size : plan_.sizes) {
      const CptRequest request{.size = size, .seed = seed, .replay = plan_.replay};
      const ModelRef base = graph_.cpt(pair, pair.base, request);
      add(ArmKind::instruct_cpt, seed, size, graph_.cpt(pair, pair.instruct, request), pair);
      add(ArmKind::base_cpt, seed, size, base, pair);
      add(ArmKind::updated, seed, size, graph_.graft(pair, base, pair, 1), pair);
      if (size == plan_.sizes.back()) {
        study_.inspections.push_back(
            {arm_.family, arm_.version, size, seed, graph_.inspect(pair, base, seed)});
      }
    }
  }

  void special_arms(const Pair& pair, uint64_t seed) {
    const int64_t size = plan_.sizes.back();
    const CptRequest request{.size = size, .seed = seed, .replay = plan_.replay};
    const ModelRef base = graph_.cpt(pair, pair.base, request);
    for (const double scale : plan_.scales) {
      if (scale != 1)
        add(ArmKind::updated, seed, size, graph_.graft(pair, base, pair, scale), pair, {.scale = scale});
    }
    for (const int64_t steps : plan_.sft_steps)
      add(ArmKind::sft, seed, size, graph_.sft(pair, base, seed, steps), pair, {.sft_steps = steps});
    for (const double replay : plan_.replay_shares) {
      if (replay == plan_.replay) continue;
      cpt_arms(pair, {.size = size, .seed = seed, .replay = replay},
               {.replay = replay, .other_replay = true});
    }
    if (plan_.lora_rank > 0) {
      CptRequest lora = request;
      lora.lora_rank = plan_.lora_rank;
      cpt_arms(pair, lora, {.lora_rank = plan_.lora_rank});
    }
  }

  void cpt_arms(const Pair& pair, const CptRequest& request, const Arm& change) {
    const ModelRef base = graph_.cpt(pair, pair.base, request);
    add(ArmKind::instruct_cpt, request.seed, request.size, graph_.cpt(pair, pair.instruct, request), pair,
        change);
    add(ArmKind::base_cpt, request.seed, request.size, base, pair, change);
    add(ArmKind::updated, request.seed, request.size, graph_.graft(pair, base, pair, 1), pair, change);
  }

  void crossed_arms(const FamilyPlan& family, const std::map<std::string, Pair>& pairs,
                    const VersionPlan& version, uint64_t seed) {
    const Pair& pair = pairs.at(version.name);
    const int64_t size = plan_.sizes.back();
    for (const VersionPlan& other : family.versions) {
      if (other.name == version.name) continue;
      const Pair& sibling = pairs.at(other.name);
      const ModelRef base = graph_.cpt(pair, pair.base, {.size = size, .seed = seed, .replay = plan_.replay});
      add(ArmKind::sibling, seed, 0, graph_.graft(pair, pair.base, sibling, 1), pair,
          {.residual_of = other.name});
      add(ArmKind::sibling_cpt, seed, size, graph_.graft(pair, base, sibling, 1), pair,
          {.residual_of = other.name});
    }
  }

  const StudyPlan& plan_;
  GraphBuilder graph_;
  Study study_;
  Arm arm_;
};

}  // namespace

const char* arm_kind_name(ArmKind kind) {
  switch (kind) {
    case ArmKind::base:
      return "base";
    case ArmKind::instruct:
      return "instruct";
    case ArmKind::instruct_cpt:
      return "instruct + CPT";
    case ArmKind::base_cpt:
      return "base + CPT";
    case ArmKind::updated:
      return "(base + CPT) + R";
    case ArmKind::sft:
      return "base + CPT + SFT";
    case ArmKind::sibling:
      return "base + R'";
    case ArmKind::sibling_cpt:
      return "(base + CPT) + R'";
  }
  return "";
}

std::string Arm::label() const {
  std::string text = arm_kind_name(kind);
  if (scale != 1) text = fmt::format("(base + CPT) + {} R", scale);
  if (!residual_of.empty()) text += fmt::format(" of {}", residual_of);
  if (sft_steps > 0) text += fmt::format(", {} steps", sft_steps);
  if (lora_rank > 0) text += fmt::format(", LoRA {}", lora_rank);
  if (other_replay) text += fmt::format(", replay {:.0f} %", 100 * replay);
  return text;
}

Study expand(const StudyPlan& plan) { return Expansion(plan).run(); }

void require_learning_rates(const StudyPlan& plan) {
  const auto require = [&](const TrainingPlan& training, const char* name) {
    if (training.rows == 0 || training.learning_rate) return;
    throw Error(ErrorKind::input, fmt::format("'{}.learning-rate' is missing", name), plan.file.string(),
                fmt::format("choose one in the plan, or as --set {}.learning-rate=...", name));
  };
  require(plan.cpt, "cpt");
  require(plan.sft, "sft");
}

}  // namespace evergreen::study
