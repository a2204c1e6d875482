// What the reference, Hugging Face's `tokenizers` 0.23, knows of each code point. For the sources of this module only.
//
// Source    unicode_tables.cpp is written by tools/make_unicode_tables.py, which asks the reference about every code point.
//           Its parts are of different age: patterns (Oniguruma) know Unicode 16, Rust's char 17, the crate regex 16, its
//           normaliser 9, its punctuation 8. All rows are in order of code points.
#pragma once

#include <cstdint>
#include <span>

namespace evergreen::unicode {

// clang-format off
enum class Category : uint8_t {
  Lu, Ll, Lt, Lm, Lo, Mn, Mc, Me, Nd, Nl, No, Pc, Pd, Ps, Pe, Pi, Pf, Po, Sm, Sc, Sk, So, Zs, Zl, Zp, Cc, Cf, Cs, Co, Cn
};
// clang-format on

struct CodeRange {
  uint32_t first, last;
};
struct CategoryStart {  // holds up to the next row
  uint32_t first;
  Category category;
};
struct ClassRange {
  uint32_t first, last;
  uint8_t combining_class;
};
struct Composition {
  uint32_t first, second, composed;
};

extern const std::span<const CategoryStart> kCategories;  // \p{Lu} and its like in patterns
extern const std::span<const CodeRange> kWhiteSpace;      // \s, char::is_whitespace
extern const std::span<const CodeRange> kPatternWord;     // \w in patterns, by itself
extern const std::span<const CodeRange>
    kPatternWordInClass;  // \w in patterns, inside brackets: without U+00B2 and others
extern const std::span<const CodeRange> kAlphabetic;  // \p{Alphabetic} in patterns
extern const std::span<const CodeRange> kHan, kHiragana, kKatakana, kHangul;
extern const std::span<const CodeRange> kWord;     // \w of the pre-tokenizer Whitespace and of single_word
extern const std::span<const CodeRange> kNumeric;  // char::is_numeric, as the pre-tokenizer Digits asks
extern const std::span<const CodeRange> kPunctuation;  // of the pre-tokenizer Punctuation
extern const std::span<const CodeRange> kAccents;      // what the normaliser StripAccents takes away

// Normalisation. Hangul syllables are computed, they are in none of the tables.
extern const std::span<const CodeRange> kNfcActive;   // may change, or change what stands before it
extern const std::span<const CodeRange> kNfkcActive;  // the same for form KC
extern const std::span<const ClassRange> kCombiningClasses;
// Rows of: code point, count, that many code points; decompositions are full ones.
extern const std::span<const uint32_t> kCanonical;
extern const std::span<const uint32_t> kCompatible;  // where it differs from the canonical one
extern const std::span<const uint32_t> kLowercase;
extern const std::span<const Composition> kCompositions;

}  // namespace evergreen::unicode
