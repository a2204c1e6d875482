// Splitting text into the words that byte-pair encoding works on.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/pattern.hpp"

namespace evergreen {

enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

struct SplitStep {
  std::optional<Pattern> pattern;  // none: the text stays whole
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;            // the pattern matches the words, not what is between them
  bool add_prefix_space = false;  // before a text that does not begin with one
};

// Steps in order, each splits every piece of the one before.
class PreTokenizer {
 public:
  using WordFn = std::function<void(std::string_view word)>;

  explicit PreTokenizer(std::vector<SplitStep> steps = {}) : steps_(std::move(steps)) {}
  // Calls `body` for each word of well-formed `text`, none of them empty.
  void split(std::string_view text, const WordFn& body) const;

 private:
  std::vector<SplitStep> steps_;
};

}  // namespace evergreen
