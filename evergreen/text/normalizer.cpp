#include "evergreen/text/normalizer.hpp"

#include <algorithm>

#include "evergreen/text/unicode.hpp"

namespace evergreen {
namespace {

struct Apply {
  AlignedText& text;

  void operator()(const normalizer::Form& step) const { text.to_form(step.form); }
  void operator()(const normalizer::Lowercase&) const { text.to_lower_case(); }
  void operator()(const normalizer::StripAccents&) const { text.erase_if(is_accent); }
  void operator()(const normalizer::ByteLevel&) const { text.to_byte_level(); }
  void operator()(const normalizer::Strip& step) const { text.strip(step.left, step.right); }
  void operator()(const normalizer::Prepend& step) const { text.prepend(step.prefix); }
  void operator()(const normalizer::Replace& step) const {
    Pattern::Search search(step.pattern);
    text.replace(
        [&](std::string_view in, size_t from, Pattern::Match& match) { return search.next(in, from, match); },
        step.content);
  }
};

}  // namespace

bool Normalizer::surely_keeps(std::string_view text) const {
  return std::all_of(steps_.begin(), steps_.end(), [&](const normalizer::Step& step) {
    const auto* form = std::get_if<normalizer::Form>(&step);
    return form != nullptr && is_surely_in_form(form->form, text);
  });
}

void Normalizer::apply(AlignedText& text) const {
  for (const normalizer::Step& step : steps_) std::visit(Apply{text}, step);
}

std::string Normalizer::apply(std::string_view valid_text) const {
  AlignedText text(valid_text, 0, false);
  apply(text);
  return text.text();
}

bool Normalizer::makes_byte_level() const {
  return std::any_of(steps_.begin(), steps_.end(), [](const normalizer::Step& step) {
    return std::holds_alternative<normalizer::ByteLevel>(step);
  });
}

}  // namespace evergreen
