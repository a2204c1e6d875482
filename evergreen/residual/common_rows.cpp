#include "evergreen/residual/common_rows.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/residual/token_rows.hpp"

namespace evergreen {
namespace {

void note(const AlignedRows& aligned, const Role& outline, const Role& other,
          std::vector<std::string>& notes) {
  if (!aligned.renamed.empty()) {
    notes.push_back(fmt::format("{} rows have other tokens in the {} than in the {}, first {}",
                                aligned.renamed.size(), outline.name, other.name, aligned.renamed.front()));
  }
  if (!aligned.added.empty()) {
    notes.push_back(fmt::format("{} tokens of the {} are not in the {}: their rows are left out, first '{}'",
                                aligned.added.size(), outline.name, other.name, aligned.added.front()));
  }
  if (!aligned.dropped.empty()) {
    notes.push_back(fmt::format("{} tokens of the {} are not in the {}: their rows are left out, first '{}'",
                                aligned.dropped.size(), other.name, outline.name, aligned.dropped.front()));
  }
}

}  // namespace

CommonRows require_common_rows(const Role& outline, const std::vector<Role>& others) {
  CommonRows common;
  for (const Role& other : others) {
    AlignedRows aligned = align_roles(other, outline, AddedTokens::keep);
    const bool moved = !aligned.rows.empty() && !aligned.by_position();
    std::vector<std::string> notes = require_compatible(outline, other, moved);
    note(aligned, outline, other, notes);
    for (std::string& text : notes) {
      if (std::find(common.notes.begin(), common.notes.end(), text) == common.notes.end())
        common.notes.push_back(std::move(text));
    }
    if (moved) common.rows[other.reader] = std::move(aligned.rows);
  }
  return common;
}

}  // namespace evergreen
