#include "evergreen/text/splitters.hpp"

#include "evergreen/text/bpe_trainer.hpp"

namespace evergreen {

const char* pattern_text(KnownPattern pattern) {
  switch (pattern) {
    case KnownPattern::gpt2:
      return R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)";
    case KnownPattern::llama3:
      return kLlama3Pattern;
    default:
      return kQwen2Pattern;
  }
}

std::optional<KnownPattern> known_pattern(std::string_view text) {
  for (const KnownPattern pattern : {KnownPattern::gpt2, KnownPattern::llama3, KnownPattern::qwen2}) {
    if (text == pattern_text(pattern)) return pattern;
  }
  return std::nullopt;
}

}  // namespace evergreen
