// The alphabet of byte-level BPE: a printable character for each of the 256 bytes, as GPT-2 chose them.
//
// Bytes that are printable in Latin-1 stand for themselves (33-126, 161-172, 174-255), the other 68 follow
// from U+0100 in order: so the space is U+0120.
#pragma once

#include <string>
#include <string_view>

namespace evergreen {

char32_t byte_level_char(unsigned char byte);
std::string to_byte_level(std::string_view bytes);

// Appends the bytes that a token's written form (well-formed) stands for; false where it has a character outside the
// alphabet: then what was appended means nothing.
bool append_from_byte_level(std::string_view written, std::string& bytes);

}  // namespace evergreen
