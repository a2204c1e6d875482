#include "evergreen/residual/name_pattern.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr size_t kMostCombinations = 1000;

struct NumberRange {
  uint64_t least = 0, most = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<uint64_t> whole_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || failed != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<NumberRange> number_range(std::string_view text) {
  const size_t dash = text.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto least = whole_number(text.substr(0, dash)), most = whole_number(text.substr(dash + 1));
  if (!least || !most) return std::nullopt;
  return NumberRange{*least, *most};
}

std::vector<std::string_view> choices_of(std::string_view inside) {
  std::vector<std::string_view> choices;
  while (true) {
    const size_t comma = inside.find(',');
    choices.push_back(inside.substr(0, comma));
    if (comma == std::string_view::npos) return choices;
    inside.remove_prefix(comma + 1);
  }
}

void require_sound(const std::string& text) {
  const auto refuse = [&](const std::string& what) {
    throw Error(ErrorKind::usage, fmt::format("the pattern '{}' {}", text, what), {},
                "write {a,b} or {0-7}, such as 'model.layers.{0-7}.mlp.*'");
  };
  if (text.empty()) refuse("is empty");
  for (size_t open = text.find_first_of("{}"); open != std::string::npos;
       open = text.find_first_of("{}", open)) {
    const size_t close = text.find_first_of("{}", open + 1);
    if (text[open] == '}' || close == std::string::npos || text[close] == '{')
      refuse("has braces that do not match");
    const auto range = number_range(std::string_view(text).substr(open + 1, close - open - 1));
    if (range && range->least > range->most) refuse("holds a range that ends before it begins");
    open = close + 1;
  }
}

}  // namespace

void NamePattern::append(Sequence& sequence, std::string_view plain) {
  for (const char c : plain) {
    const auto kind = c == '*'   ? Piece::Kind::any_letters
                      : c == '?' ? Piece::Kind::any_letter
                                 : Piece::Kind::letter;
    sequence.push_back({kind, c, 0, 0});
  }
}

NamePattern::NamePattern(std::string text) : text_(std::move(text)), sequences_(1) {
  require_sound(text_);
  std::string_view rest = text_;
  while (!rest.empty()) {
    const size_t open = rest.find('{');
    for (Sequence& sequence : sequences_) append(sequence, rest.substr(0, open));
    if (open == std::string_view::npos) break;
    const size_t close = rest.find('}');
    std::vector<Sequence> longer;
    for (const std::string_view choice : choices_of(rest.substr(open + 1, close - open - 1))) {
      const auto range = number_range(choice);
      for (Sequence sequence : sequences_) {
        if (range) {
          sequence.push_back({Piece::Kind::number, 0, range->least, range->most});
        } else {
          append(sequence, choice);
        }
        longer.push_back(std::move(sequence));
      }
    }
    if (longer.size() > kMostCombinations) {
      throw Error(ErrorKind::usage,
                  fmt::format("the pattern '{}' has too many combinations of choices", text_));
    }
    sequences_ = std::move(longer);
    rest.remove_prefix(close + 1);
  }
}

// The positions of the name that the pieces so far can reach, one piece after the other.
bool NamePattern::matches(const Sequence& sequence, std::string_view name) {
  std::vector<bool> reached(name.size() + 1), next(name.size() + 1);
  reached[0] = true;
  for (const Piece& piece : sequence) {
    next.assign(name.size() + 1, false);
    for (size_t i = 0; i <= name.size(); ++i) {
      if (piece.kind == Piece::Kind::any_letters) {
        next[i] = reached[i] || (i > 0 && next[i - 1]);
      } else if (reached[i] && piece.kind == Piece::Kind::number) {
        size_t end = i;  // all digits that follow
        while (end < name.size() && is_digit(name[end])) ++end;
        const auto number = whole_number(name.substr(i, end - i));
        if (number && *number >= piece.least && *number <= piece.most) next[end] = true;
      } else if (reached[i] && i < name.size()) {
        if (piece.kind == Piece::Kind::any_letter || piece.letter == name[i]) next[i + 1] = true;
      }
    }
    std::swap(reached, next);
  }
  return reached[name.size()];
}

bool NamePattern::matches(std::string_view name) const {
  return std::any_of(sequences_.begin(), sequences_.end(),
                     [&](const Sequence& sequence) { return matches(sequence, name); });
}

}  // namespace evergreen
