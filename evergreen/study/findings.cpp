#include "evergreen/study/findings.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"

namespace evergreen::study {
namespace {

constexpr double kPaperFactor = 2048;
constexpr const char* kUnfinished = "the arms it needs are not finished";

class Findings {
 public:
  Findings(const Study& study, const std::vector<ArmGroup>& groups)
      : study_(study), plan_(study.plan), groups_(groups) {}

  std::vector<Finding> run() {
    std::vector<Finding> all = {cpt_costs_following(), more_text_costs_more(), base_keeps_quality(),
                                graft_restores(),      siblings_exchange(),    better_gives_better(),
                                far_less_compute(),    small_models()};
    adjust(all);
    for (Finding& finding : all) judge(finding);
    return all;
  }

 private:
  using Versions = std::vector<std::pair<const FamilyPlan*, const VersionPlan*>>;
  Versions versions() const {
    Versions all;
    for (const FamilyPlan& family : plan_.families) {
      for (const VersionPlan& version : family.versions) all.emplace_back(&family, &version);
    }
    return all;
  }
  const ArmGroup* arm(ArmKind kind, const FamilyPlan& family, const VersionPlan& version, int64_t size,
                      const std::string& residual_of = {}) const {
    return find_group(plan_, groups_,
                      {.kind = kind,
                       .family = family.name,
                       .version = version.name,
                       .size = size,
                       .residual_of = residual_of});
  }
  int64_t largest() const { return plan_.sizes.back(); }
  std::string no_siblings() const {
    const auto several = [](const FamilyPlan& family) { return family.versions.size() > 1; };
    return std::any_of(plan_.families.begin(), plan_.families.end(), several)
               ? ""
               : "no family of the study has two versions";
  }

  // Adds what can be compared; nothing where an arm is missing.
  FindingPart* add(Finding& finding, const ArmGroup* a, const ArmGroup* b, const std::string& score,
                   const std::string& what) const {
    const auto difference = compare_groups(a, b, score);
    if (!difference) return nullptr;
    FindingPart part;
    part.what = fmt::format("{} {}: {}, {}", a->arm.family, a->arm.version, score_title(score), what);
    part.difference = *difference;
    part.scale = lower_is_better(score, groups_) ? 1 : 100;
    part.tested = true;
    finding.parts.push_back(part);
    return &finding.parts.back();
  }

  Finding cpt_costs_following() const {
    Finding f{"F1",
              "CPT of the instruct model costs instruction following",
              "IFEval falls by about 10 to 12.6 points at 1B tokens",
              {},
              Verdict::not_testable,
              {}};
    for (const auto& [family, version] : versions())
      add(f, arm(ArmKind::instruct, *family, *version, 0),
          arm(ArmKind::instruct_cpt, *family, *version, largest()), plan_.scores.instruction,
          "instruct - (instruct + CPT)");
    return f;
  }

  Finding more_text_costs_more() const {
    Finding f{"F2",
              "the more new text, the larger the loss",
              "grows from 100M to 1B tokens",
              {},
              Verdict::not_testable,
              {}};
    if (plan_.sizes.size() < 2) {
      f.reason = "the study has one corpus size only";
      return f;
    }
    for (const auto& [family, version] : versions()) {
      for (size_t i = 1; i < plan_.sizes.size(); ++i)
        add(f, arm(ArmKind::instruct_cpt, *family, *version, plan_.sizes[i - 1]),
            arm(ArmKind::instruct_cpt, *family, *version, plan_.sizes[i]), plan_.scores.instruction,
            fmt::format("instruct + CPT on {} - on {} tokens",
                        human_count(static_cast<double>(plan_.sizes[i - 1])),
                        human_count(static_cast<double>(plan_.sizes[i]))));
    }
    return f;
  }

  Finding base_keeps_quality() const {
    Finding f{"F3", "CPT costs the base little of its quality", "small", {}, Verdict::not_testable, {}};
    if (plan_.scores.quality.empty()) {
      f.reason = "the plan names no score of quality (scores.quality)";
      return f;
    }
    const bool loss = lower_is_better(plan_.scores.quality, groups_);
    for (const auto& [family, version] : versions()) {
      const ArmGroup* before = arm(ArmKind::base, *family, *version, 0);
      const ArmGroup* after = arm(ArmKind::base_cpt, *family, *version, largest());
      FindingPart* part = add(f, loss ? after : before, loss ? before : after, plan_.scores.quality,
                              loss ? "base + CPT - base, nats a token" : "base - (base + CPT)");
      if (part == nullptr) continue;
      // Small is what the plan calls small: an interval below it holds, one above it does not.
      const double limit = plan_.findings.small_loss;
      part->tested = false;
      part->what += fmt::format(" (small: at most {})", limit * part->scale);
      part->verdict = part->difference.high <= limit ? Verdict::holds
                      : part->difference.low > limit ? Verdict::holds_not
                                                     : Verdict::not_clear;
    }
    return f;
  }

  // The average over the plan's abilities: a stack of comparisons, one block for each ability and seed.
  std::optional<BlockDifference> average_difference(const ArmGroup* a, const ArmGroup* b) const {
    if (a == nullptr || b == nullptr) return std::nullopt;
    std::vector<BlockValues> left, right;
    for (const std::string& score : plan_.scores.average) {
      if (!a->has(score) || !b->has(score) || a->seeds != b->seeds) return std::nullopt;
      for (const BlockValues& block : a->blocks(score)) left.push_back(block);
      for (const BlockValues& block : b->blocks(score)) right.push_back(block);
    }
    return block_difference(left, right);
  }

  Finding graft_restores() const {
    Finding f{"F4",
              "the CPT'd base plus residual follows instructions and keeps or gains ability",
              "about 4 to 5 points above the original instruct model on average",
              {},
              Verdict::not_testable,
              {}};
    for (const auto& [family, version] : versions()) {
      const ArmGroup* updated = arm(ArmKind::updated, *family, *version, largest());
      const ArmGroup* instruct = arm(ArmKind::instruct, *family, *version, 0);
      add(f, updated, arm(ArmKind::instruct_cpt, *family, *version, largest()), plan_.scores.instruction,
          "(base + CPT) + R - (instruct + CPT)");
      add(f, updated, instruct, plan_.scores.knowledge, "(base + CPT) + R - instruct");
      const auto average = average_difference(updated, instruct);
      if (!average) continue;
      FindingPart part;
      part.what = fmt::format("{} {}: average of {} abilities, (base + CPT) + R - instruct (not below 0)",
                              family->name, version->name, plan_.scores.average.size());
      part.difference = *average;
      part.scale = 100;
      part.verdict = average->low >= 0   ? Verdict::holds
                     : average->high < 0 ? Verdict::holds_not
                                         : Verdict::not_clear;
      f.parts.push_back(part);
    }
    return f;
  }

  Finding siblings_exchange() const {
    Finding f{"F5",
              "a residual carries over between sibling versions",
              "LLaMA 3.1's residual on LLaMA 3's base beats LLaMA 3 instruct; Qwen 2 and 2.5 both ways",
              {},
              Verdict::not_testable,
              no_siblings()};
    for (const auto& [family, version] : versions()) {
      for (const VersionPlan& other : family->versions) {
        if (other.name == version->name) continue;
        add(f, arm(ArmKind::sibling, *family, *version, 0, other.name),
            arm(ArmKind::base, *family, *version, 0), plan_.scores.instruction,
            fmt::format("base + R of {} - base", other.name));
        add(f, arm(ArmKind::sibling_cpt, *family, *version, largest(), other.name),
            arm(ArmKind::instruct_cpt, *family, *version, largest()), plan_.scores.instruction,
            fmt::format("(base + CPT) + R of {} - (instruct + CPT)", other.name));
      }
    }
    return f;
  }

  Finding better_gives_better() const {
    Finding f{"F6",
              "a better instruct model gives a better residual",
              "order of the residuals as of the instruct models",
              {},
              Verdict::not_testable,
              no_siblings()};
    for (const auto& [family, version] : versions()) {
      for (const VersionPlan& other : family->versions) {
        if (other.name == version->name) continue;
        const auto models =
            compare_groups(arm(ArmKind::instruct, *family, *version, 0),
                           arm(ArmKind::instruct, *family, other, 0), plan_.scores.instruction);
        if (!models) continue;
        if (models->p_value > plan_.findings.level) {
          f.reason = fmt::format(
              "the instruct models of {} do not differ enough in {} ({:+.1f} points, p {:.2g})", family->name,
              score_title(plan_.scores.instruction), 100 * models->difference, models->p_value);
          continue;
        }
        const bool own_is_better = models->difference > 0;
        const ArmGroup* own = arm(ArmKind::updated, *family, *version, largest());
        const ArmGroup* foreign = arm(ArmKind::sibling_cpt, *family, *version, largest(), other.name);
        add(f, own_is_better ? own : foreign, own_is_better ? foreign : own, plan_.scores.instruction,
            fmt::format("(base + CPT) with R of {} - with R of {}, the weaker instruct model",
                        own_is_better ? version->name : other.name,
                        own_is_better ? other.name : version->name));
      }
    }
    return f;
  }

  Finding far_less_compute() const {
    Finding f{"F7",
              "far less compute than instruction tuning",
              "about 2048 times less (the paper's own count)",
              {},
              Verdict::not_testable,
              plan_.sft_steps.empty() ? "the study has no arm with SFT" : kUnfinished};
    std::string text;
    bool holds = true;
    for (const TuningCost& cost : tuning_costs(study_, groups_)) {
      const TuningCost::Budget* reached = cost.reached();
      const TuningCost::Budget& last = reached != nullptr ? *reached : cost.budgets.back();
      const double factor = last.flops / cost.graft_flops;
      holds &= factor >= plan_.findings.far_less;
      text += fmt::format(
          "{}{} {}: SFT {} the graft's {:.1f} at {:.3g} FLOPs, the graft takes {:.3g}: {} {:.0f} times less",
          text.empty() ? "" : "; ", cost.family, cost.version,
          reached != nullptr ? "reaches" : "does not reach", 100 * cost.graft_score, last.flops,
          cost.graft_flops, reached != nullptr ? "" : "more than", factor);
    }
    if (text.empty()) return f;
    f.verdict = holds ? Verdict::holds : Verdict::holds_not;
    f.reason = fmt::format("{} (the paper: about {:.0f}; far less is {:.0f} times here; a count, not a test)",
                           text, kPaperFactor, plan_.findings.far_less);
    return f;
  }

  // Each family's share of what CPT took and the graft gave back, by its first version.
  Finding small_models() const {
    Finding f{"F8", "it weakens in small models", "below about 1.5B parameters",
              {},   Verdict::not_testable,        {}};
    const FamilyPlan *small = nullptr, *large = nullptr;
    for (const FamilyPlan& family : plan_.families) {
      const double billions = study_.models.at(family.name).parameters / 1e9;
      const FamilyPlan*& slot = billions < plan_.findings.small_model ? small : large;
      if (slot == nullptr ||
          (study_.models.at(slot->name).parameters > study_.models.at(family.name).parameters) ==
              (billions < plan_.findings.small_model))
        slot = &family;
    }
    if (small == nullptr || large == nullptr) {
      f.reason = fmt::format("all families of the study are {} {} billion parameters",
                             small != nullptr ? "below" : "at or above", plan_.findings.small_model);
      return f;
    }
    const auto kept = [&](const FamilyPlan& family) {
      return compare_groups(arm(ArmKind::updated, family, family.versions.front(), largest()),
                            arm(ArmKind::instruct, family, family.versions.front(), 0),
                            plan_.scores.instruction);
    };
    const auto of_small = kept(*small), of_large = kept(*large);
    if (!of_small || !of_large) {
      f.reason = "the arms of both families are not finished";
      return f;
    }
    f.verdict = of_small->high < of_large->low   ? Verdict::holds
                : of_small->low > of_large->high ? Verdict::holds_not
                                                 : Verdict::not_clear;
    f.reason = fmt::format(
        "(base + CPT) + R - instruct: {:+.1f} points ({:+.1f} to {:+.1f}) for {}, {:+.1f} ({:+.1f} to "
        "{:+.1f}) for {}; "
        "judged by whether the intervals overlap",
        100 * of_small->difference, 100 * of_small->low, 100 * of_small->high, small->name,
        100 * of_large->difference, 100 * of_large->low, 100 * of_large->high, large->name);
    return f;
  }

  static void adjust(std::vector<Finding>& all) {
    std::vector<FindingPart*> tested;
    std::vector<double> p_values;
    for (Finding& finding : all) {
      for (FindingPart& part : finding.parts) {
        if (!part.tested) continue;
        tested.push_back(&part);
        p_values.push_back(part.difference.p_value);
      }
    }
    const std::vector<double> adjusted = holm(p_values);
    for (size_t i = 0; i < tested.size(); ++i) tested[i]->adjusted = adjusted[i];
  }

  // A finding holds where all its parts do, and does not where one is refuted.
  void judge(Finding& finding) const {
    if (finding.parts.empty()) {
      if (finding.reason.empty()) finding.reason = kUnfinished;
      return;
    }
    size_t held = 0, refuted = 0;
    for (FindingPart& part : finding.parts) {
      if (part.tested && part.adjusted < plan_.findings.level)
        part.verdict = part.difference.difference > 0 ? Verdict::holds : Verdict::holds_not;
      held += part.verdict == Verdict::holds ? 1 : 0;
      refuted += part.verdict == Verdict::holds_not ? 1 : 0;
    }
    finding.verdict = refuted > 0                    ? Verdict::holds_not
                      : held == finding.parts.size() ? Verdict::holds
                                                     : Verdict::not_clear;
    finding.reason = fmt::format("{} of {} comparisons show it, {} show the opposite", held,
                                 finding.parts.size(), refuted);
  }

  const Study& study_;
  const StudyPlan& plan_;
  const std::vector<ArmGroup>& groups_;
};

}  // namespace

const char* verdict_name(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "holds";
    case Verdict::holds_not:
      return "does not hold";
    case Verdict::not_clear:
      return "not clear";
    case Verdict::not_testable:
      return "not testable here";
  }
  return "";
}

const TuningCost::Budget* TuningCost::reached() const {
  for (const Budget& budget : budgets) {
    if (budget.score >= graft_score) return &budget;
  }
  return nullptr;
}

std::vector<TuningCost> tuning_costs(const Study& study, const std::vector<ArmGroup>& groups) {
  const StudyPlan& plan = study.plan;
  std::vector<TuningCost> all;
  if (plan.sft_steps.empty()) return all;
  const FamilyPlan& family = plan.families.front();
  TuningCost cost{
      family.name, family.versions.front().name, 0, graft_flops(study.models.at(family.name)), {}};
  for (const ArmGroup& group : groups) {
    if (group.arm.kind != ArmKind::sft || !group.has(plan.scores.instruction)) continue;
    // FLOPs of the tuning alone: without the CPT that both ways need.
    const ArmGroup* untuned = find_group(plan, groups,
                                         {.kind = ArmKind::base_cpt,
                                          .family = group.arm.family,
                                          .version = group.arm.version,
                                          .size = group.arm.size});
    if (untuned == nullptr) continue;
    const auto trained = [](const ArmResult& result) {
      return result.account.by_kind[static_cast<size_t>(StepKind::train)].flops;
    };
    cost.budgets.push_back({group.arm.sft_steps, group.total(plan.scores.instruction),
                            trained(*group.results.front()) - trained(*untuned->results.front())});
  }
  const ArmGroup* updated = find_group(
      plan, groups,
      {.kind = ArmKind::updated, .family = cost.family, .version = cost.version, .size = plan.sizes.back()});
  if (updated == nullptr || !updated->has(plan.scores.instruction) || cost.budgets.empty()) return all;
  // On the seeds that the tuned arms have.
  double sum = 0, count = 0;
  for (size_t i = 0; i < updated->seeds.size(); ++i) {
    if (std::find(plan.other_seeds.begin(), plan.other_seeds.end(), updated->seeds[i]) ==
        plan.other_seeds.end())
      continue;
    sum += updated->results[i]->scores.at(plan.scores.instruction).total();
    ++count;
  }
  if (count == 0) return all;
  cost.graft_score = sum / count;
  all.push_back(cost);
  return all;
}

std::vector<Finding> find(const Study& study, const std::vector<ArmGroup>& groups) {
  return Findings(study, groups).run();
}

}  // namespace evergreen::study
