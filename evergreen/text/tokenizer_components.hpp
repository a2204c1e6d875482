// Reading the components of tokenizer.json: what its loader's parts share. For the sources of this module only.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/json.hpp"
#include "evergreen/text/tokenizer_data.hpp"

namespace evergreen {

inline constexpr int32_t kMaxTokenId = (1 << 24) - 1;  // a wrong file must not make us take gigabytes

// Everything in a file that is not supported, gathered so that one error names it all.
class Unsupported {
 public:
  explicit Unsupported(const std::string& where) : where_(where) {}
  void add(const std::string& component) { sentences_.push_back(component + " is not supported"); }
  // Runs `read`; an Error{input} of it (a pattern that cannot be compiled here) is gathered too.
  template <class Read>
  void gather(Read&& read) {
    try {
      read();
    } catch (const Error& error) {
      if (error.kind() != ErrorKind::input) throw;
      sentences_.push_back(error.problem());
    }
  }
  void throw_if_any() const;

 private:
  const std::string& where_;
  std::vector<std::string> sentences_;
};

std::string type_of(const Json& component, const std::string& where);
bool is_set(const Json& object, const std::string& name);  // there and not null
const Json& member(const Json& object, const std::string& name, const std::string& where);
const Json& list_member(const Json& object, const std::string& name, const std::string& where);
// The members of a component of type Sequence, or the component itself.
std::vector<const Json*> flatten(const Json& component, const std::string& members, const std::string& where);
// The member "pattern" of a Split or Replace: {"Regex": ...} or {"String": ...}.
struct PatternMember {
  bool is_regex;
  std::string text;
};
PatternMember pattern_member(const Json& component, const std::string& where);

// The parts in the order in which they are read.
void read_model_options(const Json& root, Bpe& bpe, Unsupported& unsupported, const std::string& where);
std::vector<normalizer::Step> read_normalizer(const Json& root, Unsupported& unsupported,
                                              const std::string& where);
std::vector<PreTokenizerStep> read_pre_tokenizer(const Json& root, Unsupported& unsupported,
                                                 const std::string& where);
std::vector<PostStep> read_post_processor(const Json& root, Unsupported& unsupported,
                                          const std::string& where);
DecoderSteps read_decoder(const Json& root, Unsupported& unsupported, const std::string& where);
void read_added_tokens(const Json& root, Tokenizer::Data& data, const std::string& where);

}  // namespace evergreen
