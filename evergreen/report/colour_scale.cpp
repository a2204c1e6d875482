#include "evergreen/report/colour_scale.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

#include <fmt/format.h>

namespace evergreen {
namespace {

using Lab = std::array<double, 3>;

struct Lch {
  double lightness, chroma, hue;  // of OKLab; hue in degrees
};

constexpr std::array<Lch, 5> kSequential = {
    {{.97, .035, 105}, {.88, .13, 135}, {.62, .13, 200}, {.44, .13, 265}, {.26, .09, 278}}};

struct Arms {
  Lch middle, negative, positive;
};
constexpr Arms kOnLight = {{.965, 0, 0}, {.46, .135, 255}, {.47, .11, 52}};
constexpr Arms kOnDark = {{.30, 0, 0}, {.81, .105, 235}, {.81, .135, 66}};

Lab lab(const Lch& c) {
  const double angle = c.hue * std::numbers::pi / 180;
  return {c.lightness, c.chroma * std::cos(angle), c.chroma * std::sin(angle)};
}

Lab mix(const Lab& from, const Lab& to, double t) {
  Lab mixed;
  for (size_t i = 0; i < 3; ++i) mixed[i] = from[i] + t * (to[i] - from[i]);
  return mixed;
}

double distance(const Lab& a, const Lab& b) { return std::hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]); }

Lab bezier(double t) {  // de Casteljau's algorithm
  std::array<Lab, kSequential.size()> points;
  std::transform(kSequential.begin(), kSequential.end(), points.begin(), lab);
  for (size_t left = points.size() - 1; left > 0; --left) {
    for (size_t i = 0; i < left; ++i) points[i] = mix(points[i], points[i + 1], t);
  }
  return points[0];
}

// The curve by length: where it is after each of many equal steps of t, and how far it came.
struct Walk {
  static constexpr size_t kSteps = 512;
  std::vector<Lab> points;
  std::vector<double> lengths = {0};

  Walk() {
    for (size_t i = 0; i <= kSteps; ++i) {
      points.push_back(bezier(static_cast<double>(i) / kSteps));
      if (i > 0) lengths.push_back(lengths.back() + distance(points[i - 1], points[i]));
    }
  }
  Lab at(double share) const {
    const double length = share * lengths.back();
    const auto after = std::upper_bound(lengths.begin() + 1, lengths.end() - 1, length);
    const auto i = static_cast<size_t>(after - lengths.begin());
    return mix(points[i - 1], points[i], (length - lengths[i - 1]) / (lengths[i] - lengths[i - 1]));
  }
};

double gamma_encoded(double linear) {
  return linear <= 0.0031308 ? 12.92 * linear : 1.055 * std::pow(linear, 1 / 2.4) - 0.055;
}

double gamma_decoded(double encoded) {
  return encoded <= 0.04045 ? encoded / 12.92 : std::pow((encoded + 0.055) / 1.055, 2.4);
}

Rgb to_rgb(const Lab& c) {  // the matrices of Ottosson's page
  const double l = std::pow(c[0] + 0.3963377774 * c[1] + 0.2158037573 * c[2], 3);
  const double m = std::pow(c[0] - 0.1055613458 * c[1] - 0.0638541728 * c[2], 3);
  const double s = std::pow(c[0] - 0.0894841775 * c[1] - 1.2914855480 * c[2], 3);
  const auto channel = [](double linear) {
    return static_cast<uint8_t>(std::lround(255 * gamma_encoded(std::clamp(linear, 0.0, 1.0))));
  };
  return {channel(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s),
          channel(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s),
          channel(-0.0041960863 * l - 0.7034186147 * m + 1.7076147010 * s)};
}

}  // namespace

Rgb colour_at(ColourScale scale, Ground ground, double position) {
  if (std::isnan(position)) position = 0;
  if (scale == ColourScale::sequential) {
    static const Walk walk;
    const double share = std::clamp(position, 0.0, 1.0);
    return to_rgb(walk.at(ground == Ground::light ? share : 1 - share));
  }
  const Arms& arms = ground == Ground::light ? kOnLight : kOnDark;
  const double way = std::clamp(position, -1.0, 1.0);
  return to_rgb(mix(lab(arms.middle), lab(way < 0 ? arms.negative : arms.positive), std::fabs(way)));
}

std::string to_hex(Rgb colour) {
  return fmt::format("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue);
}

bool wants_dark_text(Rgb colour) { return to_oklab(colour)[0] > 0.66; }

std::array<double, 3> to_oklab(Rgb rgb) {
  const double r = gamma_decoded(rgb.red / 255.0), g = gamma_decoded(rgb.green / 255.0),
               b = gamma_decoded(rgb.blue / 255.0);
  const double l = std::cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const double m = std::cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const double s = std::cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return {0.2104542553 * l + 0.7936177850 * m - 0.0040720468 * s,
          1.9779984951 * l - 2.4285922050 * m + 0.4505937099 * s,
          0.0259040371 * l + 0.7827717662 * m - 0.8086757660 * s};
}

}  // namespace evergreen
