#include "evergreen/text/tokenizer.hpp"

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/normalizer.hpp"
#include "evergreen/text/tokenizer_data.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 30;  // positions in a word are 32 bits

struct Encoder {
  const Tokenizer::Data& data;
  bool allow_special;
  std::vector<int32_t>& out;
  BpeScratch scratch;

  void run(std::string_view text) {
    for (const AddedTokenFinder::Piece& piece : data.before_normalizer.cut(text, allow_special)) {
      if (piece.id >= 0) {
        out.push_back(piece.id);
      } else if (data.nfc && !is_surely_nfc(piece.text)) {
        after_normalizer(to_nfc(piece.text));
      } else {
        after_normalizer(piece.text);
      }
    }
  }

  void after_normalizer(std::string_view text) {
    if (data.after_normalizer.empty()) return words(text);
    for (const AddedTokenFinder::Piece& piece : data.after_normalizer.cut(text, allow_special)) {
      if (piece.id >= 0) {
        out.push_back(piece.id);
      } else {
        words(piece.text);
      }
    }
  }

  void words(std::string_view text) {
    data.pre_tokenizer.split(text, [&](std::string_view word) { data.bpe.encode(word, scratch, out); });
  }
};

std::optional<int32_t> id_of(const std::optional<Tokenizer::Data::Named>& named) {
  return named ? std::optional(named->id) : std::nullopt;
}

}  // namespace

size_t Tokenizer::encode(std::string_view text, const EncodeOptions& options,
                         std::vector<int32_t>& out) const {
  if (text.size() > kMaxTextBytes) {
    throw Error(ErrorKind::input,
                fmt::format("a text of {} bytes is too long to tokenize at once, the most is {}", text.size(),
                            kMaxTextBytes),
                {}, "split it into documents");
  }
  if (options.add_special_tokens) out.insert(out.end(), data_->prefix.begin(), data_->prefix.end());
  size_t replaced = 0;
  Encoder encoder{*data_, options.allow_special, out, {}};
  if (valid_utf8_prefix(text) == text.size()) {
    encoder.run(text);
  } else {
    std::string repaired;
    replaced = append_replacing_ill_formed(repaired, text);
    encoder.run(repaired);
  }
  if (options.add_special_tokens) out.insert(out.end(), data_->suffix.begin(), data_->suffix.end());
  return replaced;
}

std::vector<int32_t> Tokenizer::encode(std::string_view text, const EncodeOptions& options) const {
  std::vector<int32_t> ids;
  encode(text, options, ids);
  return ids;
}

std::string Tokenizer::decode(std::span<const int32_t> ids, bool skip_special) const {
  std::string bytes, text;
  for (const int32_t id : ids) {
    if (!skip_special || !is_special(id)) bytes.append(token_bytes(id));
  }
  append_replacing_ill_formed(text, bytes);
  return text;
}

int32_t Tokenizer::vocab_size() const { return static_cast<int32_t>(data_->number_of_id.size()); }

std::optional<int32_t> Tokenizer::token_to_id(std::string_view token) const {
  const int32_t number = data_->written.find(token);
  return number < 0 ? std::nullopt : std::optional(data_->written_ids[number]);
}

std::optional<std::string> Tokenizer::id_to_token(int32_t id) const {
  if (id < 0 || id >= vocab_size() || data_->number_of_id[id] < 0) return std::nullopt;
  return std::string(data_->written.at(data_->number_of_id[id]));
}

std::string_view Tokenizer::token_bytes(int32_t id) const {
  return id < 0 || id >= vocab_size() ? std::string_view() : data_->bytes[id];
}

bool Tokenizer::is_special(int32_t id) const { return id >= 0 && id < vocab_size() && data_->special[id]; }

const std::vector<AddedToken>& Tokenizer::added_tokens() const { return data_->added; }
std::span<const int32_t> Tokenizer::prefix_ids() const { return data_->prefix; }
std::span<const int32_t> Tokenizer::suffix_ids() const { return data_->suffix; }

std::optional<int32_t> Tokenizer::bos_id() const { return id_of(data_->bos); }
std::optional<int32_t> Tokenizer::eos_id() const { return id_of(data_->eos); }
std::optional<int32_t> Tokenizer::pad_id() const { return id_of(data_->pad); }
std::string Tokenizer::bos_token() const { return data_->bos ? data_->bos->token : std::string(); }
std::string Tokenizer::eos_token() const { return data_->eos ? data_->eos->token : std::string(); }
std::optional<bool> Tokenizer::add_bos_token() const { return data_->add_bos_token; }

std::string StreamDecoder::push(int32_t id) {
  if (!skip_special_ || !tokenizer_.is_special(id)) pending_.append(tokenizer_.token_bytes(id));
  std::string text;
  size_t at = 0;
  while (at < pending_.size()) {
    const Utf8Char next = decode_utf8(pending_, at);
    if (next.status == Utf8Status::cut_short) break;
    append_utf8(text, next.code);
    at += next.bytes;
  }
  pending_.erase(0, at);
  return text;
}

std::string StreamDecoder::finish() {
  std::string text;
  append_replacing_ill_formed(text, pending_);
  pending_.clear();
  return text;
}

}  // namespace evergreen
