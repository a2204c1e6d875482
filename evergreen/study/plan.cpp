#include "evergreen/study/plan.hpp"

#include <algorithm>
#include <limits>
#include <set>

#include <fmt/format.h>

#include "evergreen/base/nearest.hpp"
#include "evergreen/study/plan_table.hpp"

namespace evergreen::study {
namespace {

constexpr int64_t kRows = 8, kRowTokens = 2048;  // as `evergreen update` has them
constexpr double kAny = std::numeric_limits<double>::infinity();

toml::table parse(const std::string& text, const std::string& where) {
  try {
    return toml::parse(text, where);
  } catch (const toml::parse_error& error) {
    throw Error(ErrorKind::input, "this is not valid TOML: " + std::string(error.description()),
                fmt::format("{}, line {}", where, error.source().begin.line));
  }
}

// "cpt.learning-rate=2e-5" put into the table.
void change(toml::table& plan, const std::string& text) {
  toml::table added = parse(text, "--set " + text);
  // Moved, not copied: a node that is moved still knows where it stands in which text.
  const auto merge = [](auto&& self, toml::table& into, toml::table& from) -> void {
    for (auto&& [key, node] : from) {
      toml::table* there = into[key.str()].as_table();
      if (there != nullptr && node.is_table())
        self(self, *there, *node.as_table());
      else
        node.visit([&](auto& value) { into.insert_or_assign(key.str(), std::move(value)); });
    }
  };
  merge(merge, plan, added);
}

class PlanReader {
 public:
  PlanReader(const toml::table& root, fs::path file) : root_(root), file_(std::move(file)) {}

  StudyPlan read() {
    plan_.file = file_;
    plan_.name = file_.stem().string();
    PlanTable top(root_, "", file_);
    top.read("name", plan_.name);
    for (const char* key : {"family", "sizes", "seeds", "cpt"}) top.require(key);
    top.read("sizes", plan_.sizes, 1);
    top.read("seeds", plan_.seeds);
    plan_.other_seeds = {plan_.seeds.empty() ? 0 : plan_.seeds.front()};
    top.read("other-seeds", plan_.other_seeds);
    for (const toml::table* family : top.tables("family")) plan_.families.push_back(read_family(*family));
    section(top, "world", [&](PlanTable& t) { read_world(t); });
    section(top, "corpus", [&](PlanTable& t) { read_corpus(t); });
    section(top, "siblings", [&](PlanTable& t) {
      t.read("tokens", plan_.siblings.tokens, 1);
      t.read("sft-steps", plan_.siblings.sft_steps, 1);
    });
    section(top, "cpt", [&](PlanTable& t) {
      read_training(t, plan_.cpt);
      t.read("replay", plan_.replay, 0, 0.9);
    });
    section(top, "sft", [&](PlanTable& t) { read_training(t, plan_.sft); });
    section(top, "arms", [&](PlanTable& t) { read_arms(t); });
    section(top, "scores", [&](PlanTable& t) { read_scores(t); });
    section(top, "findings", [&](PlanTable& t) { read_findings(t); });
    section(top, "compute", [&](PlanTable& t) { read_compute(t); });
    read_evaluations(top);
    top.finish();
    check(top);
    return plan_;
  }

 private:
  template <class Body>
  void section(PlanTable& top, const char* name, Body body) {
    const toml::table* table = top.table(name);
    if (table == nullptr) return;
    PlanTable section(*table, name, file_);
    body(section);
    section.finish();
  }

  fs::path beside(const std::string& path) const {
    return fs::path(path).is_absolute() ? fs::path(path) : (file_.parent_path() / path).lexically_normal();
  }
  void read_path(PlanTable& table, const char* key, std::string& path) const {
    table.read(key, path);
    if (!path.empty()) path = beside(path).string();
  }

  FamilyPlan read_family(const toml::table& table) {
    PlanTable family(table, "family", file_);
    FamilyPlan plan;
    family.require("name");
    family.require("version");
    family.read("name", plan.name);
    for (const toml::table* each : family.tables("version")) {
      PlanTable version(*each, "family.version", file_);
      VersionPlan one;
      version.require("name");
      version.read("name", one.name);
      std::string base, instruct;
      read_path(version, "base", base);
      read_path(version, "instruct", instruct);
      version.read("from", one.from);
      version.finish();
      one.base = base, one.instruct = instruct;
      if (one.from.empty() == (base.empty() || instruct.empty())) {
        throw Error(ErrorKind::input,
                    fmt::format("version '{}' needs base and instruct, or `from`", one.name),
                    version.where(*each));
      }
      if (!one.from.empty()) require_earlier(plan, one, version.where(*each));
      plan.versions.push_back(one);
    }
    family.finish();
    return plan;
  }

  static void require_earlier(const FamilyPlan& family, const VersionPlan& version,
                              const std::string& where) {
    std::vector<std::string> names;
    for (const VersionPlan& other : family.versions) names.push_back(other.name);
    if (std::find(names.begin(), names.end(), version.from) != names.end()) return;
    throw Error(ErrorKind::input,
                fmt::format("version '{}' is made from '{}', which is not named before it", version.name,
                            version.from),
                where, suggest_name(version.from, names));
  }

  void read_world(PlanTable& t) {
    plan_.world.emplace();
    t.read("pair-seed", plan_.world->pair_seed);
    t.read("items", plan_.world->items, 0);
    plan_.scores = {.instruction = "format_followed,acc,strict",
                    .knowledge = "new_fact,acc,strict",
                    .quality = "perplexity:old,token_perplexity,none",
                    .average = {"format_followed,acc,strict", "old_fact,acc,strict", "new_fact,acc,strict",
                                "changed_fact,acc,strict", "new_fact_in_format,acc,strict",
                                "new_fact_choice,acc,strict"}};
  }

  void read_corpus(PlanTable& t) {
    t.read("inputs", plan_.corpus.inputs);
    t.read("replay", plan_.corpus.replay);
    for (auto* list : {&plan_.corpus.inputs, &plan_.corpus.replay}) {
      for (std::string& path : *list) path = beside(path).string();
    }
    t.read("text-field", plan_.corpus.text_field);
    read_path(t, "old-text", plan_.corpus.old_text);
    read_path(t, "instructions", plan_.corpus.instructions);
  }

  void read_tasks(PlanTable& table, EvaluationPlan& plan) const {
    table.read("tasks", plan.tasks);
    for (std::string& task : plan.tasks) {
      const size_t colon = task.find(':');
      if (colon != std::string::npos)
        task = task.substr(0, colon + 1) + beside(task.substr(colon + 1)).string();
      else if (task.ends_with(".toml"))
        task = beside(task).string();
    }
  }

  void read_evaluations(PlanTable& top) {
    EvaluationPlan plain;
    read_tasks(top, plain);
    if (!plain.tasks.empty()) plan_.evaluations.push_back(plain);
    for (const toml::table* each : top.tables("evaluation")) {
      PlanTable table(*each, "evaluation", file_);
      EvaluationPlan plan;
      table.require("tasks");
      read_tasks(table, plan);
      read_path(table, "data", plan.data);
      int64_t shots = -1;
      table.read("shots", shots, 0);
      if (shots >= 0) plan.shots = shots;
      table.read("chat", plan.chat);
      table.read("multi-turn", plan.multi_turn);
      table.read("system-prompt", plan.system_prompt);
      table.finish();
      plan_.evaluations.push_back(plan);
    }
  }

  static void read_training(PlanTable& t, TrainingPlan& plan) {
    plan.rows = kRows, plan.row_tokens = kRowTokens;
    if (t.has("learning-rate")) plan.learning_rate = 0;
    double rate = 0;
    t.read("learning-rate", rate, 0, 1);
    if (plan.learning_rate) plan.learning_rate = rate;
    t.read("rows", plan.rows, 1);
    t.read("row-tokens", plan.row_tokens, 2);
    t.read("schedule", plan.schedule);
    t.require_one_of("schedule", plan.schedule, {"constant", "cosine", "wsd"});
    t.read("warmup-steps", plan.warmup_steps, 0);
    t.read("decay-steps", plan.decay_steps, 0);
    t.read("min-lr-ratio", plan.min_lr_ratio, 0, 1);
    t.read("beta1", plan.beta1, 0, 1);
    t.read("beta2", plan.beta2, 0, 1);
    t.read("weight-decay", plan.weight_decay, 0, kAny);
    t.read("clip-norm", plan.clip_norm, 0, kAny);
  }

  void read_arms(PlanTable& t) {
    t.read("scales", plan_.scales, -10, 10);
    t.read("replay-shares", plan_.replay_shares, 0, 0.9);
    t.read("sft-steps", plan_.sft_steps, 1);
    t.read("cross-versions", plan_.cross_versions);
    t.read("lora-rank", plan_.lora_rank, 0);
    t.read("lora-alpha", plan_.lora_alpha, 0, kAny);
  }

  void read_scores(PlanTable& t) {
    t.read("instruction", plan_.scores.instruction);
    t.read("knowledge", plan_.scores.knowledge);
    t.read("quality", plan_.scores.quality);
    t.read("average", plan_.scores.average);
  }

  void read_findings(PlanTable& t) {
    t.read("level", plan_.findings.level, 1e-6, 0.5);
    t.read("small-loss", plan_.findings.small_loss, 0, kAny);
    t.read("far-less", plan_.findings.far_less, 1, kAny);
    t.read("small-model", plan_.findings.small_model, 0, kAny);
  }

  void read_compute(PlanTable& t) {
    t.read("flops-per-second", plan_.compute.flops_per_second, 0, kAny);
    t.read("evaluation-seconds", plan_.compute.evaluation_seconds, 0, kAny);
    t.read("graft-bytes-per-second", plan_.compute.graft_bytes_per_second, 1, kAny);
    t.read("watts-per-core", plan_.compute.watts_per_core, 0, kAny);
  }

  [[noreturn]] void refuse(const std::string& what, const std::string& next = {}) const {
    throw Error(ErrorKind::input, what, file_.string(), next);
  }

  void check(const PlanTable& top) {
    std::sort(plan_.sizes.begin(), plan_.sizes.end());
    if (plan_.sizes.empty() || plan_.seeds.empty()) refuse("a study needs one size and one seed at least");
    if (plan_.world.has_value() == top.has("corpus")) refuse("a plan has either [world] or [corpus]");
    if (!plan_.world && plan_.corpus.inputs.empty()) refuse("'corpus.inputs' is missing");
    if (!plan_.sft_steps.empty() && !plan_.world && plan_.corpus.instructions.empty())
      refuse("'arms.sft-steps' needs chats to tune on", "name a file as corpus.instructions");
    if (!plan_.sft_steps.empty() && plan_.sft.rows == 0) refuse("'arms.sft-steps' needs a table [sft]");
    std::sort(plan_.sft_steps.begin(), plan_.sft_steps.end());
    if (plan_.scores.instruction.empty() || plan_.scores.knowledge.empty())
      refuse("'scores.instruction' and 'scores.knowledge' are missing",
             "name a metric of the tasks: \"ifeval:input_data,prompt_level_strict_acc,none\"");
    if (plan_.scores.average.empty())
      plan_.scores.average = {plan_.scores.instruction, plan_.scores.knowledge};
    if (!plan_.world && plan_.evaluations.empty()) refuse("'tasks' is missing");
    std::set<std::string> names;
    for (const FamilyPlan& family : plan_.families) {
      if (!names.insert(family.name).second) refuse(fmt::format("two families are named '{}'", family.name));
      std::set<std::string> versions;
      for (const VersionPlan& version : family.versions) {
        if (!versions.insert(version.name).second)
          refuse(fmt::format("two versions of '{}' are named '{}'", family.name, version.name));
        if (version.from.empty()) continue;
        if (!plan_.world) refuse("only the built-in world can make sibling versions (`from`)");
        if (plan_.siblings.tokens == 0 || plan_.siblings.sft_steps == 0 || plan_.sft.rows == 0)
          refuse("a version with `from` needs the tables [siblings] and [sft]");
      }
    }
  }

  const toml::table& root_;
  fs::path file_;
  StudyPlan plan_;
};

}  // namespace

StudyPlan read_plan(const fs::path& file, const std::vector<std::string>& changes) {
  if (!fs::exists(file)) {
    throw Error(ErrorKind::input, "there is no such plan", file.string(),
                "a plan is a TOML file: recipes/ has examples, docs/formats.md the keys");
  }
  toml::table root = parse(read_text(file, 1 << 20), file.string());
  for (const std::string& text : changes) change(root, text);
  return PlanReader(root, file).read();
}

}  // namespace evergreen::study
