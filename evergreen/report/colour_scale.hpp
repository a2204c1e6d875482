// Colours for numbers, perceptually uniform and readable by colour-blind people.
//
//   sequential   from nothing to most: a Bezier curve through OKLab from pale yellow over teal to dark blue, walked
//                at constant speed. On a dark ground it is walked backwards, so that small values always
//                sink into the page and large ones stand out.
//   diverging    around zero: two straight lines of OKLab, from grey to blue (negative) and to orange (positive).
//
// Numbers   equal steps of the value are equal distances in OKLab (Ottosson 2020, "A perceptual color space for image
//           processing"). Lightness rises or falls all the way, so the order survives every kind of colour
//           blindness and a black-and-white printer; blue and orange stay apart for people who confuse red and green.
#pragma once

#include <array>
#include <cstdint>
#include <string>

namespace evergreen {

struct Rgb {
  uint8_t red = 0, green = 0, blue = 0;
  friend bool operator==(const Rgb&, const Rgb&) = default;
};

enum class ColourScale { sequential, diverging };
enum class Ground { light, dark };

// `position`: 0 to 1, or for a diverging scale -1 to 1; beyond is cut off, NaN is 0.
Rgb colour_at(ColourScale scale, Ground ground, double position);

std::string to_hex(Rgb colour);           // "#0a64c8"
bool wants_dark_text(Rgb colour);         // black on it reads better than white
std::array<double, 3> to_oklab(Rgb rgb);  // L, a, b

}  // namespace evergreen
