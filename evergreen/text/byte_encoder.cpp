#include "evergreen/text/byte_encoder.hpp"

#include <algorithm>
#include <array>

#include "evergreen/text/byte_level.hpp"

namespace evergreen {
namespace {

constexpr size_t kScanLimit = 32;  // bytes; above it the heap is faster
constexpr int kCountShift = 24;    // ids are smaller than 2^24 (tokenizer_components.hpp)
constexpr int32_t kIdMask = (1 << kCountShift) - 1;

// The merges of a short word whose bytes are all tokens, by a scan. Returns the number of ids.
size_t merge_by_scan(const ByteVocabulary& vocabulary, const MergeTable& merges, std::string_view word,
                     int32_t* ids) {
  std::array<MergeTable::Rule, kScanLimit> rules;
  size_t n = word.size();
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(word[i]); };
  for (size_t i = 0; i < n; ++i) ids[i] = vocabulary.id_of_byte(byte(i));
  for (size_t i = 0; i + 1 < n; ++i) rules[i] = vocabulary.rule_of_bytes(byte(i), byte(i + 1));
  while (n > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < n; ++i) {
      if (rules[i].rank < rules[best].rank) best = i;
    }
    if (!rules[best].exists()) break;
    ids[best] = rules[best].merged;
    --n;
    for (size_t i = best + 1; i < n; ++i) {
      ids[i] = ids[i + 1];
      rules[i - 1] = rules[i];
    }
    if (best + 1 < n) rules[best] = merges.find(ids[best], ids[best + 1]);
    if (best > 0) rules[best - 1] = merges.find(ids[best - 1], ids[best]);
  }
  return n;
}

}  // namespace

// One text: ids gather in the scratch and go out in blocks.
class ByteEncoder::Run {
 public:
  Run(const ByteEncoder& encoder, ByteScratch& scratch, std::vector<int32_t>& out)
      : bpe_(encoder.bpe_), vocabulary_(encoder.vocabulary_), scratch_(scratch), out_(out) {}
  ~Run() { flush(); }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  template <class Splitter>
  void words(const Splitter& splitter, const char* at, const char* piece_end, const char* readable_end) {
    while (at < piece_end) {
      const char* const next = splitter.next(at);
      word(at, static_cast<size_t>(next - at), readable_end);
      at = next;
    }
  }

  void word(const char* at, size_t n, const char* readable_end) {
    if (at_ > limit_) flush();
    if (n > WordKey::kMaxBytes) return long_word({at, n});
    const WordKey key = WordKey::load(at, n, readable_end);
    CachedWord* const pair = &scratch_.cache[2 * (key.hash() >> (65 - ByteScratch::kWordBits))];
    const CachedWord& cached = pair[pair[1].key == key];
    if (!(cached.key == key)) return short_word(key, {at, n}, pair);
    std::memcpy(at_, cached.ids, sizeof cached.ids);  // all four, whatever their number
    *at_ = cached.ids[0] & kIdMask;
    at_ += cached.ids[0] >> kCountShift;
  }

 private:
  void flush() {
    out_.insert(out_.end(), scratch_.ids.data(), at_);
    at_ = scratch_.ids.data();
  }

  void short_word(const WordKey& key, std::string_view word, CachedWord* pair) {
    int32_t* const first = at_;
    const int32_t id = vocabulary_.find(key);
    if (id >= 0 && is_whole(id, word)) {
      *at_++ = id;
    } else {
      merge(word);
    }
    // Nothing of it may have gone out: a word of 15 bytes has at most 15 ids, and there was room for them.
    const auto count = at_ - first;
    if (count == 0 || count > 4) return;
    pair[1] = pair[0];  // the older one of the two goes
    CachedWord& cached = pair[0];
    cached.key = key;
    std::copy(first, at_, cached.ids);
    cached.ids[0] |= static_cast<int32_t>(count << kCountShift);
  }

  void long_word(std::string_view word) {
    const int32_t id = vocabulary_.find_long(word);
    if (id >= 0 && is_whole(id, word)) {
      *at_++ = id;
    } else {
      merge(word);
    }
  }

  bool is_whole(int32_t id, std::string_view word) {
    using Whole = ByteVocabulary::Whole;
    if (bpe_.ignore_merges) return true;
    std::atomic<Whole>& known = vocabulary_.whole(id);
    Whole whole = known.load(std::memory_order_relaxed);
    if (whole == Whole::unknown) {  // threads that ask at the same time find the same
      whole = Whole::no;
      if (vocabulary_.has_all_bytes() && word.size() <= kScanLimit) {
        int32_t ids[kScanLimit];
        if (merge_by_scan(vocabulary_, bpe_.merges, word, ids) == 1 && ids[0] == id) whole = Whole::yes;
      } else {
        merge_generally(word);
        if (tokens_.size() == 1 && tokens_[0].id == id) whole = Whole::yes;
      }
      known.store(whole, std::memory_order_relaxed);
    }
    return whole == Whole::yes;
  }

  void merge(std::string_view word) {
    if (vocabulary_.has_all_bytes() && word.size() <= kScanLimit) {
      at_ += merge_by_scan(vocabulary_, bpe_.merges, word, at_);
      return;
    }
    merge_generally(word);
    if (tokens_.size() <= kScanLimit) {
      for (const BpeToken& token : tokens_) *at_++ = token.id;
      return;
    }
    flush();
    out_.reserve(out_.size() + tokens_.size());
    for (const BpeToken& token : tokens_) out_.push_back(token.id);
  }

  void merge_generally(std::string_view word) {
    tokens_.clear();
    if (vocabulary_.has_all_bytes()) {
      auto& symbols = scratch_.bpe.symbols;
      symbols.resize(word.size());
      for (size_t i = 0; i < word.size(); ++i)
        symbols[i] = {vocabulary_.id_of_byte(static_cast<uint8_t>(word[i])), -1, -1, 1, {}};
      merge_symbols(bpe_.merges, scratch_.bpe, tokens_);
    } else {
      bpe_.merge(to_byte_level(word), scratch_.bpe, tokens_);
    }
  }

  const Bpe& bpe_;
  const ByteVocabulary& vocabulary_;
  ByteScratch& scratch_;
  std::vector<int32_t>& out_;
  std::vector<BpeToken>& tokens_ = scratch_.bpe.tokens;
  int32_t* at_ = scratch_.ids.data();
  int32_t* limit_ = scratch_.ids.data() + scratch_.ids.size() - kScanLimit - 4;
};

void ByteEncoder::encode(const WordPlan& plan, std::string_view text, ByteScratch& scratch,
                         std::vector<int32_t>& out) const {
  Run run(*this, scratch, out);
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  if (!plan.each_digit) {
    with_splitter(plan.pattern, end, [&](const auto& splitter) { run.words(splitter, begin, end, end); });
    return;
  }
  const CharTable& table = char_table();
  for (const char* piece = begin; piece < end;) {
    // The next numeric character and where it ends.
    const char *at = piece, *next = piece;
    for (; at < end; at = next) {
      const Utf8Char character = decode_utf8(text, static_cast<size_t>(at - begin));
      next = at + character.bytes;
      if (table.flags_of(character.code) & CharTable::kNumeric) break;
    }
    with_splitter(plan.pattern, at, [&](const auto& splitter) { run.words(splitter, piece, at, end); });
    if (at < end)
      with_splitter(plan.pattern, next, [&](const auto& splitter) { run.words(splitter, at, next, end); });
    piece = at < end ? next : end;
  }
}

void ByteEncoder::encode_word(std::string_view word, ByteScratch& scratch, std::vector<int32_t>& out) const {
  Run(*this, scratch, out).word(word.data(), word.size(), word.data() + word.size());
}

}  // namespace evergreen
