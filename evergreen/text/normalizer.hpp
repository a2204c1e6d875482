// Unicode normalisation form C of text, as tokenizers ask for it before splitting (Qwen 2).
//
// Numbers   linear in the text but for the sorting of each run of combining marks, which is n log n.
#pragma once

#include <string>
#include <string_view>

namespace evergreen {

// Whether a look at the bytes is enough to know that the text is in form C already.
bool is_surely_nfc(std::string_view text);

// The form C of well-formed `text`.
std::string to_nfc(std::string_view text);

}  // namespace evergreen
