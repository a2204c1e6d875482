// One future of the built-in world, through both ways of keeping a model up to date, scored on five arms.
//
//   base              as shipped
//   instruct          as shipped
//   instruct + CPT    the rival: continued pre-training of the instruct model itself
//   base + CPT        the base after the same training on the same tokens in the same order
//   (base + CPT) + R  the method: that base plus the instruction residual       (arXiv 2410.10739)
#pragma once

#include <array>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/demo/make_pair.hpp"
#include "evergreen/eval/tasks.hpp"

namespace evergreen {

enum class Arm { base, instruct, instruct_cpt, base_cpt, updated };
inline constexpr std::array kArms = {Arm::base, Arm::instruct, Arm::instruct_cpt, Arm::base_cpt,
                                     Arm::updated};
const char* arm_name(Arm arm);

struct FutureOptions {
  PairRecipe recipe;
  PairDirectories pair;
  uint64_t seed = 1;
  int64_t tokens = 500'000;
  double replay = 0.3;
  fs::path work;  // of this future
  int threads = 0;
  // Further tasks for all arms, as in make_tasks(); asked in the instruct model's chat template where they are asked by one.
  std::vector<std::string> tasks;
  TaskOptions task_options;
  int64_t task_limit = 0;  // items of each; 0: all
};

struct Conversation {
  std::string question, wanted;
  std::array<std::string, kArms.size()> answers;  // by arm
};

struct FutureResult {
  uint64_t seed = 0;
  int64_t tokens = 0;
  double relative_residual = 0, seconds = 0;
  fs::path report;  // the update's page
  std::array<Evaluation, kArms.size()> arms;
  std::vector<Conversation> conversations;  // the same questions to all
  std::vector<Evaluation> further;          // the further tasks, by arm; empty where there are none
};

FutureResult run_future(const FutureOptions& options, const StopFlag* stop, const ProgressFn& progress);

}  // namespace evergreen
