// A line of IFEval's prompts and, after it, a response: the line is refused with an Error, or there is a verdict for each instruction.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "evergreen/base/error.hpp"
#include "evergreen/ifeval/check_response.hpp"
#include "evergreen/ifeval/prompts.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string_view response = input.substr(std::min(end + 1, input.size()));
  try {
    const evergreen::ifeval::Prompt prompt = evergreen::ifeval::parse_prompt(input.substr(0, end), "fuzz");
    const evergreen::ifeval::Verdicts v = evergreen::ifeval::check_response(prompt.instructions, response);
    if (v.strict.size() != prompt.instructions.size() || v.loose.size() != v.strict.size()) __builtin_trap();
    for (size_t i = 0; i < v.strict.size(); ++i) {
      if (v.strict[i] && !v.loose[i]) __builtin_trap();
    }
  } catch (const evergreen::Error&) {
  }
  return 0;
}

#define LINE(ids, kwargs) \
  R"({"key": 1, "prompt": "p", "instruction_id_list": [)" ids R"(], "kwargs": [)" kwargs "]}\n"

extern "C" const char* const* evergreen_fuzz_seeds() {
  static const char* const seeds[] = {
      LINE(R"("keywords:existence", "keywords:forbidden_words")", R"({"keywords": ["a.b", "cat"]}, {"forbidden_words": ["(x|y)+", "\u0130"]})")
      "The cat sat: a\u0301b xyx.\nThen \u0130nk.",
      LINE(R"("keywords:frequency", "keywords:letter_frequency")",
           R"({"keyword": "t[h]*e", "frequency": 2, "relation": "less than"}, {"letter": "#", "let_frequency": 2, "let_relation": "at least"})")
      "The the # theme #",
      LINE(R"("length_constraints:number_sentences", "length_constraints:number_words", "change_case:capital_word_frequency")",
           R"({"num_sentences": 3, "relation": "at least"}, {"num_words": 3, "relation": "less than"}, {"capital_frequency": 2, "capital_relation": "at least"})")
      "Mr. J. Bach (1685) left the U.S. on Jan. 5. \"He did.\" They CAN'T... Why?! \u201cYes.\u201d --No. 5. End",
      LINE(R"("length_constraints:number_paragraphs", "length_constraints:nth_paragraph_first_word", "combination:two_responses")",
           R"({"num_paragraphs": 2}, {"num_paragraphs": 2, "nth_paragraph": 1, "first_word": "one"}, {})")
      "'One' is\n***\ntwo\n\n******\nthree",
      LINE(R"("detectable_format:json_format", "detectable_format:title", "detectable_format:multiple_sections", "startend:end_checker")",
           R"({}, {}, {"section_spliter": "Section", "num_sections": 2}, {"end_phrase": "bye"})")
      "```json\n{\"a\": [1, -2.5e3, \"\\u00e9\"]}\n```\n<<t>>\nSection 1\nSection 2 Bye\"",
      LINE(R"("detectable_format:number_bullet_lists", "detectable_format:number_highlighted_sections", "detectable_content:number_placeholders", "detectable_content:postscript")",
           R"({"num_bullets": 2}, {"num_highlights": 2}, {"num_placeholders": 1}, {"postscript_marker": "P.P.S"})")
      "* one\n- two *three* **four** [x]\nP. P. S. five",
      LINE(R"("language:response_language", "change_case:english_capital", "change_case:english_lowercase")", R"({"language": "hi"}, {}, {})")
      "\u0906\u091c \u092e\u094c\u0938\u092e http://a.b/c x@y.zz \u4eca\u5929 NOW",
      nullptr};
  return seeds;
}

extern "C" const char* const* evergreen_fuzz_words() {
  static const char* const words[] = {"*",
                                      "**",
                                      "***",
                                      "******",
                                      "\n",
                                      "\n\n",
                                      "\\n",
                                      ". ",
                                      "...",
                                      ". . .",
                                      "?!",
                                      "\"",
                                      "'",
                                      "n't ",
                                      "cannot",
                                      "[",
                                      "]",
                                      "<<",
                                      ">>",
                                      "{",
                                      "}",
                                      "--",
                                      "```",
                                      "P.S.",
                                      "Mr. ",
                                      "J. ",
                                      "5. ",
                                      "U.S. ",
                                      "\u2019",
                                      "\u0130",
                                      "\u03a3",
                                      "\u0301",
                                      "\u4e2d",
                                      "\u0939\u093f",
                                      "\u00ab",
                                      "\U0001F600",
                                      "\xFF",
                                      "\xE2\x80",
                                      "http://a",
                                      "@b.cd",
                                      "null",
                                      "NaN",
                                      "-Infinity",
                                      "1e9",
                                      "-1",
                                      "true",
                                      "\"less than\"",
                                      "\"at least\"",
                                      "[]",
                                      "{}",
                                      "\\\\b",
                                      "\\\\w+",
                                      "(",
                                      ")",
                                      "(?:",
                                      "|",
                                      "{2,}",
                                      "$",
                                      "^",
                                      nullptr};
  return words;
}
