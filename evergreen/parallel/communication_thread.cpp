#include "evergreen/parallel/communication_thread.hpp"

#include <chrono>

#include <ATen/Parallel.h>
#include <omp.h>

namespace evergreen {

void Pending::wait() const {
  if (!done_.valid()) return;
  const auto start = std::chrono::steady_clock::now();
  done_.wait();
  *waited_ += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  done_.get();
}

CommunicationThread::CommunicationThread()
    : waited_(std::make_shared<double>(0)), thread_([this] { loop(); }) {}

CommunicationThread::~CommunicationThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

Pending CommunicationThread::run(std::function<void()> job) {
  std::packaged_task<void()> task([this, job = std::move(job)] {
    if (failure_) std::rethrow_exception(failure_);
    try {
      job();
    } catch (...) {  // kept for the jobs behind it, and for whoever waits
      failure_ = std::current_exception();
      throw;
    }
  });
  Pending pending(task.get_future().share(), waited_);
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(task));
  }
  wake_.notify_one();
  return pending;
}

void CommunicationThread::loop() {
  at::get_num_threads();   // torch sets the number of a thread at its first use
  omp_set_num_threads(1);  // of this thread: the others are computing
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    std::packaged_task<void()> job = std::move(jobs_.front());
    jobs_.pop_front();
    lock.unlock();
    job();
    job = {};  // with all it holds, before another is waited for
    lock.lock();
  }
}

}  // namespace evergreen
