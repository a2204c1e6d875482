// Who works on a step, among processes of one machine and of several that share a file system.
//
//   one machine      flock: the kernel gives it back when the process ends, however it ends
//   several          where flock does not reach other machines the file says who holds it, and its time of change is renewed while
//                    he does (a heartbeat). One of another machine that was not renewed for `stale_seconds` is
//                    taken over. Times are compared on the file server's clock, by a file that is written for that.
//
// Two that take over the same stale lock at the same moment are told apart by reading the file again; should both go on after all
// (a machine that slept longer than `stale_seconds`), work is done twice and nothing is harmed: results appear by rename,
// and are the same.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "evergreen/base/file.hpp"

namespace evergreen::study {

struct LockOptions {
  double stale_seconds = 60;  // the heartbeat comes four times as often
  std::string machine = {};   // empty: this machine's host name
};

class StepLock {
 public:
  // Null while somebody else holds it. Makes `path`'s file if it is missing.
  static std::optional<StepLock> take(const fs::path& path, const LockOptions& options = {});
  ~StepLock();
  StepLock(StepLock&& other) noexcept;
  StepLock& operator=(StepLock&&) = delete;

 private:
  StepLock(fs::path path, int descriptor, double stale_seconds);
  struct Heart;

  fs::path path_;
  int descriptor_ = -1;
  std::unique_ptr<Heart> heart_;
};

}  // namespace evergreen::study
