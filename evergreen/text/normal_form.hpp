// The four normal forms of Unicode (UAX #15), with the tables of the reference's normaliser (Unicode 9).
//
// Numbers   linear in the text; a run of combining marks is ordered by counting, however long it is.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace evergreen {

enum class NormalForm : uint8_t { nfc, nfd, nfkc, nfkd };

// One character of a result, and how it follows from the characters it replaces, as the reference's normaliser counts:
// 0 replaces one, 1 is new, -n replaces one and removes n more. Marks that change places keep their numbers.
struct CharChange {
  char32_t code = 0;
  int32_t change = 0;
};
std::vector<CharChange> normal_form_changes(NormalForm form, std::string_view valid_text);

// Appends `valid_text` in the form to `out`. Text that is in the form already is only copied.
void append_normal_form(NormalForm form, std::string_view valid_text, std::string& out);

// Whether the text is surely in the form: a quick look, false says nothing.
bool is_surely_in_form(NormalForm form, std::string_view valid_text);

}  // namespace evergreen
