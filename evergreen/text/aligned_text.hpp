// Text under normalisation that remembers where in the original each of its bytes comes from.
//
// Source    what happens to the positions is what `tokenizers` does (its NormalizedString): so offsets of tokens come out
//           equal, in odd cases too. Positions are bytes of the original text.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/normal_form.hpp"
#include "evergreen/text/pattern.hpp"

namespace evergreen {

struct ByteSpan {
  uint32_t begin = 0, end = 0;
};

class AlignedText {
 public:
  // With `tracked` false only the text is kept, and origins of slices are 0.
  AlignedText(std::string_view original, uint32_t origin, bool tracked);

  const std::string& text() const { return text_; }
  bool empty() const { return text_.empty(); }
  uint32_t origin() const { return origin_; }  // where in the original this piece begins
  // What the bytes [begin, end) come from; begin < end.
  ByteSpan source(size_t begin, size_t end) const {
    return tracked_ ? ByteSpan{spans_[begin].begin, spans_[end - 1].end} : ByteSpan{};
  }
  AlignedText slice(size_t begin, size_t end) const;  // begin < end

  void prepend(std::string_view prefix);  // nothing happens to an empty text
  void to_form(NormalForm form);
  void to_lower_case();
  void to_byte_level();  // every byte becomes a character of the alphabet in byte_level.hpp
  void strip(bool left, bool right);
  void erase_if(bool (*predicate)(char32_t));
  // `next` finds the leftmost match at or after a byte.
  void replace(const std::function<bool(std::string_view text, size_t from, Pattern::Match&)>& next,
               std::string_view content);

 private:
  AlignedText() = default;
  void append(char32_t code, ByteSpan span);

  std::string text_;
  std::vector<ByteSpan> spans_;  // of each byte; empty where not tracked
  uint32_t origin_ = 0;
  bool tracked_ = false;
};

}  // namespace evergreen
