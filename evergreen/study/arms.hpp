// From a plan to its arms, and to the graph of steps that gives them.
//
//   base, instruct                      as released, on each seed's items
//   instruct + CPT, base + CPT          each size, each seed
//   (base + CPT) + R                    R = instruct - base of the same version               arXiv 2410.10739
//   ... + s R                           other scales, at the largest size
//   base + CPT + SFT                    the costly way, at the largest size, after each number of steps
//   base + R', (base + CPT) + R'        R' of a sibling version: both ways
//   LoRA, other shares of replay        the three CPT arms again, at the largest size
//
// Where the learning rate is constant, smaller sizes are snapshots of one run: the step of a size goes on where the step of the size
// before ended, bit for bit as if it had never stopped.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evergreen/study/cost.hpp"
#include "evergreen/study/plan.hpp"
#include "evergreen/study/step.hpp"

namespace evergreen::study {

enum class ArmKind { base, instruct, instruct_cpt, base_cpt, updated, sft, sibling, sibling_cpt };
const char* arm_kind_name(ArmKind kind);  // "(base + CPT) + R"

struct Arm {
  ArmKind kind = ArmKind::base;
  std::string family = {}, version = {};
  std::string residual_of = {};  // the sibling version
  int64_t size = 0;              // tokens of new text; 0: no CPT
  uint64_t seed = 0;
  double scale = 1;
  double replay = 0;          // share of older text in its CPT
  bool other_replay = false;  // another share than the plan's
  int64_t lora_rank = 0, sft_steps = 0;
  size_t evaluate = 0;  // index of its step

  std::string label() const;  // what is special about it: "(base + CPT) + 0.75 R, LoRA 8"
};

// Of one version and seed: what inspect saw.
struct Inspection {
  std::string family, version;
  int64_t size = 0;
  uint64_t seed = 0;
  size_t step = 0;
};

struct Study {
  StudyPlan plan;
  Steps steps;
  std::vector<Arm> arms;
  std::vector<Inspection> inspections;
  std::map<std::string, ModelSize> models;  // by family
};

// Reads config.json and the identity of every model and file the plan names.
Study expand(const StudyPlan& plan);

// Error{input} for a learning rate that is missing: asked before a study runs, not before a dry run.
void require_learning_rates(const StudyPlan& plan);

}  // namespace evergreen::study
