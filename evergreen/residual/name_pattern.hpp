// Patterns for the names of tensors, as a shell writes them for files.
//
//   *       any characters, dots too           model.layers.*.weight
//   ?       one character
//   {a,b}   one of these, patterns themselves  *.{mlp,self_attn}.*
//   {0-7}   one of these numbers               model.layers.{0-7}.*
//
// Time      length of the pattern x length of the name, for each combination of choices.
// Errors    Error{usage} for a brace that is not closed, opened twice, or that holds a range the wrong way round, and for
//           choices with more than 1000 combinations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

class NamePattern {
 public:
  explicit NamePattern(std::string text);
  bool matches(std::string_view name) const;  // the whole of it
  const std::string& text() const { return text_; }

 private:
  struct Piece {
    enum class Kind { letter, any_letter, any_letters, number };
    Kind kind = Kind::letter;
    char letter = 0;
    uint64_t least = 0, most = 0;  // of a number
  };
  using Sequence = std::vector<Piece>;

  static void append(Sequence& sequence, std::string_view plain);
  static bool matches(const Sequence& sequence, std::string_view name);

  std::string text_;
  std::vector<Sequence> sequences_;  // one for each combination of choices
};

}  // namespace evergreen
