#!/usr/bin/env python3
"""Makes evergreen/ifeval/data/language_profiles.txt from the profiles of the package langdetect (Apache-2.0).

    pip install langdetect==1.0.9
    tools/make_language_profiles.py > evergreen/ifeval/data/language_profiles.txt

The format: lines that begin with "# " are comments; fields are separated by tabs.
    latin1 CHARACTERS              of Latin-1 that count as a space
    vietnamese LETTERS MARKS       letters and combining marks, and for each mark
    vietnamese MARK LETTERS        the letters with it, in the same order
    kanji CHARACTERS               characters that count as the first of them
    language CODE N1 N2 N3         numbers of 1-, 2- and 3-grams seen; what follows is of this language:
    N COUNT GRAMS                  all N-grams seen COUNT times, one after the other
"""
import collections
import json
import pathlib

import langdetect
from langdetect.utils import messages
from langdetect.utils.ngram import NGram

HEAD = """\
# Language profiles of the package langdetect 1.0.9: counts of n-grams in Wikipedia's abstracts.
# Copyright 2010-2014 Cybozu Labs, Inc. (language-detection), 2014-2015 Michal "Mimino" Danilak (langdetect).
# Licensed under the Apache License, Version 2.0; rewritten in this form by tools/make_language_profiles.py.
"""


def main():
    out = [HEAD.rstrip("\n")]
    out.append("latin1\t" + NGram.LATIN1_EXCLUDED)
    out.append(f"vietnamese\t{NGram.TO_NORMALIZE_VI_CHARS}\t{NGram.DMARK_CLASS}")
    for mark, letters in zip(NGram.DMARK_CLASS, NGram.NORMALIZED_VI_CHARS):
        out.append(f"vietnamese\t{mark}\t{letters}")
    out += ["kanji\t" + group for group in NGram.CJK_CLASS]
    folder = pathlib.Path(langdetect.__file__).parent / "profiles"
    for path in sorted(folder.iterdir()):
        profile = json.loads(path.read_text(encoding="utf-8"))
        out.append("\t".join(["language", profile["name"], *map(str, profile["n_words"])]))
        groups = collections.defaultdict(list)
        for gram, count in profile["freq"].items():
            assert 1 <= len(gram) <= 3 and not set(gram) & set("\t\n\r"), gram
            groups[len(gram), count].append(gram)
        for (n, count), grams in sorted(groups.items()):
            out.append(f"{n}\t{count}\t{''.join(sorted(grams))}")
    print("\n".join(out))


main()
