#include "evergreen/ifeval/response_text.hpp"

#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {

std::string_view ResponseText::lower() const {
  if (!lower_) lower_ = ifeval::lower(text_);
  return *lower_;
}

std::string_view ResponseText::folded() const {
  if (!folded_) folded_ = fold(text_);
  return *folded_;
}

const LanguageGuess& ResponseText::language() const {
  if (!language_) language_ = guess_language(text_, options_.language_seed);
  return *language_;
}

}  // namespace evergreen::ifeval
