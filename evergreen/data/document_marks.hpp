// What surrounds a document of raw text, by the family's convention.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

struct DocumentMarks {
  std::vector<uint32_t> before, after;
};

// BOS in front where the tokenizer adds one to a text (Llama 3 does, Qwen does not), and the model's
// end-of-text token behind: `end_of_text` is the first eos_token_id of the BASE model's config.json.
DocumentMarks document_marks(const Tokenizer& tokenizer, std::optional<int64_t> end_of_text);

}  // namespace evergreen
