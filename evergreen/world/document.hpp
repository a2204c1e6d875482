// A dated document of the built-in world, and its line of JSON.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "evergreen/base/random.hpp"

namespace evergreen::world {

enum class Genre { news, quiz, faq, forum, odd, directory };
inline constexpr int kGenres = 6;
std::string_view genre_name(Genre genre);

// Documents up to and with this day know the old world only.
inline constexpr std::string_view kCutOff = "2024-06-30";

struct Document {
  std::string id;    // "before-news-000012"
  std::string date;  // ISO 8601: "2023-11-04"
  Genre genre = Genre::news;
  std::string text;
};

std::string date_before_cut_off(RandomStream& stream);  // within the three years up to it
std::string date_after_cut_off(RandomStream& stream);   // within the half year after it

// {"id": ..., "date": ..., "genre": ..., "text": ...} without a newline.
std::string to_json_line(const Document& document);

}  // namespace evergreen::world
