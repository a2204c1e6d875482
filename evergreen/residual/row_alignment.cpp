#include "evergreen/residual/row_alignment.hpp"

#include <algorithm>
#include <array>
#include <unordered_map>

#include <fmt/format.h>

namespace evergreen {
namespace {

using RowOf = std::unordered_map<std::string_view, int64_t>;

RowOf rows_by_token(const TokenRows& tokens) {
  RowOf rows;
  for (size_t i = 0; i < tokens.size(); ++i) {
    if (!tokens[i].empty()) rows.emplace(tokens[i], static_cast<int64_t>(i));
  }
  return rows;
}

}  // namespace

bool AlignedRows::by_position() const {
  if (from_rows != static_cast<int64_t>(rows.size())) return false;
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i] != static_cast<int64_t>(i)) return false;
  }
  return true;
}

AlignedRows align_rows(const TokenRows& from, const TokenRows& to) {
  const RowOf from_row = rows_by_token(from), to_row = rows_by_token(to);
  AlignedRows aligned;
  aligned.from_rows = static_cast<int64_t>(from.size());
  std::vector<bool> taken(from.size());
  for (size_t i = 0; i < to.size(); ++i) {
    int64_t row = RowAlignment::kNoRow;
    const auto found = to[i].empty() ? from_row.end() : from_row.find(to[i]);
    const bool same_place = i < from.size() && (from[i].empty() || !to_row.contains(from[i]));
    if (found != from_row.end()) {
      row = found->second;
    } else if (same_place && from[i].empty() == to[i].empty()) {
      row = static_cast<int64_t>(i);
      if (!to[i].empty()) aligned.renamed.push_back(fmt::format("row {}: '{}' is '{}'", i, from[i], to[i]));
    } else if (!to[i].empty()) {
      aligned.added.push_back(to[i]);
    }
    if (row != RowAlignment::kNoRow) taken[static_cast<size_t>(row)] = true;
    aligned.rows.push_back(row);
  }
  for (size_t i = 0; i < from.size(); ++i) {
    if (!taken[i] && !from[i].empty()) aligned.dropped.push_back(from[i]);
  }
  return aligned;
}

bool has_token_rows(const std::string& tensor) {
  static constexpr std::array kNames = {
      "embed_tokens.weight", "lm_head.weight",   "lm_head.bias",          "wte.weight",
      "embed_in.weight",     "embed_out.weight", "word_embeddings.weight"};
  return std::any_of(kNames.begin(), kNames.end(), [&](const char* name) {
    return tensor == name || tensor.ends_with(std::string(".") + name);
  });
}

}  // namespace evergreen
