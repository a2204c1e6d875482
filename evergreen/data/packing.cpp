#include "evergreen/data/packing.hpp"

#include <algorithm>
#include <cassert>

#include "evergreen/base/error.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

void append_piece(const TokenStore& store, int64_t document, int64_t first, int64_t count,
                  PackedTokens& out) {
  // One token more than the piece, where the document has one: the target of the piece's last token.
  const int64_t length = std::min(count + 1, store.length(document) - first);
  std::vector<uint32_t> tokens(static_cast<size_t>(length));
  store.read(document, first, tokens);
  for (int64_t i = 0; i < count; ++i) {
    out.tokens.push_back(tokens[static_cast<size_t>(i)] & ~kContextOnly);
    const uint32_t next = i + 1 < length ? tokens[static_cast<size_t>(i + 1)] : kContextOnly;
    const bool counts = (next & kContextOnly) == 0;
    out.targets.push_back(counts ? static_cast<int64_t>(next) : kNoTarget);
    out.target_count += counts ? 1 : 0;
  }
  out.cu_seqlens.push_back(static_cast<int64_t>(out.tokens.size()));
}

}  // namespace

void append_document(const TokenStore& store, int64_t document, int64_t max_length, PackedTokens& out) {
  append_piece(store, document, 0, std::min(max_length, store.length(document)), out);
}

Packer::Packer(const TokenStore& store, const PackingOptions& options) : store_(store), options_(options) {
  assert(options.row_tokens > 1 && options.rows > 0);
  bool has_target = false;
  for (int64_t document = 0; document < store.documents() && !has_target; ++document) {
    has_target = store.length(document) > 1;
  }
  if (!has_target) {
    throw Error(ErrorKind::input, "there is nothing to train on: no document is longer than one token", {},
                "give a larger corpus");
  }
  load_epoch(0);
  const int64_t rows = options.whole_documents
                           ? static_cast<int64_t>(row_starts_.size())
                           : (store.tokens() + options.row_tokens - 1) / options.row_tokens;
  steps_per_epoch_ = std::max<int64_t>(1, (rows + options.rows - 1) / options.rows);
}

void Packer::load_epoch(int64_t epoch) {
  if (epoch == epoch_) return;
  // Whole documents: where an epoch begins depends on all before it.
  if (options_.whole_documents && epoch != epoch_ + 1) {
    epoch_ = -1;
    row_starts_.clear();
    first_row_of_epoch_ = 0;
    for (int64_t earlier = 0; earlier < epoch; ++earlier) load_epoch(earlier);
  }
  const auto count = static_cast<uint32_t>(store_.documents());
  order_ = random_permutation(count, RandomStream(options_.seed, "data.order", static_cast<uint64_t>(epoch)));
  starts_.assign(1, 0);
  for (const uint32_t document : order_) starts_.push_back(starts_.back() + store_.length(document));
  if (options_.whole_documents) {
    if (!row_starts_.empty()) first_row_of_epoch_ += static_cast<int64_t>(row_starts_.size());
    row_starts_.clear();
    int64_t free = 0;
    for (size_t i = 0; i < order_.size(); ++i) {
      const int64_t length = std::min(store_.length(order_[i]), options_.row_tokens);
      if (row_starts_.empty() || length > free) {
        row_starts_.push_back(static_cast<int64_t>(i));
        free = options_.row_tokens;
      }
      free -= length;
    }
  }
  epoch_ = epoch;
}

std::vector<Packer::Piece> Packer::stream_row(int64_t global_row) {
  std::vector<Piece> pieces;
  const int64_t epoch_tokens = store_.tokens();
  int64_t at = global_row * options_.row_tokens, left = options_.row_tokens;
  while (left > 0) {
    load_epoch(at / epoch_tokens);
    const int64_t within = at % epoch_tokens;
    const auto next = std::upper_bound(starts_.begin(), starts_.end(), within);
    const auto index = static_cast<size_t>(next - starts_.begin()) - 1;
    const int64_t first = within - starts_[index], length = std::min(left, starts_[index + 1] - within);
    pieces.push_back({order_[index], first, length});
    at += length;
    left -= length;
  }
  return pieces;
}

std::vector<Packer::Piece> Packer::whole_row(int64_t global_row) {
  if (global_row < first_row_of_epoch_) load_epoch(0);
  while (global_row >= first_row_of_epoch_ + static_cast<int64_t>(row_starts_.size())) load_epoch(epoch_ + 1);
  const auto row = static_cast<size_t>(global_row - first_row_of_epoch_);
  const size_t begin = static_cast<size_t>(row_starts_[row]);
  const size_t end = row + 1 < row_starts_.size() ? static_cast<size_t>(row_starts_[row + 1]) : order_.size();
  std::vector<Piece> pieces;
  for (size_t i = begin; i < end; ++i) {
    pieces.push_back({order_[i], 0, std::min(store_.length(order_[i]), options_.row_tokens)});
  }
  return pieces;
}

PackedTokens Packer::rows(int64_t step, int64_t first_row, int64_t rows) {
  PackedTokens out;
  for (int64_t row = first_row; row < first_row + rows; ++row) {
    const int64_t global_row = step * options_.rows + row;
    for (const Piece& piece : options_.whole_documents ? whole_row(global_row) : stream_row(global_row)) {
      append_piece(store_, piece.document, piece.first, piece.length, out);
    }
  }
  return out;
}

}  // namespace evergreen
