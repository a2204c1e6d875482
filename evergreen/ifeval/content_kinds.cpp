#include "evergreen/ifeval/kinds.hpp"
#include "evergreen/ifeval/python_pattern.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

// Matches of \[.*?\].
size_t count_placeholders(std::string_view text) {
  size_t found = 0;
  for (size_t at = text.find('['); at != text.npos; at = text.find('[', at)) {
    const size_t end = find_any(text, "]\n", at);
    if (end == text.npos) break;
    found += text[end] == ']';
    at = end + 1;
  }
  return found;
}

Check number_placeholders(Arguments& arguments) {
  return [wanted = arguments.number("num_placeholders")](const ResponseText& response) {
    return static_cast<double>(count_placeholders(response.text())) >= wanted;
  };
}

// Of the reference's \s*MARKER.*$ only the marker decides.
Check postscript(Arguments& arguments) {
  const std::string marker(strip(arguments.text("postscript_marker")));
  if (marker != "P.P.S" && marker != "P.S." && is_literal_pattern(marker)) {
    return [part = lower(marker)](const ResponseText& response) {
      return find_text(response.lower(), part) != std::string_view::npos;
    };
  }
  const std::string pattern = marker == "P.P.S"  ? R"(p\.\s?p\.\s?s)"
                              : marker == "P.S." ? R"(p\.\s?s\.)"
                                                 : R"(\s*)" + lower(marker) + ".*$";
  return [found = PythonPattern(pattern, {.multiline = true})](const ResponseText& response) {
    return found.found_in(response.lower());
  };
}

Check repeat_prompt(Arguments& arguments) {
  const std::string prompt = lower(strip(arguments.text("prompt_to_repeat")));
  return [prompt](const ResponseText& response) { return lower(strip(response.text())).starts_with(prompt); };
}

// Two texts that differ, between "******"; empty parts at the ends don't count, one between is a fault.
Check two_responses(Arguments&) {
  return [](const ResponseText& response) {
    const std::vector<std::string_view> parts = split(response.text(), "******");
    std::vector<std::string_view> answers;
    for (size_t i = 0; i < parts.size(); ++i) {
      const std::string_view answer = strip(parts[i]);
      if (!answer.empty())
        answers.push_back(answer);
      else if (i != 0 && i + 1 != parts.size())
        return false;
    }
    return answers.size() == 2 && answers[0] != answers[1];
  };
}

Check end_checker(Arguments& arguments) {
  const std::string phrase = lower(strip(strip(arguments.text("end_phrase"))));
  return [phrase](const ResponseText& response) {
    return lower(strip_chars(strip(response.text()), "\"")).ends_with(phrase);
  };
}

Check quotation(Arguments&) {
  return [](const ResponseText& response) {
    const std::string_view text = strip(response.text());
    return text.size() > 1 && text.front() == '"' && text.back() == '"';
  };
}

Check no_comma(Arguments&) {
  return [](const ResponseText& response) { return response.text().find(',') == std::string_view::npos; };
}

}  // namespace

std::vector<Kind> content_kinds() {
  return {{"combination:repeat_prompt", repeat_prompt},
          {"combination:two_responses", two_responses},
          {"detectable_content:number_placeholders", number_placeholders},
          {"detectable_content:postscript", postscript},
          {"punctuation:no_comma", no_comma},
          {"startend:end_checker", end_checker},
          {"startend:quotation", quotation}};
}

}  // namespace evergreen::ifeval
