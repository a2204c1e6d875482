// Working memory that threads borrow for one call: nothing is shared, nothing is locked, and what is warm stays warm.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <thread>

namespace evergreen {

template <class Scratch>
class ScratchPool {
 public:
  ScratchPool() = default;
  ScratchPool(const ScratchPool&) = delete;
  ScratchPool& operator=(const ScratchPool&) = delete;
  ~ScratchPool() {
    for (std::atomic<Scratch*>& slot : slots_) delete slot.load();
  }

  // Given back when the loan ends; made new where none is free, dropped where all places are taken.
  class Loan {
   public:
    explicit Loan(ScratchPool& pool) : pool_(pool), scratch_(pool.take()) {}
    ~Loan() { pool_.give_back(std::move(scratch_)); }
    Loan(const Loan&) = delete;
    Loan& operator=(const Loan&) = delete;
    Scratch& operator*() const { return *scratch_; }

   private:
    ScratchPool& pool_;
    std::unique_ptr<Scratch> scratch_;
  };

 private:
  static constexpr size_t kSlots = 64;
  static size_t home() { return std::hash<std::thread::id>()(std::this_thread::get_id()) % kSlots; }

  std::unique_ptr<Scratch> take() {
    for (size_t i = 0, slot = home(); i < kSlots; ++i, slot = (slot + 1) % kSlots) {
      if (slots_[slot].load(std::memory_order_relaxed) == nullptr) continue;
      if (Scratch* found = slots_[slot].exchange(nullptr, std::memory_order_acquire))
        return std::unique_ptr<Scratch>(found);
    }
    return std::make_unique<Scratch>();
  }

  void give_back(std::unique_ptr<Scratch> scratch) {
    for (size_t i = 0, slot = home(); i < kSlots; ++i, slot = (slot + 1) % kSlots) {
      Scratch* expected = nullptr;
      if (slots_[slot].compare_exchange_strong(expected, scratch.get(), std::memory_order_release,
                                               std::memory_order_relaxed)) {
        scratch.release();
        return;
      }
    }
  }

  std::array<std::atomic<Scratch*>, kSlots> slots_{};
};

}  // namespace evergreen
