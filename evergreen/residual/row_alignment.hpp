// Which rows of the inputs' embeddings belong together: by the tokens they stand for, never by position alone.
//
// An updated model carries the instruct model's tokenizer, so its embedding (and output layer) has a row for each row of the
// instruct model's; what is added to which row follows the tokens' written forms through both tokenizers.
//   renamed   where the same row has different tokens that occur nowhere else on the other side (a reserved token that
//             got a use), it is the same row: noted
//   padding   rows behind the last token (Qwen has some) belong together by position; missing ones are taken from the instruct model
//   added     tokens that an input lacks are an error, unless `AddedTokens` says what their rows are to be
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace evergreen {

enum class AddedTokens {
  error,
  keep,  // the instruct model's own rows, unscaled
  zero,  // rows of zeros
};

struct RowAlignment {
  static constexpr int64_t kNoRow = -1;
  // For each row of the output, which is a row of a: the row of c0 and of b, or kNoRow in both.
  std::vector<int64_t> c0, b;
  AddedTokens missing = AddedTokens::keep;
};

// A vocabulary as rows: the token of each, "" for padding.
using TokenRows = std::vector<std::string>;

struct AlignedRows {
  std::vector<int64_t> rows;         // for each row of `to` the row of `from`, or kNoRow
  std::vector<std::string> added;    // tokens of `to` that `from` lacks
  std::vector<std::string> dropped;  // tokens of `from` that `to` lacks
  std::vector<std::string>
      renamed;               // "row 128004: '<|reserved_special_token_2|>' is '<|finetune_right_pad_id|>'"
  bool by_position() const;  // every row is where it was, none is missing, and there are as many
  int64_t from_rows = 0;
};

AlignedRows align_rows(const TokenRows& from, const TokenRows& to);

// Whether a tensor has a row for each token: the embedding and the output layer, by their names in the common architectures.
bool has_token_rows(const std::string& tensor);

}  // namespace evergreen
