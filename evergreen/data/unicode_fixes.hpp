// Repairs of a text's characters. The text stays what it says; only how it is encoded changes.
//
//   line breaks    CRLF and CR become LF, U+2028 and U+2029 too
//   controls       C0 and C1 controls but tab and LF go, and U+FFFE, U+FFFF
//   invisible      zero-width space, word joiner, soft hyphen, byte order marks and bidirectional controls go; zero-width
//                  joiner and non-joiner stay: emoji, Persian and Indic scripts need them
//   NFC            Unicode normalisation form C (utf8proc), so that one letter is one sequence of code points
//   mojibake       UTF-8 that was once read as Windows-1252 ("â€™" for an apostrophe) is read as UTF-8 again, character by
//                  character; off unless asked: "Ã©" may also be meant
#pragma once

#include <string>
#include <string_view>

namespace evergreen {

struct UnicodeFixes {
  bool characters = false;  // line breaks, controls, invisible, NFC
  bool mojibake = false;
};

// The repaired `text` (well-formed UTF-8): `text` itself where nothing is to do, else held by `buffer`.
std::string_view fix_unicode(std::string_view text, const UnicodeFixes& fixes, std::string& buffer);

}  // namespace evergreen
