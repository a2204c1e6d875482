// tokenizer.json taken apart while it is read: its vocabulary and merges, which are nearly all of it, go straight into the
// tables of the model instead of a JSON document. For the sources of this module only.
//
// Errors    Error{input} naming `where` for text that is not JSON, repeated names, deep nesting, and a vocabulary or merges
//           of another form or that contradict themselves.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "evergreen/base/json.hpp"
#include "evergreen/text/bpe.hpp"

namespace evergreen {

class TokenizerFile {
 public:
  TokenizerFile(std::string text, const std::string& where);
  ~TokenizerFile();

  // All but model.vocab and model.merges, which are empty in it.
  const Json& root() const { return root_; }
  // Fills the vocabulary and the rules of `bpe`, whose prefix is set.
  void read_vocabulary(Bpe& bpe);

 private:
  struct Parser;
  void read_root();
  [[noreturn]] void fail(const std::string& problem) const;

  std::string text_;
  const std::string& where_;
  std::unique_ptr<Parser> parser_;
  Json root_;
};

}  // namespace evergreen
