#include "evergreen/data/gopher_filters.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

Drop quality(const std::string& text) { return GopherFilters().quality(text); }
Drop repetition(const std::string& text) { return GopherFilters().repetition(text); }

// `count` words, all different, as natural text is for these filters.
std::string words(int count, int first = 0, const std::string& between = " ") {
  std::string text;
  for (int i = first; i < first + count; ++i)
    text += (i % 10 == 0 ? "the" : i % 10 == 5 ? "of" : "word") + std::to_string(i) + between;
  return text;
}
const std::string kStops = "the and of with ";

}  // namespace

TEST(GopherFilters, GoodTextPassesBoth) {
  const std::string text = kStops + words(100);
  EXPECT_EQ(quality(text), Drop::none);
  EXPECT_EQ(repetition(text), Drop::none);
}

TEST(GopherFilters, NumberAndLengthOfWords) {
  EXPECT_EQ(quality(kStops + words(45)), Drop::gopher_words);
  EXPECT_EQ(quality(kStops + words(46)), Drop::none);
  EXPECT_EQ(quality(kStops + words(99'997)), Drop::gopher_words);
  std::string letters = kStops, giants = kStops;
  for (int i = 0; i < 60; ++i) letters += "a ", giants += "incomprehensible ";
  EXPECT_EQ(quality(letters), Drop::gopher_word_length);
  EXPECT_EQ(quality(giants), Drop::gopher_word_length);
  std::string cyrillic = kStops;
  for (int i = 0; i < 60; ++i) cyrillic += "слово ";  // five characters, ten bytes
  EXPECT_EQ(quality(cyrillic), Drop::none);
}

TEST(GopherFilters, SymbolsBulletsAndEllipses) {
  std::string hashes = kStops + words(96);
  for (int i = 0; i < 10; ++i) hashes += "#";
  EXPECT_EQ(quality(hashes), Drop::none);  // 10 of 101 words
  EXPECT_EQ(quality(hashes + "##"), Drop::gopher_symbols);
  std::string dots = kStops + words(96);
  for (int i = 0; i < 12; ++i) dots += "word... ";
  EXPECT_EQ(quality(dots), Drop::gopher_symbols);
  std::string bullets, ellipses;
  for (int i = 0; i < 20; ++i) {
    bullets += (i < 19 ? "• " : "") + kStops + words(6, 6 * i) + "\n";
    ellipses += kStops + words(6, 6 * i) + (i < 7 ? "…\n" : "\n");
  }
  EXPECT_EQ(quality(bullets), Drop::gopher_bullets);
  EXPECT_EQ(quality(ellipses), Drop::gopher_ellipsis_lines);
}

TEST(GopherFilters, LettersAndStopWords) {
  std::string numbers = kStops + words(56);
  for (int i = 0; i < 15; ++i) numbers += "12345 ";
  EXPECT_EQ(quality(numbers), Drop::none);  // 60 of 75 words have a letter: 80 %
  EXPECT_EQ(quality(numbers + "678"), Drop::gopher_alphabetic);
  EXPECT_EQ(quality(words(100)), Drop::gopher_stop_words);
  EXPECT_EQ(quality("The. " + words(100)), Drop::gopher_stop_words);
  EXPECT_EQ(quality("The. (AND) " + words(100)), Drop::none);
  EXPECT_EQ(quality("the the " + words(100)), Drop::gopher_stop_words);  // two different ones
}

TEST(GopherFilters, RepeatedLinesByNumberAndByCharacters) {
  std::string by_number = words(50) + "\n", by_characters = words(40) + "\n" + words(4, 100) + "\n";
  for (int i = 0; i < 2; ++i) by_number += words(1, 500 + i) + "\n";
  EXPECT_EQ(repetition(by_number), Drop::none);
  for (int i = 0; i < 2; ++i) by_number += "x\n";
  EXPECT_EQ(repetition(by_number), Drop::none);                              // one of five is a duplicate
  EXPECT_EQ(repetition(by_number + "x\nx\n"), Drop::gopher_repeated_lines);  // three of seven
  for (int i = 0; i < 8; ++i) by_characters += words(5, 200 + 10 * i) + "\n";
  EXPECT_EQ(repetition(by_characters), Drop::none);
  EXPECT_EQ(repetition(by_characters + words(40)), Drop::gopher_repeated_lines);
}

TEST(GopherFilters, RepeatedParagraphs) {
  std::string text;
  for (int i = 0; i < 4; ++i) text += words(3, 10 * i, "\n") + "\n";
  EXPECT_EQ(repetition(text), Drop::none);
  // Each line once more, so that lines alone are not too many: the paragraphs are.
  std::string mixed;
  for (int i = 0; i < 8; ++i) mixed += words(2, 100 + 10 * i, "\n") + "\n";
  EXPECT_EQ(repetition(mixed + "a\nb\n\n" + "a\nb\n\n" + "a\nb\n\n" + "a\nb\n\n" + "a\nb\n"),
            Drop::gopher_repeated_lines);
  GopherRepetition lenient;
  lenient.lines = lenient.line_characters = 1;
  EXPECT_EQ(GopherFilters().repetition(mixed + "a\nb\n\n" + "a\nb\n\n" + "a\nb\n\n" + "a\nb\n\n" + "a\nb\n",
                                       lenient),
            Drop::gopher_repeated_paragraphs);
}

TEST(GopherFilters, FrequentAndRepeatedNgrams) {
  std::string frequent;
  for (int i = 0; i < 20; ++i) frequent += "click here " + words(4, 10 * i);
  EXPECT_EQ(repetition(frequent), Drop::gopher_top_ngrams);
  // A run of 12 words twice among 100: 24 %, in no frequent short n-gram.
  const std::string repeated = words(12, 900) + words(40) + words(12, 900) + words(36, 300);
  EXPECT_EQ(repetition(repeated), Drop::gopher_repeated_ngrams);
  const std::string rare = words(12, 900) + words(140) + words(12, 900) + words(136, 300);
  EXPECT_EQ(repetition(rare), Drop::none);  // 8 %
}

TEST(GopherFilters, NothingAndOneWordAreNoTrouble) {
  EXPECT_EQ(repetition(""), Drop::none);
  EXPECT_EQ(repetition("word"), Drop::none);
  EXPECT_EQ(quality(""), Drop::gopher_words);
}

}  // namespace evergreen
