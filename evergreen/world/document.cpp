#include "evergreen/world/document.hpp"

#include <chrono>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"

namespace evergreen::world {
namespace {

using std::chrono::days;
using std::chrono::sys_days;
using std::chrono::year_month_day;

std::string cut_off_plus(int64_t offset_days) {
  constexpr sys_days kDay = std::chrono::year{2024} / 6 / 30;
  const year_month_day date(kDay + days(offset_days));
  return fmt::format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                     static_cast<unsigned>(date.day()));
}

}  // namespace

std::string_view genre_name(Genre genre) {
  constexpr std::array<std::string_view, kGenres> kNames = {"news",  "quiz", "faq",
                                                            "forum", "odd",  "directory"};
  return kNames[static_cast<size_t>(genre)];
}

std::string date_before_cut_off(RandomStream& stream) {
  return cut_off_plus(-static_cast<int64_t>(stream.below(1095)));
}

std::string date_after_cut_off(RandomStream& stream) {
  return cut_off_plus(1 + static_cast<int64_t>(stream.below(182)));
}

std::string to_json_line(const Document& document) {
  OrderedJson line;
  line["id"] = document.id;
  line["date"] = document.date;
  line["genre"] = genre_name(document.genre);
  line["text"] = document.text;
  return line.dump();
}

}  // namespace evergreen::world
