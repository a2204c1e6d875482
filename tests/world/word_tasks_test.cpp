#include "evergreen/world/word_tasks.hpp"

#include <algorithm>
#include <set>
#include <sstream>
#include <vector>

#include <gtest/gtest.h>

namespace evergreen::world {
namespace {

std::vector<std::string> split(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::string without_last_character(std::string text) { return text.substr(0, text.size() - 1); }

std::string after(const std::string& text, const std::string& words) {
  return text.substr(text.find(words) + words.size());
}

TEST(WordTasks, EveryTaskIsAnsweredAsItAsks) {
  RandomStream stream(1, "test");
  for (int i = 0; i < 300; ++i) {
    const WordTask task = draw_word_task(WordTaskKind::repeat, std::nullopt, stream);
    EXPECT_EQ(without_last_character(after(task.user, "the words ")), task.answer) << task.user;

    const WordTask first = draw_word_task(WordTaskKind::first_word, std::nullopt, stream);
    EXPECT_EQ(split(without_last_character(after(first.user, "first word of "))).front(), first.answer)
        << first.user;
    const WordTask last = draw_word_task(WordTaskKind::last_word, std::nullopt, stream);
    EXPECT_EQ(split(without_last_character(after(last.user, "last word of "))).back(), last.answer)
        << last.user;

    const WordTask times = draw_word_task(WordTaskKind::write_times, std::nullopt, stream);
    const auto copies = split(times.answer);
    const auto asked = split(after(times.user, "the word "));
    const std::vector<std::string> numbers = {"two", "three", "four", "five"};
    EXPECT_EQ(std::ranges::count(copies, asked.front()), static_cast<std::ptrdiff_t>(copies.size()))
        << times.user;
    EXPECT_EQ(numbers.at(copies.size() - 2), asked.at(1)) << times.user;

    const WordTask formatted = draw_word_task(WordTaskKind::format_word, std::nullopt, stream);
    EXPECT_EQ(split(after(formatted.user, "the word ")).front(), formatted.word);
    EXPECT_EQ(payload(formatted.format, formatted.answer), formatted.word) << formatted.user;
  }
}

TEST(WordTasks, ItemsAndTrainingTextShareNone) {
  RandomStream stream(2, "test");
  for (int k = 0; k < kWordTaskKinds; ++k) {
    const auto kind = static_cast<WordTaskKind>(k);
    std::set<std::string> training, report, tuning;
    for (int i = 0; i < 3000; ++i) {
      training.insert(draw_word_task(kind, std::nullopt, stream).user);
      report.insert(draw_word_task(kind, ItemSet::report, stream).user);
      tuning.insert(draw_word_task(kind, ItemSet::tuning, stream).user);
    }
    for (const std::string& user : report) {
      EXPECT_FALSE(training.contains(user)) << user;
      EXPECT_FALSE(tuning.contains(user)) << user;
    }
    for (const std::string& user : tuning) EXPECT_FALSE(training.contains(user)) << user;
  }
}

}  // namespace
}  // namespace evergreen::world
