// Documents that hold text of evaluation sets: scores of a model that was trained on them mean nothing.
//
// As GPT-3 (Brown et al. 2020, arXiv 2005.14165, appendix C): texts are lower-cased, without punctuation; a document that shares a
// run of 13 words (`ngram`) with an evaluation item is contaminated. An item none of whose fields is that long is looked
// for by its longest field as a whole, if that has 8 words or more, GPT-3's least; shorter items cannot be told from chance
// and are counted as such. Other than there, whole documents are left out (or only reported), not the 200 characters
// around a match.
//
//   .jsonl   one item a line; all strings in it are its fields (also compressed)
//   .txt     every non-blank line is an item
// Memory    16 bytes and a half for each run of words of the evaluation sets.
// Errors    Error{input} for a file that cannot be read, with line; Error{usage} for an ngram below 8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/base/file.hpp"

namespace evergreen {

struct DecontaminationOptions {
  std::vector<std::string> against;  // files, directories, globs
  int ngram = 13;
  bool report_only = false;
};

// An item of an evaluation set that a document shares text with.
struct EvaluationMatch {
  uint32_t file = 0, item = 0;  // item from 0, in order of the file
  friend auto operator<=>(const EvaluationMatch&, const EvaluationMatch&) = default;
};

class EvaluationTexts {
 public:
  explicit EvaluationTexts(const DecontaminationOptions& options);
  ~EvaluationTexts();
  EvaluationTexts(EvaluationTexts&&) noexcept;

  struct FileInfo {
    fs::path path;
    int64_t items = 0, too_short = 0;
  };
  const std::vector<FileInfo>& files() const;

  // Replaces `matches` by the items that `text` shares text with, each once, in order. Thread-safe.
  void find(std::string_view text, std::vector<EvaluationMatch>& matches) const;

 private:
  struct Index;
  std::unique_ptr<Index> index_;
};

}  // namespace evergreen
