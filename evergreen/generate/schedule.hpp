// Which tokens the next forward pass takes: continuous batching without any tensor.
//
// A sequence has `known` tokens (its prompt and what was generated so far) and `fed` ones (already in its
// cache slot). Each pass feeds known - fed tokens of as many sequences as the budget holds: one for a
// sequence that is being decoded, a piece of the prompt for one that is new. Decoding goes first, so no
// sequence waits behind a long prompt; prompts are fed in the order of admission, so a sequence that shares the beginning of an
// earlier one never comes before it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

namespace evergreen {

struct SequencePlan {
  int64_t prompt_tokens = 0;   // at least 1
  int64_t max_new_tokens = 0;  // at least 1
};

struct SchedulePiece {
  size_t request = 0;
  int64_t slot = 0;
  int64_t first = 0, count = 0;  // feeds tokens [first, first + count) of the sequence
  bool complete = false;         // all known tokens are fed then: the last row gives the next token
};

class BatchSchedule {
 public:
  // Takes memory for the request: how many tokens of its prompt the slot holds already (fewer than all), or nothing where there is
  // no memory now; then it is asked again when another request has finished. With nothing else active it must admit.
  using AdmitFn = std::function<std::optional<int64_t>(size_t request, int64_t slot)>;

  // Admitted in `order`, each when a slot and memory are free.
  BatchSchedule(const std::vector<SequencePlan>& requests, const std::vector<size_t>& order, int64_t slots,
                int64_t token_budget, AdmitFn admit = {});

  // Empty when every request has finished. The pieces count as fed from now on.
  std::vector<SchedulePiece> next();
  void extend(size_t request);  // one more token is known
  void finish(size_t request);  // frees the slot
  int64_t slot(size_t request) const { return sequences_.at(request).slot; }

 private:
  struct Sequence {
    int64_t known = 0, fed = 0, slot = -1;
    bool decoding = false;  // its prompt is fed
  };
  void admit();

  std::vector<Sequence> sequences_;
  std::vector<size_t> waiting_, active_;  // waiting_: the next one is last; active_: in order of admission
  std::vector<int64_t> free_slots_;
  int64_t token_budget_;
  AdmitFn may_admit_;
};

}  // namespace evergreen
