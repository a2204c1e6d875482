#include "evergreen/generate/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace evergreen {

BatchSchedule::BatchSchedule(const std::vector<SequencePlan>& requests, const std::vector<size_t>& order,
                             int64_t slots, int64_t token_budget, AdmitFn admit)
    : sequences_(requests.size()),
      waiting_(order.rbegin(), order.rend()),
      token_budget_(token_budget),
      may_admit_(std::move(admit)) {
  assert(slots > 0 && token_budget > 0 && order.size() == requests.size());
  for (size_t i = 0; i < requests.size(); ++i) sequences_[i].known = requests[i].prompt_tokens;
  for (int64_t slot = slots; slot-- > 0;) free_slots_.push_back(slot);
}

void BatchSchedule::admit() {
  while (!waiting_.empty() && !free_slots_.empty()) {
    const size_t request = waiting_.back();
    const std::optional<int64_t> held = may_admit_ ? may_admit_(request, free_slots_.back()) : 0;
    assert(held || !active_.empty());
    if (!held) return;
    assert(*held < sequences_[request].known);
    waiting_.pop_back();
    sequences_[request].slot = free_slots_.back();
    sequences_[request].fed = *held;
    free_slots_.pop_back();
    active_.push_back(request);
  }
}

std::vector<SchedulePiece> BatchSchedule::next() {
  admit();
  std::vector<SchedulePiece> pieces;
  int64_t left = token_budget_;
  for (const bool decoding : {true, false}) {
    for (const size_t request : active_) {
      Sequence& s = sequences_[request];
      const int64_t open = s.known - s.fed;
      if (left == 0 || open == 0 || s.decoding != decoding) continue;
      const int64_t count = std::min(open, left);
      pieces.push_back({request, s.slot, s.fed, count, count == open});
      s.fed += count;
      left -= count;
    }
  }
  for (const SchedulePiece& piece : pieces) {
    if (piece.complete) sequences_[piece.request].decoding = true;
  }
  return pieces;
}

void BatchSchedule::extend(size_t request) { ++sequences_.at(request).known; }

void BatchSchedule::finish(size_t request) {
  Sequence& s = sequences_.at(request);
  assert(s.slot >= 0);
  free_slots_.push_back(s.slot);
  s.slot = -1;
  active_.erase(std::find(active_.begin(), active_.end(), request));
}

}  // namespace evergreen
