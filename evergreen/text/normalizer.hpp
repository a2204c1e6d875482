// What happens to text before it is split: the normaliser of a tokenizer.json.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "evergreen/text/aligned_text.hpp"
#include "evergreen/text/normal_form.hpp"
#include "evergreen/text/pattern.hpp"

namespace evergreen {

namespace normalizer {
struct Form {
  NormalForm form;
};
struct Lowercase {};
struct StripAccents {};
struct ByteLevel {};
struct Strip {
  bool left, right;
};
struct Prepend {
  std::string prefix;
};
struct Replace {
  Pattern pattern;
  std::string content;
};
using Step = std::variant<Form, Lowercase, StripAccents, ByteLevel, Strip, Prepend, Replace>;
}  // namespace normalizer

class Normalizer {
 public:
  explicit Normalizer(std::vector<normalizer::Step> steps = {}) : steps_(std::move(steps)) {}
  bool empty() const { return steps_.empty(); }
  // Whether a quick look at well-formed `text` is enough to know that it stays as it is.
  bool surely_keeps(std::string_view text) const;
  void apply(AlignedText& text) const;
  std::string apply(std::string_view valid_text) const;
  bool makes_byte_level() const;

 private:
  std::vector<normalizer::Step> steps_;
};

}  // namespace evergreen
