// Splitting text into the words that byte-pair encoding works on: the pre-tokenizer of a tokenizer.json.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "evergreen/text/aligned_text.hpp"
#include "evergreen/text/pattern.hpp"
#include "evergreen/text/splitters.hpp"

namespace evergreen {

enum class SplitBehavior { removed, isolated, merged_with_previous, merged_with_next, contiguous };

// Finds the leftmost match at or after byte `from`.
using MatchFn = bool (*)(std::string_view text, size_t from, Pattern::Match& match);
bool next_numeric(std::string_view text, size_t from, Pattern::Match& match);      // one character
bool next_white_space(std::string_view text, size_t from, Pattern::Match& match);  // one character
bool next_punctuation(std::string_view text, size_t from, Pattern::Match& match);  // one character
bool next_word(std::string_view text, size_t from, Pattern::Match& match);         // \w+|[^\w\s]+

struct SplitStep {
  std::variant<KnownPattern, Pattern, MatchFn> pattern;
  SplitBehavior behavior = SplitBehavior::isolated;
  bool invert = false;  // the pattern matches the words, not what is between them

  // A known pattern where it is one, else a compiled one.
  static SplitStep from_regex(const std::string& regex, SplitBehavior behavior, bool invert,
                              const std::string& where);
  // The known pattern whose matches are the pieces, if that is all this step does.
  std::optional<KnownPattern> plain() const;
};

struct ByteLevelStep {
  bool add_prefix_space = true;  // before a piece that does not begin with one
  bool use_regex = true;         // GPT-2's pattern
};

struct MetaspaceStep {
  enum class Prepend { first, never, always };
  std::string replacement = "\u2581";
  Prepend prepend = Prepend::always;
  bool split = true;
};

using PreTokenizerStep = std::variant<SplitStep, ByteLevelStep, MetaspaceStep>;

// Steps in order, each splits every piece of the one before.
class PreTokenizer {
 public:
  using WordFn = std::function<void(std::string_view word)>;

  explicit PreTokenizer(std::vector<PreTokenizerStep> steps = {});
  const std::vector<PreTokenizerStep>& steps() const { return steps_; }
  // Whether the only step that changes text is one ByteLevel, the last: then words may be taken as bytes.
  bool ends_in_byte_level() const;

  // Calls `body` for each word of well-formed `text`, none of them empty, as its bytes: ByteLevel's alphabet is left out.
  // Not for a pre-tokenizer with Metaspace.
  void split(std::string_view text, const WordFn& body) const;
  // The same for any steps, with all that they do to the text.
  std::vector<AlignedText> split(AlignedText text) const;

 private:
  std::vector<PreTokenizerStep> steps_;
};

}  // namespace evergreen
