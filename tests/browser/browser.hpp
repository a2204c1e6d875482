// A page in headless Chromium: what is on it, whether it asks for anything, whether it is too wide.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "evergreen/base/file.hpp"

namespace evergreen::test {

struct PageLook {
  int width = 0, content_width = 0;  // of the window and of what is in it, pixels
  std::map<std::string, int> marks;  // by the chart's title: bars, marks, cells
  int errors = 0, requests = 0;      // errors of scripts; attempts to load anything
  std::string widest;                // the element that reaches furthest to the right beyond the window
};

// The program; none where it is not installed.
std::optional<fs::path> find_chromium();

// Loads the page in a frame `width` pixels wide, forbidden to load anything else.
PageLook look_at(const fs::path& chromium, const std::string& html, int width, const fs::path& work);

// On a telephone and on a desk: marks in each of at least so many charts, nothing too wide, no error, nothing asked for.
void expect_sound_page(const fs::path& chromium, const std::string& html, size_t charts,
                       const fs::path& work);

}  // namespace evergreen::test
