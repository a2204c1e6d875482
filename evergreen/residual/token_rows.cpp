#include "evergreen/residual/token_rows.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/text/vocabulary.hpp"

namespace evergreen {
namespace {

constexpr std::array kPolicies = {AddedTokens::error, AddedTokens::keep, AddedTokens::zero};
constexpr size_t kNamed = 3;  // tokens in a message

const TensorInfo* embedding_of(const CheckpointReader& reader) {
  for (const TensorInfo& tensor : reader.tensors()) {
    if (has_token_rows(tensor.name) && tensor.shape.size() == 2) return &tensor;
  }
  return nullptr;
}

std::optional<TokenRows> token_rows(const fs::path& directory, const TensorInfo& embedding) {
  std::optional<TokenRows> tokens = read_vocabulary(directory);
  if (!tokens) return std::nullopt;
  const auto rows = static_cast<size_t>(embedding.shape[0]);
  if (tokens->size() > rows) {
    throw Error(ErrorKind::input,
                fmt::format("the tokenizer has {} tokens, but '{}' only {} rows", tokens->size(),
                            embedding.name, rows),
                (directory / "tokenizer.json").string(), "use the tokenizer that belongs to these weights");
  }
  tokens->resize(rows);
  return tokens;
}

AlignedRows row_for_row(int64_t count) {
  AlignedRows rows;
  rows.from_rows = count;
  rows.rows.resize(static_cast<size_t>(count));
  std::iota(rows.rows.begin(), rows.rows.end(), 0);
  return rows;
}

AlignedRows by_position(const Role& from, const TensorInfo& from_embedding, const Role& to,
                        const TensorInfo& to_embedding) {
  if (from_embedding.shape[0] == to_embedding.shape[0]) return row_for_row(to_embedding.shape[0]);
  throw Error(
      ErrorKind::input,
      fmt::format("tensor '{}' is {} in the {} and '{}' is {} in the {}", from_embedding.name,
                  shape_text(from_embedding.shape), from.name, to_embedding.name,
                  shape_text(to_embedding.shape), to.name),
      fmt::format("{} and {}", from.reader->shard_of(from_embedding).string(),
                  to.reader->shard_of(to_embedding).string()),
      fmt::format(
          "pass the {} that belongs to this {}; or give both their tokenizer.json, so that rows can be "
          "aligned by their tokens",
          from.name, to.name));
}

// The usual case, where there is nothing to align: one tokenizer, copied from release to release.
bool have_same_tokenizer(const fs::path& left, const fs::path& right) {
  const fs::path left_path = left / "tokenizer.json", right_path = right / "tokenizer.json";
  std::error_code failed;
  const auto left_bytes = fs::file_size(left_path, failed);
  if (failed) return false;
  const auto right_bytes = fs::file_size(right_path, failed);
  return !failed && left_bytes == right_bytes && read_text(left_path) == read_text(right_path);
}

std::string some_of(const std::vector<std::string>& tokens) {
  std::string text;
  for (size_t i = 0; i < std::min(kNamed, tokens.size()); ++i)
    text += fmt::format("{}'{}'", i == 0 ? "" : ", ", tokens[i]);
  if (tokens.size() > kNamed) text += fmt::format(" and {} more", tokens.size() - kNamed);
  return text;
}

std::string places(const Role& from, const Role& to) {
  return fmt::format("{} and {}", (from.reader->directory() / "tokenizer.json").string(),
                     (to.reader->directory() / "tokenizer.json").string());
}

}  // namespace

AlignedRows align_roles(const Role& from, const Role& to, AddedTokens policy) {
  const TensorInfo *from_embedding = embedding_of(*from.reader), *to_embedding = embedding_of(*to.reader);
  if (from_embedding == nullptr || to_embedding == nullptr) return {};
  const auto to_tokens = token_rows(to.reader->directory(), *to_embedding);
  if (from_embedding->shape[0] == to_embedding->shape[0] &&
      have_same_tokenizer(from.reader->directory(), to.reader->directory()))
    return row_for_row(to_embedding->shape[0]);
  const auto from_tokens = token_rows(from.reader->directory(), *from_embedding);
  if (!from_tokens || !to_tokens) return by_position(from, *from_embedding, to, *to_embedding);
  AlignedRows rows = align_rows(*from_tokens, *to_tokens);
  if (rows.added.empty() || policy != AddedTokens::error) return rows;
  throw Error(
      ErrorKind::input,
      fmt::format("the {} has {} {} that the {} lacks: {}", to.name, rows.added.size(),
                  rows.added.size() == 1 ? "token" : "tokens", from.name, some_of(rows.added)),
      places(from, to),
      fmt::format(
          "--added-tokens keep takes their rows from the {}, --added-tokens zero makes them zeros; or "
          "pass the {} that belongs to it",
          to.name, from.name));
}

void require_same_rows(const Role& model, const fs::path& tokenizer, const std::string& tokenizer_role) {
  const TensorInfo* embedding = embedding_of(*model.reader);
  if (embedding == nullptr || have_same_tokenizer(model.reader->directory(), tokenizer)) return;
  const auto of_model = token_rows(model.reader->directory(), *embedding),
             other = token_rows(tokenizer, *embedding);
  if (!of_model || !other) return;
  const AlignedRows rows = align_rows(*of_model, *other);
  for (size_t row = 0; row < rows.rows.size(); ++row) {
    const int64_t there = rows.rows[row];
    if (there == RowAlignment::kNoRow || there == static_cast<int64_t>(row)) continue;
    throw Error(ErrorKind::input,
                fmt::format("the token '{}' is row {} of the {}, but row {} by the tokenizer of the {}",
                            (*other)[row], there, model.name, row, tokenizer_role),
                fmt::format("{} and {}", (model.reader->directory() / "tokenizer.json").string(),
                            (tokenizer / "tokenizer.json").string()),
                "pass the base model that the adapter was made for, or one trained on from it");
  }
}

std::vector<std::string> notes_of(const AlignedRows& rows, const Role& from, const Role& to) {
  std::vector<std::string> notes;
  if (!rows.renamed.empty()) {
    notes.push_back(fmt::format(
        "taken as the same rows of the {} and the {}, with other names: {}", from.name, to.name,
        fmt::join(rows.renamed.begin(),
                  rows.renamed.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, rows.renamed.size())),
                  "; ")));
    if (rows.renamed.size() > kNamed)
      notes.back() += fmt::format(" and {} more", rows.renamed.size() - kNamed);
  }
  if (!rows.added.empty()) {
    notes.push_back(fmt::format("{} tokens of the {} are not in the {}: {}", rows.added.size(), to.name,
                                from.name, some_of(rows.added)));
  }
  if (!rows.dropped.empty()) {
    notes.push_back(fmt::format("{} tokens of the {} are not in the {} and go: {}", rows.dropped.size(),
                                from.name, to.name, some_of(rows.dropped)));
  }
  return notes;
}

const char* added_tokens_name(AddedTokens policy) {
  switch (policy) {
    case AddedTokens::error:
      return "error";
    case AddedTokens::keep:
      return "keep";
    case AddedTokens::zero:
      return "zero";
  }
  return "";
}

AddedTokens added_tokens_from_name(const std::string& name) {
  std::vector<std::string> names;
  for (const AddedTokens policy : kPolicies) {
    if (name == added_tokens_name(policy)) return policy;
    names.emplace_back(added_tokens_name(policy));
  }
  throw Error(ErrorKind::usage, fmt::format("'{}' does not say what to do with added tokens", name),
              "--added-tokens", suggest_name(name, names));
}

}  // namespace evergreen
