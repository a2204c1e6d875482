#!/usr/bin/env python3
"""Writes evergreen/text/unicode_tables.cpp: what Hugging Face's `tokenizers` knows of each code point.

  tools/make_unicode_tables.py evergreen/text/unicode_tables.cpp

Needs tokenizers 0.23.3 and unicodedata2 16.0.0 (both from PyPI). The reference stands on four tables of different age:
Oniguruma (patterns, Unicode 16), Rust's char (17), the crates regex (16), unicode-normalization-alignments (9) and
unicode_categories (8). Categories, combining classes and decompositions are taken from unicodedata2 and compared with what
the reference does at every code point; where it does something else, what it does is written. Nothing is assumed to be equal.
"""
import sys

import tokenizers, unicodedata2
from tokenizers import Regex, normalizers, pre_tokenizers

VERSIONS = {"tokenizers": "0.23.3", "unicodedata2": "16.0.0"}
CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
CATEGORIES = "Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Cs Co Cn".split()
SCRIPTS = ["Han", "Hiragana", "Katakana", "Hangul"]
HANGUL = range(0xAC00, 0xAC00 + 11172)


def matched(pre_tokenizer):
    """The code points that a pre-tokenizer of behaviour `removed` takes away."""
    gone = set()
    for i in range(0, len(CODES), 4096):
        chunk = CODES[i:i + 4096]
        left = set()
        for piece, _ in pre_tokenizer.pre_tokenize_str("".join(map(chr, chunk))):
            left.update(map(ord, piece))
        gone |= set(chunk) - left
    return gone


def onig(pattern):
    return matched(pre_tokenizers.Split(Regex(pattern), "removed"))


def isolated(pre_tokenizer, around="a"):
    """The code points that stand alone between two others."""
    return {c for c in CODES if len(pre_tokenizer.pre_tokenize_str(around + chr(c) + around)) == 3}


def joined_to_letters(pre_tokenizer):
    return {c for c in CODES if len(pre_tokenizer.pre_tokenize_str("a" + chr(c) + "a")) == 1}


def ranges(codes):
    found = []
    for c in sorted(codes):
        if found and found[-1][1] == c - 1:
            found[-1][1] = c
        else:
            found.append([c, c])
    return found


class Out:
    """The C++ source: each table an array with static storage, handed out as a span."""

    def __init__(self, path):
        self.file = open(path, "w")

    def table(self, name, kind, items):
        self.file.write(f"static constexpr {kind} {name}Rows[] = {{\n")
        line = " "
        for item in items:
            if len(line) + len(item) + 2 > 118:
                self.file.write(line + "\n")
                line = " "
            line += " " + item + ","
        self.file.write(line + f"\n}};\nconst std::span<const {kind}> {name} = {name}Rows;\n\n")

    def ranges(self, name, codes):
        self.table(name, "CodeRange", [f"{{0x{a:X}, 0x{b:X}}}" for a, b in ranges(codes)])


def check_categories():
    category = {c: unicodedata2.category(chr(c)) for c in CODES}
    for name in CATEGORIES:
        if name != "Cs":
            assert onig(rf"\p{{{name}}}") == {c for c in CODES if category[c] == name}, name
    return category


def reference_normalization():
    """(decomposition canonical, compatible, combining class, pairs that compose), as the reference does it."""
    nfc, nfd, nfkd = normalizers.NFC(), normalizers.NFD(), normalizers.NFKD()
    canonical, compatible, classes, pairs = {}, {}, {}, {}
    newer = set()
    for c in CODES:
        if c in HANGUL:
            assert nfd.normalize_str(chr(c)) == unicodedata2.normalize("NFD", chr(c))
            continue
        for table, normalizer, form in ((canonical, nfd, "NFD"), (compatible, nfkd, "NFKD")):
            text = normalizer.normalize_str(chr(c))
            assert text in (chr(c), unicodedata2.normalize(form, chr(c))), hex(c)
            if text != unicodedata2.normalize(form, chr(c)):
                newer.add(c)
            if text != chr(c):
                table[c] = [ord(x) for x in text]
        combining = unicodedata2.combining(chr(c))
        # U+0334 (class 1) and U+0345 (class 240) beside it: does it change places?
        before = nfd.normalize_str("a" + chr(c) + "\u0334")
        after = nfd.normalize_str("a\u0345" + chr(c))
        moves = before != "a" + nfd.normalize_str(chr(c)) + "\u0334" or after != "a\u0345" + nfd.normalize_str(chr(c))
        if c not in canonical:
            assert combining or not moves, hex(c)
            if moves:
                classes[c] = combining
            elif combining and combining not in (240,):
                newer.add(c)
            elif combining == 240:
                assert c == 0x345
                classes[c] = 240
        raw = unicodedata2.decomposition(chr(c)).split()
        if len(raw) == 2 and not raw[0].startswith("<"):
            first, second = (int(x, 16) for x in raw)
            if nfc.normalize_str(chr(first) + chr(second)) == chr(c):
                pairs[first, second] = c
    print(f"newer than the reference's normalisation: {len(newer)} code points, from {hex(min(newer))}")
    return canonical, compatible, classes, pairs


def active(normalizer, classes, pairs):
    """What may change under a composing form, or change what stands before it."""
    seconds = {b for _, b in pairs} | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))
    return {c for c in CODES if c in classes or c in seconds or normalizer.normalize_str(chr(c)) != chr(c)}


def lowercase():
    table = {}
    for c in CODES:
        lower = normalizers.Lowercase().normalize_str(chr(c))
        if lower != chr(c):
            table[c] = [ord(x) for x in lower]
        if unicodedata2.category(chr(c)) != "Cn" and len(chr(c).lower()) == 1 and chr(c).lower() != chr(c):
            assert lower == chr(c).lower(), hex(c)
    return table


def main():
    found = {"tokenizers": tokenizers.__version__, "unicodedata2": unicodedata2.unidata_version}
    if found != VERSIONS:
        sys.exit(f"these tables are made with {VERSIONS}, found {found}")
    out = Out(sys.argv[1])
    out.file.write("// Written by tools/make_unicode_tables.py with tokenizers 0.23.3 and unicodedata2 16.0.0: do not edit.\n"
                   '#include "evergreen/text/unicode_tables.hpp"\n\n// clang-format off\nnamespace evergreen::unicode {\n\n')
    category = check_categories()
    spans = []
    for c in range(0x110000):
        name = category.get(c, "Cs")
        if not spans or spans[-1][1] != name:
            spans.append((c, name))
    out.table("kCategories", "CategoryStart", [f"{{0x{c:X}, Category::{name}}}" for c, name in spans])

    spaces = onig(r"\s")
    assert spaces == matched(pre_tokenizers.WhitespaceSplit())
    out.ranges("kWhiteSpace", spaces)
    # Oniguruma takes \w by itself from a table of Latin-1 that counts six signs in, but not inside brackets.
    out.ranges("kPatternWord", onig(r"\w"))
    out.ranges("kPatternWordInClass", onig(r"[\w]"))
    assert onig(r"[^\w]") == onig(r"[\W]") == set(CODES) - onig(r"[\w]") and onig(r"\W") == set(CODES) - onig(r"\w")
    for name in (r"\s", r"\d", r"\p{L}", r"\p{N}", r"\p{M}", r"\p{Alphabetic}"):
        assert onig(name) == onig(f"[{name}]") == set(CODES) - onig(f"[^{name}]"), name
    out.ranges("kAlphabetic", onig(r"\p{Alphabetic}"))
    for script in SCRIPTS:
        out.ranges(f"k{script}", onig(rf"\p{{{script}}}"))
    out.ranges("kWord", joined_to_letters(pre_tokenizers.Whitespace()))
    out.ranges("kNumeric", isolated(pre_tokenizers.Digits(True)))
    out.ranges("kPunctuation", isolated(pre_tokenizers.Punctuation()))
    out.ranges("kAccents", {c for c in CODES if normalizers.StripAccents().normalize_str(chr(c)) == ""})

    canonical, compatible, classes, pairs = reference_normalization()
    for name, form in (("kNfcActive", normalizers.NFC()), ("kNfkcActive", normalizers.NFKC())):
        out.ranges(name, active(form, classes, pairs))
    rows = []
    for c in sorted(classes):
        if rows and rows[-1][1] == c - 1 and rows[-1][2] == classes[c]:
            rows[-1][1] = c
        else:
            rows.append([c, c, classes[c]])
    out.table("kCombiningClasses", "ClassRange", [f"{{0x{a:X}, 0x{b:X}, {value}}}" for a, b, value in rows])
    for name, table in (("kCanonical", canonical), ("kCompatible", {c: d for c, d in compatible.items() if canonical.get(c) != d}),
                        ("kLowercase", lowercase())):
        out.table(name, "uint32_t", [", ".join([f"0x{c:X}", str(len(table[c]))] + [f"0x{x:X}" for x in table[c]])
                                     for c in sorted(table)])
    out.table("kCompositions", "Composition", [f"{{0x{a:X}, 0x{b:X}, 0x{c:X}}}" for (a, b), c in sorted(pairs.items())])
    out.file.write("}  // namespace evergreen::unicode\n")


if __name__ == "__main__":
    main()
