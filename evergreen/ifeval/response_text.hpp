// One reading of a response, with what several instructions ask of it computed once.
//
// Not for several threads at a time: what is asked is computed at the first call.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evergreen/ifeval/language_detector.hpp"
#include "evergreen/ifeval/punkt_parameters.hpp"

namespace evergreen::ifeval {

struct CheckOptions {
  const PunktParameters* punkt = nullptr;  // of the sentence tokenizer; null: the library's English ones
  uint32_t language_seed = 0;              // of the language detector
};

class ResponseText {
 public:
  // `text` is well-formed UTF-8 and outlives the object, as do the options.
  ResponseText(std::string_view text, const CheckOptions& options) : text_(text), options_(options) {}

  std::string_view text() const { return text_; }
  std::string_view lower() const;   // str.lower()
  std::string_view folded() const;  // see fold() in python_text.hpp
  const LanguageGuess& language() const;
  const PunktParameters& punkt() const { return options_.punkt ? *options_.punkt : english_punkt(); }

 private:
  std::string_view text_;
  const CheckOptions& options_;
  mutable std::optional<std::string> lower_, folded_;
  mutable std::optional<LanguageGuess> language_;
};

}  // namespace evergreen::ifeval
