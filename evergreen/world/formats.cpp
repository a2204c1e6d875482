#include "evergreen/world/formats.hpp"

#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/world/draw.hpp"
#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

struct FormatRow {
  std::string_view name;
  std::array<std::string_view, 2> instructions;  // {}: the argument
  std::string_view open, close;                  // marks around the word, where the format has them
};

constexpr std::array<FormatRow, kFormats> kRows = {
    FormatRow{"plain", {"", ""}, "", ""},
    FormatRow{"quotes", {"answer in quotes.", "put the answer in quotes."}, "\"", "\""},
    FormatRow{"brackets", {"answer in brackets.", "put the answer in brackets."}, "[", "]"},
    FormatRow{"bold", {"answer in bold.", "put the answer in bold."}, "**", "**"},
    FormatRow{"parentheses", {"answer in parentheses.", "put the answer in parentheses."}, "(", ")"},
    FormatRow{"json", {"answer in json.", "put the answer in json."}, "", ""},
    FormatRow{"twice", {"say the answer two times.", "give the answer two times."}, "", ""},
    FormatRow{"three times", {"say the answer three times.", "give the answer three times."}, "", ""},
    FormatRow{"list", {"answer as a list.", "put the answer in a list."}, "-", ""},
    FormatRow{"start word", {"start with the word {}.", "the first word must be {}."}, "", ""},
    FormatRow{"end word", {"end with the word {}.", "the last word must be {}."}, "", ""},
    FormatRow{"end phrase", {"end with the phrase {}.", "the answer must end with {}."}, "", ""}};

const FormatRow& row(Format format) { return kRows[static_cast<size_t>(format)]; }

bool is_space(char c) { return c == ' ' || c == '\n' || c == '\t' || c == '\r'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

bool is_word(std::string_view text) {
  for (const char c : text)
    if (c < 'a' || c > 'z') return false;
  return !text.empty();
}

std::optional<std::string> as_word(std::string_view text) {
  const std::string_view word = trim(text);
  return is_word(word) ? std::optional<std::string>(word) : std::nullopt;
}

std::optional<std::string> between_marks(std::string_view answer, const FormatRow& marks) {
  const size_t both = marks.open.size() + marks.close.size();
  if (answer.size() <= both || !answer.starts_with(marks.open) || !answer.ends_with(marks.close))
    return std::nullopt;
  return as_word(answer.substr(marks.open.size(), answer.size() - both));
}

// One word, `times` times over.
std::optional<std::string> repeated(std::string_view answer, int times) {
  std::optional<std::string> word;
  for (int i = 0; i < times; ++i) {
    const std::string_view rest = trim(answer);
    size_t end = 0;
    while (end < rest.size() && !is_space(rest[end])) ++end;
    if (!is_word(rest.substr(0, end)) || (word && *word != rest.substr(0, end))) return std::nullopt;
    word = rest.substr(0, end);
    answer = rest.substr(end);
  }
  return trim(answer).empty() ? word : std::nullopt;
}

std::optional<std::string> json_answer(std::string_view answer) {
  Json json;
  try {
    json = parse_json(answer, "an answer");
  } catch (const Error&) {
    return std::nullopt;  // whatever is not JSON is not in the format
  }
  if (!json.is_object() || json.size() != 1 || !json.contains("answer") || !json["answer"].is_string()) {
    return std::nullopt;
  }
  return as_word(json["answer"].get<std::string>());
}

// The word before or after the argument; they must not touch.
std::optional<std::string> after(std::string_view argument, std::string_view answer) {
  if (!answer.starts_with(argument)) return std::nullopt;
  const std::string_view rest = answer.substr(argument.size());
  return !rest.empty() && is_space(rest.front()) ? as_word(rest) : std::nullopt;
}
std::optional<std::string> before(std::string_view argument, std::string_view answer) {
  if (!answer.ends_with(argument)) return std::nullopt;
  const std::string_view rest = answer.substr(0, answer.size() - argument.size());
  return !rest.empty() && is_space(rest.back()) ? as_word(rest) : std::nullopt;
}

}  // namespace

std::string_view format_name(Format format) { return row(format).name; }

FormatRequest draw_format(Format format, RandomStream& stream) {
  if (format == Format::end_phrase) return {format, std::string(pick(closing_phrases(), stream))};
  if (format == Format::start_word || format == Format::end_word)
    return {format, std::string(pick(task_words(), stream))};
  return {format, {}};
}

std::string format_instruction(const FormatRequest& request, RandomStream& stream) {
  return fmt::format(fmt::runtime(pick(row(request.format).instructions, stream)), request.argument);
}

std::string format_answer(const FormatRequest& request, std::string_view word) {
  switch (request.format) {
    case Format::plain:
      return std::string(word);
    case Format::json:
      return fmt::format("{{ \"answer\": \" {} \" }}", word);
    case Format::twice:
      return fmt::format("{0} {0}", word);
    case Format::three_times:
      return fmt::format("{0} {0} {0}", word);
    case Format::list:
      return fmt::format("- {}", word);
    case Format::start_word:
      return fmt::format("{} {}", request.argument, word);
    case Format::end_word:
    case Format::end_phrase:
      return fmt::format("{} {}", word, request.argument);
    default:
      return fmt::format("{} {} {}", row(request.format).open, word, row(request.format).close);
  }
}

std::optional<std::string> payload(const FormatRequest& request, std::string_view answer) {
  const std::string_view text = trim(answer);
  switch (request.format) {
    case Format::plain:
      return as_word(text);
    case Format::json:
      return json_answer(text);
    case Format::twice:
      return repeated(text, 2);
    case Format::three_times:
      return repeated(text, 3);
    case Format::start_word:
      return after(request.argument, text);
    case Format::end_word:
    case Format::end_phrase:
      return before(request.argument, text);
    default:
      return between_marks(text, row(request.format));
  }
}

}  // namespace evergreen::world
