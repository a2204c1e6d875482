#include <algorithm>

#include "evergreen/base/nearest.hpp"
#include "evergreen/ifeval/kinds.hpp"
#include "evergreen/ifeval/python_text.hpp"
#include "evergreen/ifeval/word_tokenizer.hpp"

namespace evergreen::ifeval {
namespace {

// A text whose language nobody can tell counts as followed.
bool is_in(const ResponseText& response, const std::string& language) {
  return response.language().undetectable || response.language().best() == language;
}

Check response_language(Arguments& arguments) {
  const std::string language = arguments.text("language");
  const auto& known = response_languages();
  if (std::find(known.begin(), known.end(), language) == known.end()) {
    arguments.refuse(fmt::format("there is no language '{}'", language), suggest_name(language, known));
  }
  return [language](const ResponseText& response) { return is_in(response, language); };
}

Check english_capital(Arguments&) {
  return [](const ResponseText& response) { return all_upper(response.text()) && is_in(response, "en"); };
}

Check english_lowercase(Arguments&) {
  return [](const ResponseText& response) { return all_lower(response.text()) && is_in(response, "en"); };
}

Check capital_word_frequency(Arguments& arguments) {
  const Bound bound = arguments.bound("capital_frequency", "capital_relation", true);
  return [bound](const ResponseText& response) {
    const std::vector<std::string> words = tokenize_words(response.text(), response.punkt());
    return bound.holds(static_cast<size_t>(
        std::count_if(words.begin(), words.end(), [](const std::string& word) { return all_upper(word); })));
  };
}

}  // namespace

const std::vector<std::string>& response_languages() {
  static const std::vector<std::string> codes = {"ar", "bg", "bn", "de", "en", "es", "fa", "fi", "fr", "gu",
                                                 "he", "hi", "it", "ja", "kn", "ko", "ml", "mr", "ne", "pa",
                                                 "pl", "pt", "ru", "sw", "ta", "te", "th", "uk", "ur", "vi"};
  return codes;
}

std::vector<Kind> language_kinds() {
  return {{"change_case:capital_word_frequency", capital_word_frequency},
          {"change_case:english_capital", english_capital},
          {"change_case:english_lowercase", english_lowercase},
          {"language:response_language", response_language}};
}

}  // namespace evergreen::ifeval
