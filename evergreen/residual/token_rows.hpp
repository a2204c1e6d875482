// The rows of checkpoints aligned by their tokenizers, before anything is read or written.
#pragma once

#include <string>
#include <vector>

#include "evergreen/residual/compatibility.hpp"
#include "evergreen/residual/row_alignment.hpp"

namespace evergreen {

// How rows of `from` (the new base, the base) belong to rows of `to` (the instruct model, the residual). By position where a side
// has no tokenizer.json beside it; no rows at all where it has no embedding.
// Errors    Error{input} for tokens that `from` lacks, unless `policy` says what their rows are to be; for other numbers of
//           rows without a tokenizer; for a tokenizer with more tokens than rows.
AlignedRows align_roles(const Role& from, const Role& to, AddedTokens policy);

// Error{input} if a tokenizer has tokens of the model at other rows than the model has them. Nothing is asked where a side has no
// tokenizer.json, or the model no embedding.
void require_same_rows(const Role& model, const fs::path& tokenizer, const std::string& tokenizer_role);

// What the user should know of an alignment: renamed, added and dropped tokens.
std::vector<std::string> notes_of(const AlignedRows& rows, const Role& from, const Role& to);

// Error{usage} with the nearest name for a policy there is not.
AddedTokens added_tokens_from_name(const std::string& name);
const char* added_tokens_name(AddedTokens policy);

}  // namespace evergreen
