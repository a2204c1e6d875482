// What a command may say: results to stdout, progress and notes to stderr.
#pragma once

#include <chrono>
#include <string>

#include "evergreen/base/error.hpp"
#include "evergreen/base/human.hpp"
#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"

namespace evergreen::cli {

// Of `update` with a requirement that was missed; the other codes are those of ErrorKind.
inline constexpr int kMissedExitCode = 6;

class Console {
 public:
  Console();

  bool json = false;    // --json: one object on stdout instead of text
  bool quiet = false;   // --quiet: no progress, no notes
  StopFlag stop;        // set by SIGINT, SIGTERM and SIGUSR1
  std::string command;  // "residual graft", for provenance and errors
  int exit_code = 0;    // of a command that gave its result: kMissedExitCode where that falls short

  // The command's result: `text` for people or `json_text` for machines, by --json.
  void result(const std::string& text, const std::string& json_text);
  void print(const std::string& text);  // to stdout at once (chat, streaming)
  void note(const std::string& text);   // "note: ..." on stderr
  void error(const Error& error);       // on stderr; with --json also as an object on stdout
  // The result is whole and given, but not what was required of it: told on stderr, and the exit code says so.
  void missed(const std::string& what);

  // Draws one line on a terminal: stage, share, rate, time left. Elsewhere a line every half minute.
  ProgressFn progress();
  bool styled() const { return styled_; }  // stdout is a terminal and NO_COLOR is unset

 private:
  void draw(const ProgressUpdate& update);
  void clear_line();

  bool terminal_ = false, styled_ = false, line_drawn_ = false;
  std::string stage_;
  double stage_first_done_ = 0, stage_done_ = 0;
  bool stage_over_ = false;
  std::chrono::steady_clock::time_point stage_start_, last_drawn_;
};

}  // namespace evergreen::cli
