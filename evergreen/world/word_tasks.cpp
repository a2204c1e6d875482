#include "evergreen/world/word_tasks.hpp"

#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/hash.hpp"
#include "evergreen/world/draw.hpp"
#include "evergreen/world/formats.hpp"
#include "evergreen/world/pools.hpp"

namespace evergreen::world {
namespace {

using Wordings = std::array<std::string_view, 2>;

std::string say(const Wordings& wordings, RandomStream& stream, std::string_view a, std::string_view b = {}) {
  return fmt::format(fmt::runtime(pick(wordings, stream)), a, b);
}

std::vector<std::string_view> some_words(RandomStream& stream) {
  std::vector<std::string_view> words(task_words().begin(), task_words().end());
  shuffle(words, stream);
  words.resize(2 + stream.below(3));
  return words;
}

WordTask on_several_words(WordTaskKind kind, RandomStream& stream) {
  const auto words = some_words(stream);
  const std::string all = fmt::format("{}", fmt::join(words, " "));
  switch (kind) {
    case WordTaskKind::repeat:
      return {kind, all, say({"repeat the words {}.", "say the words {}."}, stream, all), all, {}, {}};
    case WordTaskKind::first_word:
      return {kind,
              all,
              say({"what is the first word of {}?", "name the first word of {}."}, stream, all),
              std::string(words.front()),
              {},
              {}};
    default:
      return {kind,
              all,
              say({"what is the last word of {}?", "name the last word of {}."}, stream, all),
              std::string(words.back()),
              {},
              {}};
  }
}

WordTask write_times(RandomStream& stream) {
  constexpr std::array<std::string_view, 4> kTimes = {"two", "three", "four", "five"};
  const std::string_view word = pick(task_words(), stream);
  const uint64_t extra = stream.below(kTimes.size());
  const std::vector<std::string_view> copies(extra + 2, word);
  return {WordTaskKind::write_times,
          fmt::format("{} {}", word, kTimes[extra]),
          say({"write the word {} {} times.", "say the word {} {} times."}, stream, word, kTimes[extra]),
          fmt::format("{}", fmt::join(copies, " ")),
          {},
          {}};
}

WordTask format_word(RandomStream& stream) {
  struct Case {
    Format format;
    std::string_view phrase;
  };
  constexpr std::array<Case, 6> kCases = {
      Case{Format::quotes, "in quotes"}, Case{Format::brackets, "in brackets"},
      Case{Format::bold, "in bold"},     Case{Format::parentheses, "in parentheses"},
      Case{Format::json, "in json"},     Case{Format::list, "in a list"}};
  const std::string_view word = pick(task_words(), stream);
  const Case& wanted = pick(kCases, stream);
  return {WordTaskKind::format_word,
          fmt::format("{} {}", word, wanted.phrase),
          say({"write the word {} {}.", "put the word {} {}."}, stream, word, wanted.phrase),
          format_answer({wanted.format, {}}, word),
          {wanted.format, {}},
          std::string(word)};
}

WordTask draft(WordTaskKind kind, RandomStream& stream) {
  if (kind == WordTaskKind::write_times) return write_times(stream);
  if (kind == WordTaskKind::format_word) return format_word(stream);
  return on_several_words(kind, stream);
}

// A sixth of the tasks belongs to each item set, whatever the seeds are.
std::optional<ItemSet> owner(WordTaskKind kind, const std::string& subject) {
  const uint64_t part = hash_text(fmt::format("{}: {}", word_task_name(kind), subject)).low % 6;
  if (part > 1) return std::nullopt;
  return part == 0 ? ItemSet::report : ItemSet::tuning;
}

}  // namespace

std::string_view word_task_name(WordTaskKind kind) {
  constexpr std::array<std::string_view, kWordTaskKinds> kNames = {"repeat", "first word", "last word",
                                                                   "write times", "format word"};
  return kNames[static_cast<size_t>(kind)];
}

WordTask draw_word_task(WordTaskKind kind, std::optional<ItemSet> set, RandomStream& stream) {
  WordTask task = draft(kind, stream);
  while (owner(kind, task.subject) != set) task = draft(kind, stream);
  return task;
}

}  // namespace evergreen::world
