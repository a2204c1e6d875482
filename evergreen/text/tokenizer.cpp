#include "evergreen/text/tokenizer.hpp"

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/text/tokenizer_data.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

constexpr size_t kMaxTextBytes = size_t{1} << 30;  // positions in a word are 32 bits

struct Encoder {
  const Tokenizer::Data& data;
  bool allow_special;
  std::vector<int32_t>& out;
  ScratchPool<ByteScratch>::Loan scratch{data.scratch};

  void run(std::string_view text) {
    if (data.before_normalizer.empty()) return normalize(text);
    for (const AddedTokenFinder::Piece& piece : data.before_normalizer.cut(text, allow_special)) {
      if (piece.id >= 0) {
        out.push_back(piece.id);
      } else {
        normalize(piece.text);
      }
    }
  }

  void normalize(std::string_view text) {
    if (data.normalizer.surely_keeps(text)) return after_normalizer(text);
    after_normalizer(data.normalizer.apply(text));
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
    if (data.plan) return data.byte_encoder->encode(*data.plan, text, *scratch, out);
    data.pre_tokenizer.split(
        text, [&](std::string_view word) { data.byte_encoder->encode_word(word, *scratch, out); });
  }
};

void encode_valid(const Tokenizer::Data& data, std::string_view text, bool allow_special,
                  std::vector<int32_t>& out) {
  if (data.byte_encoder) return Encoder{data, allow_special, out}.run(text);
  for (const PlacedToken& token : encode_generally(data, text, allow_special)) out.push_back(token.id);
}

bool exists(const Tokenizer::Data& data, int32_t id) {
  return id >= 0 && static_cast<size_t>(id) < data.number_of_id.size() &&
         (data.number_of_id[id] >= 0 || data.added_of_id[id] >= 0);
}

std::optional<int32_t> id_of(const std::optional<Tokenizer::Data::Named>& named) {
  return named ? std::optional(named->id) : std::nullopt;
}

}  // namespace

void Tokenizer::check_length(std::string_view text) {
  if (text.size() <= kMaxTextBytes) return;
  throw Error(ErrorKind::input,
              fmt::format("a text of {} bytes is too long to tokenize at once, the most is {}", text.size(),
                          kMaxTextBytes),
              {}, "split it into documents");
}

size_t Tokenizer::encode(std::string_view text, const EncodeOptions& options,
                         std::vector<int32_t>& out) const {
  check_length(text);
  if (options.add_special_tokens) out.insert(out.end(), data_->prefix.begin(), data_->prefix.end());
  size_t replaced = 0;
  if (is_valid_utf8(text)) {
    encode_valid(*data_, text, options.allow_special, out);
  } else {
    std::string repaired;
    replaced = append_replacing_ill_formed(repaired, text);
    encode_valid(*data_, repaired, options.allow_special, out);
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
  std::string text;
  if (data_->is_byte_level_decoder) {
    std::string bytes;
    for (const int32_t id : ids) {
      if (!skip_special || !is_special(id)) bytes.append(token_bytes(id));
    }
    append_replacing_ill_formed(text, bytes);
    return text;
  }
  DecoderRun run(data_->decoder);
  for (const int32_t id : ids) {
    if (exists(*data_, id) && (!skip_special || !is_special(id))) text += run.push(data_->form_of(id));
  }
  return text += run.finish();
}

int32_t Tokenizer::vocab_size() const { return static_cast<int32_t>(data_->number_of_id.size()); }

std::optional<int32_t> Tokenizer::token_to_id(std::string_view token) const {
  const int32_t id = data_->find(std::string(token));
  return id < 0 ? std::nullopt : std::optional(id);
}

std::optional<std::string> Tokenizer::id_to_token(int32_t id) const {
  if (!exists(*data_, id)) return std::nullopt;
  if (data_->added_of_id[id] >= 0) return data_->added[data_->added_of_id[id]].content;
  return std::string(data_->bpe.written.at(data_->number_of_id[id]));
}

std::string_view Tokenizer::token_bytes(int32_t id) const {
  if (id < 0 || id >= vocab_size()) return {};
  return std::string_view(data_->pool)
      .substr(data_->pool_begins[id], data_->pool_begins[id + 1] - data_->pool_begins[id]);
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

StreamDecoder::StreamDecoder(Tokenizer tokenizer, bool skip_special)
    : tokenizer_(std::move(tokenizer)), skip_special_(skip_special) {
  const Tokenizer::Data& data = *tokenizer_.data_;
  if (!data.is_byte_level_decoder) run_ = std::make_unique<DecoderRun>(data.decoder);
}
StreamDecoder::~StreamDecoder() = default;
StreamDecoder::StreamDecoder(StreamDecoder&&) noexcept = default;
StreamDecoder& StreamDecoder::operator=(StreamDecoder&&) noexcept = default;

std::string StreamDecoder::push(int32_t id) {
  const Tokenizer::Data& data = *tokenizer_.data_;
  if (!exists(data, id) || (skip_special_ && tokenizer_.is_special(id))) return {};
  if (run_) return run_->push(data.form_of(id));
  pending_.append(tokenizer_.token_bytes(id));
  return take_complete_utf8(pending_);
}

std::string StreamDecoder::finish() {
  if (run_) return run_->finish();
  std::string text;
  append_replacing_ill_formed(text, pending_);
  pending_.clear();
  return text;
}

}  // namespace evergreen
