// Adds steps to a study's graph; what is asked for twice is one step.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evergreen/study/cost.hpp"
#include "evergreen/study/plan.hpp"

namespace evergreen::study {

// A model from outside, or the result of a step.
struct ModelRef {
  fs::path path = {};
  size_t step = SIZE_MAX;
  bool is_step() const { return step != SIZE_MAX; }
};

struct Pair {
  std::string name;  // "llama 3"
  ModelRef base, instruct;
  fs::path base_files, instruct_files;  // tokenizer, chat template: of the version it was made from
  ModelSize size;
  double model_bytes = 0;  // of one model as it is stored
};

struct CptRequest {
  int64_t size = 0;  // tokens
  uint64_t seed = 0;
  double replay = 0;
  int64_t lora_rank = 0;
};

class GraphBuilder {
 public:
  explicit GraphBuilder(const StudyPlan& plan) : plan_(plan) {}

  // `earlier`: the versions of the family so far.
  Pair pair(const FamilyPlan& family, const VersionPlan& version, const std::map<std::string, Pair>& earlier);
  ModelRef cpt(const Pair& pair, const ModelRef& start, const CptRequest& request);
  ModelRef sft(const Pair& pair, const ModelRef& start, uint64_t seed, int64_t steps);
  // `residual_of`: whose instruct - base is added.
  ModelRef graft(const Pair& pair, const ModelRef& new_base, const Pair& residual_of, double scale);
  size_t inspect(const Pair& pair, const ModelRef& new_base, uint64_t seed);
  size_t evaluate(const ModelRef& model, const Pair& pair, uint64_t seed, const std::string& what);

  Steps take() { return std::move(steps_); }

 private:
  struct TrainingRequest {
    const TrainingPlan& plan;
    ModelRef start = {};
    fs::path files = {};      // directory whose tokenizer and templates the model gets
    std::string config = {};  // "start", or "instruct": also the instruct model's end of turn
    size_t data = 0;          // the step that prepared it
    size_t replay = SIZE_MAX;
    double replay_share = 0;
    uint64_t seed = 0;
    int64_t steps = 0, lora_rank = 0;
    size_t continues = SIZE_MAX;  // the same run, fewer steps
    int64_t steps_before = 0;
    std::string dtype = "f32";
  };
  size_t add(Step step);
  static void refer(Step& step, const std::string& role, const ModelRef& model);
  const std::string& identity(const fs::path& path);
  void add_tasks(Step& step, size_t index);  // of one of the plan's evaluations
  size_t train(const Pair& pair, const TrainingRequest& request, const std::string& label);
  size_t prepare_text(const Pair& pair, const CptRequest& request);
  size_t prepare_replay(const Pair& pair, uint64_t seed);
  size_t prepare_chats(const Pair& pair, uint64_t stream, int64_t conversations, uint64_t seed);
  Step world_step(StepKind kind, const char* text, uint64_t future) const;
  Pair made_pair(const VersionPlan& version, const Pair& from);

  const StudyPlan& plan_;
  Steps steps_;
  std::map<std::string, size_t> by_key_;
  std::map<std::string, std::string> identities_;  // of paths
};

}  // namespace evergreen::study
