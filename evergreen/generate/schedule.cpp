#include "evergreen/generate/schedule.hpp"

#include <algorithm>
#include <cassert>
#include <numeric>

namespace evergreen {

Schedule::Schedule(const std::vector<SequencePlan>& requests, int64_t slots, int64_t token_budget)
    : sequences_(requests.size()), waiting_(requests.size()), token_budget_(token_budget) {
  assert(slots > 0 && token_budget > 0);
  for (size_t i = 0; i < requests.size(); ++i) sequences_[i].known = requests[i].prompt_tokens;
  std::iota(waiting_.begin(), waiting_.end(), size_t{0});
  const auto length = [&](size_t i) { return requests[i].prompt_tokens + requests[i].max_new_tokens; };
  // Shortest first, since the back of the list is admitted; equals stay in the order asked.
  std::sort(waiting_.begin(), waiting_.end(),
            [&](size_t a, size_t b) { return length(a) != length(b) ? length(a) < length(b) : a > b; });
  for (int64_t slot = slots; slot-- > 0;) free_slots_.push_back(slot);
}

void Schedule::admit() {
  while (!waiting_.empty() && !free_slots_.empty()) {
    const size_t request = waiting_.back();
    waiting_.pop_back();
    sequences_[request].slot = free_slots_.back();
    free_slots_.pop_back();
    active_.push_back(request);
  }
}

std::vector<SchedulePiece> Schedule::next() {
  admit();
  std::vector<SchedulePiece> pieces;
  int64_t left = token_budget_;
  for (const bool decoding : {true, false}) {
    for (const size_t request : active_) {
      Sequence& s = sequences_[request];
      const int64_t open = s.known - s.fed;
      const bool one_token = open == 1 && s.fed > 0;
      if (left == 0 || open == 0 || one_token != decoding) continue;
      const int64_t count = std::min(open, left);
      pieces.push_back({request, s.slot, s.fed, count, count == open});
      s.fed += count;
      left -= count;
    }
  }
  return pieces;
}

void Schedule::extend(size_t request) { ++sequences_.at(request).known; }

void Schedule::finish(size_t request) {
  Sequence& s = sequences_.at(request);
  assert(s.slot >= 0);
  free_slots_.push_back(s.slot);
  s.slot = -1;
  active_.erase(std::find(active_.begin(), active_.end(), request));
}

}  // namespace evergreen
