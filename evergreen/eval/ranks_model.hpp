// A LanguageModel whose requests are shared out among the processes of a run; each holds the same model and gets all answers.
//
// Each rank answers a stretch of the requests, in their order, so that what neighbours have in common (a few-shot header, the choices
// of a question) is still computed once; requests with the same prompt stay together. Stretches are of about the same number of
// new characters. Where an answer does not depend on the requests beside it (float32 on a CPU: to the last bit) the results are those
// of one process.
//
// Errors    those of the model, on the rank that had it: the run's groups tell the others.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "evergreen/eval/language_model.hpp"

namespace evergreen {

struct RankSharing {
  int rank = 0, size = 1;
  // What each rank gives, on all ranks, in their order; called by all of them the same number of times.
  std::function<std::vector<std::string>(const std::string& mine)> gather;
};

class RanksModel final : public LanguageModel {
 public:
  // `own` must outlive this.
  RanksModel(LanguageModel& own, RankSharing sharing) : own_(own), sharing_(std::move(sharing)) {}

  std::string name() const override { return own_.name(); }
  std::vector<Answer> likelihood(std::span<const LikelihoodRequest> requests,
                                 const ModelHooks& hooks) override;
  std::vector<Answer> rolling(std::span<const RollingRequest> requests, const ModelHooks& hooks) override;
  std::vector<Answer> generate_until(std::span<const GenerateUntilRequest> requests,
                                     const ModelHooks& hooks) override;

 private:
  std::vector<Answer> gather(const std::vector<Answer>& mine);

  LanguageModel& own_;
  RankSharing sharing_;
};

// Where the stretches of `ranks` ranks begin, and the end: ranks + 1 ascending places. A text is what a request is computed from; texts
// with the same `groups` entry as the one before stay with it.
std::vector<size_t> rank_stretches(const std::vector<std::string>& texts,
                                   const std::vector<std::string>& groups, int ranks);

}  // namespace evergreen
