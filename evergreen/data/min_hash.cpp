// The minima are taken in vectors, compiled once for each instruction set by Highway and chosen when it runs.
#include "evergreen/data/min_hash.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "evergreen/data/min_hash.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace evergreen::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// values[p] = min(values[p], hash_p(shingle)) for all shingles; `places` is a whole number of vectors.
void take_minima(const uint32_t* shingles, size_t count, const uint32_t* factors, const uint32_t* offsets,
                 uint32_t* values, size_t places) {
  const hn::ScalableTag<uint32_t> d;
  const size_t lanes = hn::Lanes(d);
  const auto multiplier = hn::Set(d, 0x85EBCA6BU);
  for (size_t p = 0; p < places; p += lanes) {
    const auto factor = hn::LoadU(d, factors + p), offset = hn::LoadU(d, offsets + p);
    auto least = hn::LoadU(d, values + p);
    for (size_t i = 0; i < count; ++i) {
      // Two rounds of multiplication: one alone leaves the order of close shingles alike under all functions.
      auto hash = hn::Mul(hn::Add(hn::Set(d, shingles[i]), offset), factor);
      hash = hn::Mul(hn::Xor(hash, hn::ShiftRight<16>(hash)), multiplier);
      least = hn::Min(least, hash);
    }
    hn::StoreU(least, d, values + p);
  }
}

}  // namespace evergreen::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/hash.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

HWY_EXPORT(take_minima);

constexpr size_t kMostLanes = 64;
constexpr uint64_t kSeed = 1;  // fixed: signatures of two runs can be compared

}  // namespace

void require_valid(const MinHashOptions& o) {
  if (o.ngram >= 1 && o.ngram <= 100 && o.bands >= 1 && o.rows >= 1 && o.places() <= 4096 &&
      o.threshold > 0 && o.threshold <= 1)
    return;
  throw Error(ErrorKind::usage,
              fmt::format("{}-grams, {} bands of {} rows, threshold {} are no parameters of MinHash", o.ngram,
                          o.bands, o.rows, o.threshold),
              "--dedup-ngram, --dedup-bands, --dedup-rows, --dedup-threshold",
              "ngram 1 to 100, bands * rows up to 4096, threshold above 0 and up to 1");
}

MinHash::MinHash(const MinHashOptions& options)
    : options_(options), places_(static_cast<size_t>(options.places())) {
  const size_t padded = (places_ + kMostLanes - 1) / kMostLanes * kMostLanes;
  RandomStream stream(kSeed, "data.min_hash");
  for (size_t p = 0; p < padded; ++p) {
    const uint64_t bits = stream.next();
    factors_.push_back(static_cast<uint32_t>(bits) | 1);
    offsets_.push_back(static_cast<uint32_t>(bits >> 32));
  }
  values_.resize(padded);
}

bool MinHash::sign(std::string_view text) {
  hash_words(text, words_);
  std::fill(values_.begin(), values_.end(), UINT32_MAX);
  if (words_.empty()) return false;
  const size_t n = std::min<size_t>(static_cast<size_t>(options_.ngram), words_.size());
  ngrams_.assign(words_);
  shingles_.clear();
  for (size_t i = 0; i + n <= words_.size(); ++i)
    shingles_.push_back(static_cast<uint32_t>(ngrams_.of(i, n) >> 32));
  HWY_DYNAMIC_DISPATCH(take_minima)
  (shingles_.data(), shingles_.size(), factors_.data(), offsets_.data(), values_.data(), values_.size());
  return true;
}

void MinHash::append_bands(std::vector<uint64_t>& out) const {
  const auto rows = static_cast<size_t>(options_.rows);
  for (size_t band = 0; band < static_cast<size_t>(options_.bands); ++band) {
    const std::span<const uint32_t> part = values().subspan(band * rows, rows);
    out.push_back(hash_bytes(std::as_bytes(part)).low + mix_bits(band));  // bands are kept apart
  }
}

void MinHash::append_bytes(std::vector<uint8_t>& out) const {
  for (const uint32_t value : values()) out.push_back(static_cast<uint8_t>(value >> 8));
}

double estimated_similarity(std::span<const uint8_t> a, std::span<const uint8_t> b) {
  size_t agreeing = 0;
  for (size_t i = 0; i < a.size(); ++i) agreeing += a[i] == b[i] ? 1 : 0;
  const double share = static_cast<double>(agreeing) / static_cast<double>(a.size()), chance = 1.0 / 256;
  return std::max(0.0, (share - chance) / (1 - chance));
}

}  // namespace evergreen
#endif
