#include "evergreen/data/packing.hpp"

#include <algorithm>
#include <cassert>
#include <cmath>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

void append_piece(const TokenStore& store, const RowPiece& piece, PackedTokens& out) {
  // One token more than the piece, where the document has one: the target of the piece's last token.
  const int64_t length = std::min(piece.length + 1, store.length(piece.document) - piece.first);
  std::vector<uint32_t> tokens(static_cast<size_t>(length));
  store.read(piece.document, piece.first, tokens);
  for (int64_t i = 0; i < piece.length; ++i) {
    out.tokens.push_back(tokens[static_cast<size_t>(i)] & ~kContextOnly);
    const uint32_t next = i + 1 < length ? tokens[static_cast<size_t>(i + 1)] : kContextOnly;
    const bool counts = (next & kContextOnly) == 0;
    out.targets.push_back(counts ? static_cast<int64_t>(next) : kNoTarget);
    out.target_count += counts ? 1 : 0;
  }
  out.cu_seqlens.push_back(static_cast<int64_t>(out.tokens.size()));
}

void require_targets(const TokenSource& source) {
  for (int64_t document = 0; document < source.store->documents(); ++document) {
    if (source.store->length(document) > 1) return;
  }
  throw Error(ErrorKind::input, "there is nothing to train on: no document is longer than one token",
              source.name, "give a larger corpus");
}

}  // namespace

void append_document(const TokenStore& store, int64_t document, int64_t max_length, PackedTokens& out) {
  append_piece(store, {document, 0, std::min(max_length, store.length(document))}, out);
}

Packer::Packer(TokenSources sources, const PackingOptions& options)
    : sources_(std::move(sources)), options_(options) {
  assert(!sources_.empty() && options.row_tokens > 1 && options.rows > 0);
  std::vector<double> weights;
  for (const TokenSource& source : sources_) {
    require_targets(source);
    weights.push_back(source.weight);
    plans_.emplace_back(*source.store, options);
  }
  if (sources_.size() > 1) mix_.emplace(weights, options.seed);
  const double share = mix_ ? mix_->share(0) : 1;
  const auto rows = static_cast<double>(plans_.front().rows_of_first_epoch());
  steps_per_epoch_ = std::max<int64_t>(
      1, static_cast<int64_t>(std::ceil(rows / (share * static_cast<double>(options.rows)) - 1e-9)));
}

PackedTokens Packer::rows(int64_t step, int64_t first_row, int64_t rows) {
  PackedTokens out;
  for (int64_t row = first_row; row < first_row + rows; ++row) {
    const int64_t global_row = step * options_.rows + row;
    const MixedRow place = mix_ ? mix_->at(global_row) : MixedRow{0, global_row};
    for (const RowPiece& piece : plans_[place.source].row(place.row))
      append_piece(*sources_[place.source].store, piece, out);
  }
  return out;
}

}  // namespace evergreen
