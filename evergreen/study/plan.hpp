// The plan of a study, as its TOML file says it: which models, how much text, which seeds, which arms beside the main ones.
//
//   [[family]] name, [[family.version]] name, base, instruct      a pair of directories; paths are relative to the file
//              [[family.version]] name, from                      a sibling that is made: `from`'s base trained a little further on other
//                                                                 old text, with a tuning of its own ([siblings]; world only)
//   sizes, seeds, other-seeds                                     tokens of new text; seeds of the main arms of the first
//                                                                 version; seeds of everything else
//   tasks                                                         as in `evergreen eval --tasks`, asked as conversations
//   [[evaluation]] tasks, data, shots, chat, multi-turn, system-prompt   more of them, asked in another way; `data` is the folder
//                                                                 of the tasks that are known by name, all its files are in the key
//   [world] or [corpus], [cpt], [sft], [arms], [scores], [findings], [compute]
//
// Errors    Error{input} with key and line, and the nearest key there is, for a key that is not known; for values that no study
//           can have; for what is missing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen::study {

// How one kind of training goes. The learning rate has no default: it may be missing for a dry run only.
struct TrainingPlan {
  std::optional<double> learning_rate;
  int64_t rows = 0,
          row_tokens = 0;  // of a step; 8 and 2048 where the table has none, 0 where there is no table
  std::string schedule = "constant";
  int64_t warmup_steps = 0, decay_steps = 0;
  double min_lr_ratio = 0.1, beta1 = 0.9, beta2 = 0.95, weight_decay = 0, clip_norm = 1;
  int64_t tokens_per_step() const { return rows * row_tokens; }
};

struct VersionPlan {
  std::string name;
  fs::path base, instruct;  // empty: made from `from`
  std::string from;
};

struct FamilyPlan {
  std::string name;
  std::vector<VersionPlan> versions;
};

// The built-in world: every seed is another future of the same pair.
struct WorldPlan {
  uint64_t pair_seed = 0;
  int64_t items = 0;  // of each task, the first ones; 0: all
};

struct CorpusPlan {
  std::vector<std::string> inputs, replay;
  std::string text_field = "text";
  std::string old_text;      // held-out text of before: "perplexity:old"
  std::string instructions;  // chats for the costly arm, SFT; empty: no such arm
};

// Tasks that are asked in the same way.
struct EvaluationPlan {
  std::vector<std::string> tasks;  // as in `evergreen eval --tasks`
  std::string data;                // the folder of the data sets; empty: tasks bring their files
  std::optional<int64_t> shots;    // none: as each task says
  bool chat = true;                // by the instruct model's chat template, also for the base
  bool multi_turn = false;         // examples as turns of their own
  std::string system_prompt;
};

// The sibling versions that are made.
struct SiblingPlan {
  int64_t tokens = 0;     // of other old text its base reads on
  int64_t sft_steps = 0;  // of its own tuning
};

// Which metric stands for what: "task,metric,filter" as in lm-evaluation-harness' results.
struct ScorePlan {
  std::string instruction, knowledge, quality;
  std::vector<std::string> average;  // of what abilities; empty: instruction and knowledge
};

struct FindingPlan {
  double level = 0.05;       // of all tests together (Holm)
  double small_loss = 0.1;   // nats a token of `quality` that count as little (F3)
  double far_less = 100;     // times, that count as far less compute (F7)
  double small_model = 1.5;  // billions of parameters below which a model is small (F8)
};

struct ComputePlan {
  double flops_per_second = 0;  // one process sustains in training; 0: not known, no time is foreseen
  double evaluation_seconds = 0, graft_bytes_per_second = 2e8;
  double watts_per_core = 10;  // for the energy estimate
};

struct StudyPlan {
  std::string name;
  fs::path file;
  std::vector<FamilyPlan> families;
  std::vector<int64_t> sizes;
  std::vector<uint64_t> seeds, other_seeds;
  std::optional<WorldPlan> world;
  CorpusPlan corpus;
  std::vector<EvaluationPlan> evaluations;  // the world brings its own tasks
  SiblingPlan siblings;
  TrainingPlan cpt, sft;
  double replay = 0;                  // share of older text in all CPT
  std::vector<double> replay_shares;  // more of them, at the largest size
  std::vector<double> scales = {1};   // of the residual, at the largest size
  std::vector<int64_t> sft_steps;     // of base + CPT + SFT, at the largest size; empty: no such arm
  bool cross_versions = true;         // residuals of sibling versions
  int64_t lora_rank = 0;              // 0: no such arm
  double lora_alpha = 32;
  ScorePlan scores;
  FindingPlan findings;
  ComputePlan compute;
};

// `changes`: "cpt.learning-rate=2e-5", as --set gives them; each replaces or adds one value.
StudyPlan read_plan(const fs::path& file, const std::vector<std::string>& changes = {});

}  // namespace evergreen::study
