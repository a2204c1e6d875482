// Reading the components of tokenizer.json: what its loader's parts share. For the sources of this module only.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/json.hpp"
#include "evergreen/text/tokenizer_data.hpp"
#include "evergreen/text/tokenizer_file.hpp"

namespace evergreen {

inline constexpr int32_t kMaxTokenId = (1 << 24) - 1;  // a wrong file must not make us take gigabytes

[[noreturn]] void unsupported(const std::string& component, const std::string& where);
std::string type_of(const Json& component, const std::string& where);
bool is_set(const Json& object, const std::string& name);  // there and not null
const Json& member(const Json& object, const std::string& name, const std::string& where);
const Json& list_member(const Json& object, const std::string& name, const std::string& where);
// The members of a component of type Sequence, or the component itself.
std::vector<const Json*> flatten(const Json& component, const std::string& members, const std::string& where);

// The parts in the order in which they are read; each throws Error{input} naming what is not supported.
void read_model(TokenizerFile& file, Tokenizer::Data& data, const std::string& where);
void read_normalizer(const Json& root, Tokenizer::Data& data, const std::string& where);
void read_pre_tokenizer(const Json& root, Tokenizer::Data& data, const std::string& where);
void read_added_tokens(const Json& root, Tokenizer::Data& data, const std::string& where);
void read_post_processor(const Json& root, Tokenizer::Data& data, const std::string& where);
void read_decoder(const Json& root, const std::string& where);

}  // namespace evergreen
