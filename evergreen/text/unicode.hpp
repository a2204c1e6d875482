// Classes of code points, as the references define them.
#pragma once

namespace evergreen {

bool is_white_space(char32_t code);     // the property White_Space; also Rust's and Oniguruma's \s
bool is_word_character(char32_t code);  // Rust's \w: Alphabetic, M, Nd, Pc, Join_Control
bool is_python_space(char32_t code);    // Python's str.isspace: White_Space and U+001C to U+001F

}  // namespace evergreen
