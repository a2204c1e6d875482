#include "evergreen/ifeval/word_tokenizer.hpp"

#include "evergreen/ifeval/punkt.hpp"
#include "evergreen/ifeval/python_pattern.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

// A step of the rewriting that ends in a split at white space. `needs`: characters without which the pattern cannot match.
struct Rewrite {
  PythonPattern pattern;
  std::string_view replacement, needs;
};

std::vector<Rewrite> before_ends() {
  std::vector<Rewrite> steps;
  const auto add = [&](std::string_view pattern, std::string_view replacement, std::string_view needs) {
    steps.push_back({PythonPattern(pattern, {.regex_module = true}), replacement, needs});
  };
  // Opening quotation marks.
  add("([«“‘„]|`+)", R"( \1 )", "\xC2\xE2`");
  add(R"(^")", "``", "\"");
  add("(``)", R"( \1 )", "`");
  add(R"(([ (\[{<])("|'{2}))", R"(\1 `` )", "\"'");
  add(R"((?i)(?<!\w)(')(?!(?:re|ve|ll|m|t|s|d|n)\b)(?=\w))", R"(\1 )", "'");
  // The last period, before marks that close; punctuation.
  add(R"(([^.])(\.)([\])}>"'»”’ ]*+)\s*$)", R"(\1 \2 \3 )", ".");
  add(R"(([:,])([^\d]))", R"( \1 \2)", ":,");
  add(R"(([:,])$)", R"( \1 )", ":,");
  add(R"(\.{2,})", R"( \0 )", ".");
  add(R"([;@#$%&])", R"( \0 )", ";@#$%&");
  add(R"([\u2012-\u2015])", R"( \0 )", "\xE2");
  add(R"(([^.])(\.)([\])}>"']*)\s*$)", R"(\1 \2\3 )", ".");
  add(R"([?!])", R"( \0 )", "?!");
  add(R"(([^'])' )", R"(\1 ' )", "'");
  add(R"([*])", R"( \0 )", "*");
  add(R"([\]\[(){}<>])", R"( \0 )", "[](){}<>");
  add("--", " -- ", "-");
  return steps;
}

// With a space before and after the text.
std::vector<Rewrite> after_ends() {
  std::vector<Rewrite> steps;
  bool regex_module = true;  // NLTK compiles the words that are two by re
  const auto add = [&](std::string_view pattern, std::string_view replacement, std::string_view needs) {
    steps.push_back({PythonPattern(pattern, {.regex_module = regex_module}), replacement, needs});
  };
  add("([»”’])", R"( \1 )", "\xC2\xE2");
  add("''", " '' ", "'");
  add("\"", " '' ", "\"");
  add(R"(\s+)", " ", "");
  // Clitics, and words that are two.
  add(R"(([^' ])('[sS]|'[mM]|'[dD]|') )", R"(\1 \2 )", "'");
  add(R"(([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) )", R"(\1 \2 )", "'");
  regex_module = false;
  add(R"((?i)\b(can)(not)\b)", R"( \1 \2 )", "nN");
  add(R"((?i)\b(d)('ye)\b)", R"( \1 \2 )", "'");
  add(R"((?i)\b(gim)(me)\b)", R"( \1 \2 )", "gG");
  add(R"((?i)\b(gon)(na)\b)", R"( \1 \2 )", "gG");
  add(R"((?i)\b(got)(ta)\b)", R"( \1 \2 )", "gG");
  add(R"((?i)\b(lem)(me)\b)", R"( \1 \2 )", "lL");
  add(R"((?i)\b(more)('n)\b)", R"( \1 \2 )", "'");
  add(R"((?i)\b(wan)(na)(?=\s))", R"( \1 \2 )", "wW");
  add(R"((?i) ('t)(is)\b)", R"( \1 \2 )", "'");
  add(R"((?i) ('t)(was)\b)", R"( \1 \2 )", "'");
  return steps;
}

void apply(const std::vector<Rewrite>& steps, std::string& text) {
  for (const Rewrite& step : steps) {
    if (!step.needs.empty() && find_any(text, step.needs) == text.npos) continue;
    text = step.pattern.replace(text, step.replacement);
  }
}

}  // namespace

std::vector<std::string> tokenize_sentence(std::string_view sentence) {
  static const std::vector<Rewrite> first = before_ends(), second = after_ends();
  std::string text(sentence);
  apply(first, text);
  text = " " + text + " ";
  apply(second, text);
  std::vector<std::string> words;
  for (std::string_view rest = text;;) {
    const std::string_view word = first_word(rest);
    if (word.empty()) return words;
    words.emplace_back(word);
    rest.remove_prefix(static_cast<size_t>(word.data() - rest.data()) + word.size());
  }
}

std::vector<std::string> tokenize_words(std::string_view text, const PunktParameters& parameters) {
  std::vector<std::string> words;
  for (const std::string_view sentence : split_sentences(text, parameters)) {
    for (std::string& word : tokenize_sentence(sentence)) words.push_back(std::move(word));
  }
  return words;
}

}  // namespace evergreen::ifeval
