// Starts the processes of a run as a launcher does: by environment variables, on this machine.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include <sys/types.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen::test {

struct RankResult {
  int exit_code = -1;  // -1: ended by a signal, or by wait() as it took too long
  std::string output;  // stdout and stderr
};

class RankProcesses {
 public:
  using Variables = std::map<std::string, std::string>;

  // `program` with `args`, once for each rank; one thread of OpenMP each.
  RankProcesses(const std::string& program, int size, const std::vector<std::string>& args,
                const Variables& more = {});
  ~RankProcesses();  // kills those that are left

  void signal(int rank, int number) const;
  std::string output(int rank) const;  // so far
  // True once `text` is in the output of the rank.
  bool wait_for_output(int rank, const std::string& text, double seconds) const;
  // Those that have not ended by then are killed.
  std::vector<RankResult> wait(double seconds);

 private:
  TempDir directory_;
  std::vector<pid_t> processes_;
};

}  // namespace evergreen::test
