#include "evergreen/text/byte_level.hpp"

#include <array>

#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

struct Alphabet {
  std::array<char32_t, 256> char_of;
  std::array<int16_t, 0x200> byte_of;  // -1: not in the alphabet

  Alphabet() {
    byte_of.fill(-1);
    char32_t next = 0x100;
    for (char32_t byte = 0; byte < 256; ++byte) {
      const bool printable =
          (byte >= 33 && byte <= 126) || (byte >= 161 && byte <= 172) || (byte >= 174 && byte <= 255);
      char_of[byte] = printable ? byte : next++;
      byte_of[char_of[byte]] = static_cast<int16_t>(byte);
    }
  }
};

const Alphabet& alphabet() {
  static const Alphabet instance;
  return instance;
}

}  // namespace

char32_t byte_level_char(unsigned char byte) { return alphabet().char_of[byte]; }

std::string to_byte_level(std::string_view bytes) {
  std::string written;
  for (const char byte : bytes) append_utf8(written, byte_level_char(static_cast<unsigned char>(byte)));
  return written;
}

bool append_from_byte_level(std::string_view written, std::string& bytes) {
  const auto& byte_of = alphabet().byte_of;
  for (size_t at = 0; at < written.size();) {
    // The alphabet ends below U+0200: one or two bytes.
    const auto first = static_cast<uint8_t>(written[at]);
    size_t code = first;
    if (first >= 0x80) {
      code = at + 1 < written.size()
                 ? (size_t{first} & 0x1F) << 6 | (static_cast<uint8_t>(written[at + 1]) & 0x3F)
                 : 0;
      if (first >= 0xE0) return false;
    }
    if (code >= byte_of.size() || byte_of[code] < 0) return false;
    bytes.push_back(static_cast<char>(byte_of[code]));
    at += first < 0x80 ? 1 : 2;
  }
  return true;
}

}  // namespace evergreen
