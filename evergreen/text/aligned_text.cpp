#include "evergreen/text/aligned_text.hpp"

#include <algorithm>
#include <utility>

#include "evergreen/text/byte_level.hpp"
#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {

AlignedText::AlignedText(std::string_view original, uint32_t origin, bool tracked)
    : text_(original), origin_(origin), tracked_(tracked) {
  if (!tracked) return;
  spans_.resize(original.size());
  for (size_t at = 0; at < original.size();) {
    const size_t end = next_character(original, at);
    const ByteSpan span{origin + static_cast<uint32_t>(at), origin + static_cast<uint32_t>(end)};
    std::fill(spans_.begin() + static_cast<std::ptrdiff_t>(at),
              spans_.begin() + static_cast<std::ptrdiff_t>(end), span);
    at = end;
  }
}

AlignedText AlignedText::slice(size_t begin, size_t end) const {
  AlignedText part;
  part.text_ = text_.substr(begin, end - begin);
  part.tracked_ = tracked_;
  if (!tracked_) return part;
  part.spans_.assign(spans_.begin() + static_cast<std::ptrdiff_t>(begin),
                     spans_.begin() + static_cast<std::ptrdiff_t>(end));
  part.origin_ = spans_[begin].begin;
  return part;
}

void AlignedText::append(char32_t code, ByteSpan span) {
  append_utf8(text_, code);
  if (tracked_) spans_.resize(text_.size(), span);
}

void AlignedText::prepend(std::string_view prefix) {
  if (text_.empty()) return;
  text_.insert(0, prefix);
  if (!tracked_) return;
  if (prefix.empty()) {  // the reference takes the first character for one without origin
    const size_t first = next_character(text_, 0);
    std::fill_n(spans_.begin(), first, ByteSpan{origin_, origin_});
  } else {
    spans_.insert(spans_.begin(), prefix.size(), spans_.front());
  }
}

void AlignedText::to_form(NormalForm form) {
  if (is_surely_in_form(form, text_)) return;
  if (!tracked_) {
    std::string normalized;
    normalized.reserve(text_.size());
    append_normal_form(form, text_, normalized);
    text_.swap(normalized);
    return;
  }
  const std::vector<CharChange> changes = normal_form_changes(form, text_);
  const std::string old_text = std::exchange(text_, {});
  const std::vector<ByteSpan> old_spans = std::exchange(spans_, {});
  size_t at = 0;  // in the old text: what is not replaced yet
  for (const CharChange& change : changes) {
    if (change.change > 0) {
      append(change.code, at == 0 ? ByteSpan{origin_, origin_} : old_spans[at - 1]);
      continue;
    }
    append(change.code, old_spans[std::min(at, old_spans.size() - 1)]);
    for (int32_t i = change.change; i <= 0 && at < old_text.size(); ++i) at = next_character(old_text, at);
  }
}

void AlignedText::to_lower_case() {
  const std::string old_text = std::exchange(text_, {});
  const std::vector<ByteSpan> old_spans = std::exchange(spans_, {});
  text_.reserve(old_text.size());
  for (size_t at = 0; at < old_text.size();) {
    const Utf8Char next = decode_utf8(old_text, at);
    const ByteSpan span = tracked_ ? old_spans[at] : ByteSpan{};
    const std::span<const uint32_t> lower = lower_case(next.code);
    if (lower.empty()) append(next.code, span);
    for (const uint32_t code : lower) append(code, span);
    at += next.bytes;
  }
}

void AlignedText::to_byte_level() {
  const std::string old_text = std::exchange(text_, {});
  const std::vector<ByteSpan> old_spans = std::exchange(spans_, {});
  text_.reserve(2 * old_text.size());
  for (size_t at = 0; at < old_text.size(); ++at) {
    append(byte_level_char(static_cast<unsigned char>(old_text[at])), tracked_ ? old_spans[at] : ByteSpan{});
  }
}

void AlignedText::strip(bool left, bool right) {
  size_t begin = 0, end = text_.size();
  while (left && begin < end) {
    const Utf8Char next = decode_utf8(text_, begin);
    if (!is_white_space(next.code)) break;
    begin += next.bytes;
  }
  while (right && end > begin) {
    const size_t before = previous_character(text_, end);
    if (!is_white_space(decode_utf8(text_, before).code)) break;
    end = before;
  }
  text_ = text_.substr(begin, end - begin);
  if (tracked_) {
    spans_.resize(end);
    spans_.erase(spans_.begin(), spans_.begin() + static_cast<std::ptrdiff_t>(begin));
  }
}

void AlignedText::erase_if(bool (*predicate)(char32_t)) {
  const std::string old_text = std::exchange(text_, {});
  const std::vector<ByteSpan> old_spans = std::exchange(spans_, {});
  for (size_t at = 0; at < old_text.size();) {
    const Utf8Char next = decode_utf8(old_text, at);
    if (!predicate(next.code)) append(next.code, tracked_ ? old_spans[at] : ByteSpan{});
    at += next.bytes;
  }
}

void AlignedText::replace(
    const std::function<bool(std::string_view text, size_t from, Pattern::Match&)>& next,
    std::string_view content) {
  if (text_.empty()) return;
  const std::string old_text = std::exchange(text_, {});
  const std::vector<ByteSpan> old_spans = std::exchange(spans_, {});
  size_t done = 0;
  const auto keep = [&](size_t end) {
    text_.append(old_text, done, end - done);
    if (tracked_) {
      spans_.insert(spans_.end(), old_spans.begin() + static_cast<std::ptrdiff_t>(done),
                    old_spans.begin() + static_cast<std::ptrdiff_t>(end));
    }
  };
  for_each_match(old_text, next, [&](const Pattern::Match& match) {
    keep(match.begin);
    text_.append(content);
    if (tracked_)
      spans_.resize(text_.size(), match.end == 0 ? ByteSpan{origin_, origin_} : old_spans[match.end - 1]);
    done = match.end;
  });
  keep(old_text.size());
}

}  // namespace evergreen
