// Reading, work on all cores and writing in order, side by side:
//
//   reader thread --> items --> workers --> items, in the order they were read --> the caller's thread
//
// What is written does not depend on the number of threads. Items are used again, so their buffers are allocated once.
// Memory    2 * workers + 2 items.
// Errors    what a stage throws is thrown again on the caller's thread when the item's turn comes: so the first error is always
//           that of the earliest item.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <exception>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "evergreen/base/parallel.hpp"

namespace evergreen {

template <class Item>
struct OrderedStages {
  std::function<bool(Item&)> read;              // false: there is no more
  std::function<void(Item&, int worker)> work;  // worker in [0, workers)
  std::function<bool(Item&)> write;             // false: enough
};

// Runs `stages` with `workers` threads for the work.
template <class Item>
class OrderedPipeline {
 public:
  OrderedPipeline(const OrderedStages<Item>& stages, int workers)
      : stages_(stages), slots_(static_cast<size_t>(2 * workers + 2)) {
    threads_.emplace_back([this] { read_all(); });
    for (int worker = 0; worker < workers; ++worker)
      threads_.emplace_back([this, worker] { work_on_all(worker); });
  }
  ~OrderedPipeline() { stop(); }
  OrderedPipeline(const OrderedPipeline&) = delete;
  OrderedPipeline& operator=(const OrderedPipeline&) = delete;

  // Returns when everything is written, or `write` has enough.
  void run() {
    for (uint64_t number = 0;; ++number) {
      Slot& slot = slot_of(number);
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return slot.state == State::done && slot.number == number; });
      }
      if (slot.failure) std::rethrow_exception(slot.failure);
      if (slot.is_end || !stages_.write(slot.item)) return;
      set(slot, State::free);
    }
  }

 private:
  enum class State { free, filled, taken, done };
  struct Slot {
    State state = State::free;
    uint64_t number = 0;
    bool is_end = false;
    std::exception_ptr failure;
    Item item;
  };

  Slot& slot_of(uint64_t number) { return slots_[number % slots_.size()]; }

  void set(Slot& slot, State state) {
    {
      const std::lock_guard lock(mutex_);
      slot.state = state;
    }
    changed_.notify_all();
  }

  void read_all() {
    for (uint64_t number = 0;; ++number) {
      Slot& slot = slot_of(number);
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || slot.state == State::free; });
        if (stopped_) return;
      }
      try {
        slot.is_end = !stages_.read(slot.item);
      } catch (...) {  // carried to the caller's thread
        slot.failure = std::current_exception();
      }
      const bool last = slot.is_end || slot.failure;
      slot.number = number;
      set(slot, last ? State::done : State::filled);
      if (last) {
        const std::lock_guard lock(mutex_);
        filled_ = number;
        all_read_ = true;
        changed_.notify_all();
        return;
      }
      const std::lock_guard lock(mutex_);
      filled_ = number + 1;
      changed_.notify_all();
    }
  }

  void work_on_all(int worker) {
    while (true) {
      Slot* slot = nullptr;
      {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return stopped_ || all_read_ || next_ < filled_; });
        if (stopped_ || next_ >= filled_) return;
        slot = &slot_of(next_++);
        slot->state = State::taken;
      }
      try {
        stages_.work(slot->item, worker);
      } catch (...) {  // carried to the caller's thread
        slot->failure = std::current_exception();
      }
      set(*slot, State::done);
    }
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopped_ = true;
    }
    changed_.notify_all();
    threads_.clear();  // joins
  }

  const OrderedStages<Item>& stages_;
  std::vector<Slot> slots_;
  std::mutex mutex_;
  std::condition_variable changed_;
  uint64_t filled_ = 0, next_ = 0;  // items that are read; the next one to work on
  bool all_read_ = false, stopped_ = false;
  std::vector<std::jthread> threads_;
};

template <class Item>
void run_ordered(const OrderedStages<Item>& stages, int threads) {
  OrderedPipeline<Item>(stages, thread_count(threads)).run();
}

}  // namespace evergreen
