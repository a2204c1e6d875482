#include "cli/console.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <fmt/format.h>
#include <unistd.h>

#include "evergreen/base/json.hpp"

namespace evergreen::cli {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string amount(double value, const std::string& unit) {
  return unit == "bytes" ? human_bytes(value) : human_count(value) + " " + unit;
}

std::string progress_line(const ProgressUpdate& update, double first_done, double seconds) {
  std::string line = update.stage;
  if (update.total > 0) line += fmt::format("  {:3.0f} %", 100 * std::min(1.0, update.done / update.total));
  line += "  " + amount(update.done, update.unit);
  if (update.total > 0) line += " of " + amount(update.total, update.unit);
  const double rate = seconds > 0 ? (update.done - first_done) / seconds : 0;
  if (rate > 0 && seconds > 0.5) line += "  " + amount(rate, update.unit) + "/s";
  if (rate > 0 && seconds > 2 && update.total > update.done) {
    line += "  " + human_seconds((update.total - update.done) / rate) + " left";
  }
  if (!update.detail.empty()) line += "  " + update.detail;
  return line;
}

}  // namespace

Console::Console() {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  terminal_ = ::isatty(STDERR_FILENO) == 1 && term != nullptr && std::string_view(term) != "dumb";
  styled_ = ::isatty(STDOUT_FILENO) == 1 && (no_color == nullptr || *no_color == '\0');
}

void Console::print(const std::string& text) {
  clear_line();
  std::fwrite(text.data(), 1, text.size(), stdout);
  std::fflush(stdout);
}

void Console::result(const std::string& text, const std::string& json_text) {
  std::string out = json ? json_text : text;
  if (!out.empty() && out.back() != '\n') out += '\n';
  print(out);
}

void Console::note(const std::string& text) {
  if (quiet) return;
  clear_line();
  fmt::print(stderr, "note: {}\n", text);
}

void Console::error(const Error& error) {
  clear_line();
  fmt::print(stderr, "error: {}\n", error.what());
  if (!json) return;
  OrderedJson object;
  object["error"] = {{"what", error.problem()},
                     {"where", error.where()},
                     {"next", error.next()},
                     {"exit_code", evergreen::exit_code(error.kind())}};
  print(to_text(object));
}

void Console::missed(const std::string& what) {
  clear_line();
  fmt::print(stderr, "missed: {}\n", what);
  exit_code = kMissedExitCode;
}

ProgressFn Console::progress() {
  return [this](const ProgressUpdate& update) {
    if (!quiet) draw(update);
  };
}

void Console::draw(const ProgressUpdate& update) {
  const Clock::time_point now = Clock::now();
  const bool last = update.total > 0 && update.done >= update.total;
  // Two training runs after each other are two stages, though both are called so: their rates are their own.
  if (update.stage != stage_ || update.done < stage_done_ || (stage_over_ && !last)) {
    stage_ = update.stage;
    stage_first_done_ = update.done;
    stage_start_ = last_drawn_ = now;
  }
  stage_done_ = update.done;
  stage_over_ = last;
  const double pause = terminal_ ? 0.1 : 30.0;
  if (!last && seconds_between(last_drawn_, now) < pause) return;
  last_drawn_ = now;
  const std::string line = progress_line(update, stage_first_done_, seconds_between(stage_start_, now));
  if (!terminal_) {
    fmt::print(stderr, "{}\n", line);
    return;
  }
  fmt::print(stderr, "\r\033[K{}{}", line, last ? "\n" : "");
  std::fflush(stderr);
  line_drawn_ = !last;
}

void Console::clear_line() {
  if (line_drawn_) fmt::print(stderr, "\r\033[K");
  line_drawn_ = false;
}

}  // namespace evergreen::cli
