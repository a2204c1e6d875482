// Ids with their places in the text. Slower than ids alone: every piece of text carries its positions along.
#include <algorithm>

#include "evergreen/text/tokenizer_data.hpp"
#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

class GeneralEncoder {
 public:
  GeneralEncoder(const Tokenizer::Data& data, bool allow_special, std::vector<PlacedToken>& out)
      : data_(data), allow_special_(allow_special), out_(out) {}

  void run(std::string_view text) {
    for (const AddedTokenFinder::Piece& piece : data_.before_normalizer.cut(text, allow_special_)) {
      const auto begin = static_cast<uint32_t>(piece.text.data() - text.data());
      if (piece.id >= 0) {
        const ByteSpan span{begin, begin + static_cast<uint32_t>(piece.text.size())};
        out_.push_back({piece.id, span, std::string(piece.text)});
      } else {
        AlignedText aligned(piece.text, begin, true);
        data_.normalizer.apply(aligned);
        after_normalizer(aligned);
      }
    }
  }

 private:
  void after_normalizer(const AlignedText& text) {
    const std::string_view whole = text.text();
    for (const AddedTokenFinder::Piece& piece : data_.after_normalizer.cut(whole, allow_special_)) {
      if (piece.text.empty()) continue;
      const auto begin = static_cast<size_t>(piece.text.data() - whole.data());
      if (piece.id >= 0) {
        out_.push_back({piece.id, text.source(begin, begin + piece.text.size()), std::string(piece.text)});
      } else {
        for (const AlignedText& word :
             data_.pre_tokenizer.split(text.slice(begin, begin + piece.text.size())))
          encode(word);
      }
    }
  }

  void encode(const AlignedText& word) {
    tokens_.clear();
    data_.bpe.encode(word.text(), scratch_, tokens_);
    size_t at = 0;
    for (const BpeToken& token : tokens_) {
      out_.push_back({token.id, word.source(at, at + token.bytes), {}});
      at += token.bytes;
    }
  }

  const Tokenizer::Data& data_;
  bool allow_special_;
  std::vector<PlacedToken>& out_;
  BpeScratch scratch_;
  std::vector<BpeToken> tokens_;
};

bool is_trimmed(char32_t code) { return code == 0x120 || is_white_space(code); }

// How many characters at the beginning and at the end of a token are spaces.
std::pair<size_t, size_t> spaces_around(std::string_view token) {
  size_t leading = 0, trailing = 0;
  for (size_t at = 0; at < token.size(); ++leading) {
    const Utf8Char next = decode_utf8(token, at);
    if (!is_trimmed(next.code)) break;
    at += next.bytes;
  }
  for (size_t end = token.size(); end > 0; ++trailing) {
    end = previous_character(token, end);
    if (!is_trimmed(decode_utf8(token, end).code)) break;
  }
  return {leading, trailing};
}

// Takes the spaces of a token out of its span, counted in characters, as the post-processor ByteLevel does.
void trim(ByteSpan& span, std::string_view token, std::string_view text, bool is_first,
          bool add_prefix_space) {
  auto [leading, trailing] = spaces_around(token);
  if ((is_first || span.begin == 0) && add_prefix_space && leading == 1) leading = 0;
  size_t begin = span.begin;
  for (; leading > 0 && begin < text.size(); --leading) begin = next_character(text, begin);
  span.begin = static_cast<uint32_t>(std::min<size_t>(begin, span.end));
  size_t end = span.end;
  for (; trailing > 0 && end > 0; --trailing) end = previous_character(text, end);
  if (trailing == 0) span.end = static_cast<uint32_t>(std::max<size_t>(end, span.begin));
}

// From positions in repaired text to positions in the text as it was given.
class RepairMap {
 public:
  RepairMap(std::string_view given, std::string_view repaired) {
    if (given.size() == repaired.size() && given == repaired) return;
    map_.reserve(repaired.size() + 1);
    for (size_t at = 0; at < given.size();) {
      const Utf8Char next = decode_utf8(given, at);
      const size_t bytes = next.status == Utf8Status::valid ? next.bytes : 3;  // U+FFFD
      map_.insert(map_.end(), bytes, at);
      at += next.bytes;
    }
    map_.push_back(given.size());
  }
  size_t operator()(size_t position) const { return map_.empty() ? position : map_[position]; }

 private:
  std::vector<size_t> map_;  // empty: nothing was repaired
};

}  // namespace

std::vector<PlacedToken> encode_generally(const Tokenizer::Data& data, std::string_view valid_text,
                                          bool allow_special) {
  std::vector<PlacedToken> tokens;
  GeneralEncoder(data, allow_special, tokens).run(valid_text);
  return tokens;
}

Tokenizer::Encoding Tokenizer::encode_with_offsets(std::string_view text,
                                                   const EncodeOptions& options) const {
  check_length(text);
  Encoding encoding;
  std::string repaired;
  encoding.replaced = append_replacing_ill_formed(repaired, text);
  std::vector<PlacedToken> tokens = encode_generally(*data_, repaired, options.allow_special);
  size_t first = 0;  // of the text, for what asks for it
  for (const PostStep& step : data_->post_steps) {
    if (const auto* around = std::get_if<SurroundStep>(&step)) {
      if (!options.add_special_tokens) continue;
      for (size_t i = 0; i < around->before.size(); ++i)
        tokens.insert(tokens.begin() + static_cast<std::ptrdiff_t>(i), {around->before[i], {}, {}});
      for (const int32_t id : around->after) tokens.push_back({id, {}, {}});
      if (around->stays_apart) first = around->before.size();
      continue;
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
      const std::string_view form = tokens[i].added_text.empty() ? data_->form_of(tokens[i].id)
                                                                 : std::string_view(tokens[i].added_text);
      trim(tokens[i].span, form, repaired, i == first, std::get<TrimOffsetsStep>(step).add_prefix_space);
    }
  }
  const RepairMap given(text, repaired);
  encoding.ids.reserve(tokens.size());
  encoding.spans.reserve(tokens.size());
  for (const PlacedToken& token : tokens) {
    encoding.ids.push_back(token.id);
    encoding.spans.push_back({given(token.span.begin), given(token.span.end)});
  }
  return encoding;
}

}  // namespace evergreen
