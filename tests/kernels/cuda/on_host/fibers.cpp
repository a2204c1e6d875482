#include "tests/kernels/cuda/on_host/fibers.hpp"

#include <memory>
#include <stdexcept>
#include <vector>

#include <ucontext.h>

namespace evergreen::test {
namespace {

constexpr size_t kStackBytes = 64 * 1024;

enum class State { ready, at_warp_barrier, at_block_barrier, done };

struct Fiber {
  ucontext_t context = {};
  std::vector<char> stack = std::vector<char>(kStackBytes);
  State state = State::ready;
};

FiberOrder order = FiberOrder::ascending;
std::vector<std::unique_ptr<Fiber>> fibers;  // kept from block to block
int current = 0;
ucontext_t scheduler;
const std::function<void()>* running_body = nullptr;

void start() {
  (*running_body)();
  fibers[static_cast<size_t>(current)]->state = State::done;
  swapcontext(&fibers[static_cast<size_t>(current)]->context, &scheduler);
}

void wait_in(State state) {
  Fiber& fiber = *fibers[static_cast<size_t>(current)];
  fiber.state = state;
  swapcontext(&fiber.context, &scheduler);
}

// Where every thread of [first, last) waits at that barrier or is done, those that wait go on.
void release(int first, int last, State barrier) {
  for (int t = first; t < last; ++t) {
    const State state = fibers[static_cast<size_t>(t)]->state;
    if (state != barrier && state != State::done) return;
  }
  for (int t = first; t < last; ++t) {
    if (fibers[static_cast<size_t>(t)]->state == barrier)
      fibers[static_cast<size_t>(t)]->state = State::ready;
  }
}

bool run_ready(int threads, const std::function<void(int)>& enter) {
  bool any = false;
  for (int i = 0; i < threads; ++i) {
    current = order == FiberOrder::ascending ? i : threads - 1 - i;
    Fiber& fiber = *fibers[static_cast<size_t>(current)];
    if (fiber.state != State::ready) continue;
    any = true;
    enter(current);
    swapcontext(&scheduler, &fiber.context);
  }
  return any;
}

}  // namespace

void set_fiber_order(FiberOrder new_order) { order = new_order; }

void run_fibers(int threads, const std::function<void()>& body, const std::function<void(int)>& enter) {
  while (static_cast<int>(fibers.size()) < threads) fibers.push_back(std::make_unique<Fiber>());
  running_body = &body;
  for (int t = 0; t < threads; ++t) {
    Fiber& fiber = *fibers[static_cast<size_t>(t)];
    fiber.state = State::ready;
    getcontext(&fiber.context);
    fiber.context.uc_stack.ss_sp = fiber.stack.data();
    fiber.context.uc_stack.ss_size = fiber.stack.size();
    fiber.context.uc_link = nullptr;
    makecontext(&fiber.context, start, 0);
  }
  while (run_ready(threads, enter)) {
    for (int warp = 0; warp < threads; warp += 32) release(warp, warp + 32, State::at_warp_barrier);
    release(0, threads, State::at_block_barrier);
  }
  for (int t = 0; t < threads; ++t) {
    if (fibers[static_cast<size_t>(t)]->state != State::done)
      throw std::logic_error("a barrier was not reached by all threads");
  }
}

void wait_for_block() { wait_in(State::at_block_barrier); }
void wait_for_warp() { wait_in(State::at_warp_barrier); }

}  // namespace evergreen::test
