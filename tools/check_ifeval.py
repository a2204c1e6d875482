#!/usr/bin/env python3
"""Compares the module ifeval with its references on files that are not part of the project.

    NLTK_DATA=<folder with tokenizers/punkt_tab> tools/check_ifeval.py --check build/light/bin/ifeval_check [--mutations N] RESPONSES...

RESPONSES are JSON lines with a text in response, text or prompt. Of every text, and of N random changes of each, these must be equal:
sentences and words (NLTK 3.10.4, its own English parameters on both sides), words counted, lower, strip, isupper, islower,
json.loads, and langdetect's languages (seed 0). Then the classes of all code points that Unicode 14 assigns. The packages
are those of make_ifeval_goldens.py; verdicts on published responses are compared by `ifeval_check verdicts`.
"""
import argparse
import collections
import json
import logging
import os
import random
import re
import subprocess
import unicodedata

import langdetect
import nltk
from langdetect import DetectorFactory, LangDetectException

from ifeval_reference import instructions_util

MARKS = ["*", ".", "...", "?!", "\"", "'", "\u2019", "\u201c", "\n", "\n\n", " ", ",", ":", ";", "-", "--", "(", ")", "[", "]", "\u00e9", "\u0130", "\u03a3", "\u4e2d", "\u0905\u093e", "1", "5.", "A.", "U.S.", "Mr.", "`", "@", "#",
         "\u00ab", "\u2026", "\U0001F600", "\t", "\r\n", "\x1c", "\u200b", "\u3000", "'s", "n't", "cannot", "GONNA", "http://a.b/c", "x@y.zz", ". . .", "&", "$", "%", "<", ">", "{", "}", "\u2013", "''", "``"]


def mutated(text, draw):
    text = list(text[draw.randrange(len(text) + 1):][:600])
    for _ in range(draw.randint(1, 25)):
        at = draw.randrange(len(text) + 1)
        if draw.random() < 0.3:
            del text[at:at + draw.randint(1, 5)]
        else:
            text.insert(at, draw.choice(MARKS))
    out = "".join(text)
    return draw.choice([out, out, out.upper(), out.lower()])


def loads(text):
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def languages(text):
    try:
        return [[one.lang, one.prob] for one in langdetect.detect_langs(text)]
    except LangDetectException:
        return []


def expected(text, punkt):
    return {"sentences": punkt.tokenize(text), "words": nltk.word_tokenize(text), "lower": text.lower(), "strip": text.strip(), "isupper": text.isupper(), "islower": text.islower(),
            "num_words": instructions_util.count_words(text), "json": loads(text), "languages": languages(text)}


def same(name, a, b):
    if name != "languages":
        return a == b
    return [x[0] for x in a] == [x[0] for x in b] and all(abs(x[1] - y[1]) < 1e-9 for x, y in zip(a, b))


def check_texts(args):
    draw = random.Random(11)
    texts = []
    for path in args.responses:
        with open(path, encoding="utf-8") as file:
            for line in file:
                row = json.loads(line)
                texts.append(row.get("response", row.get("text", row.get("prompt"))))
    texts += [mutated(text, draw) for text in texts for _ in range(args.mutations)]
    texts = [text for text in texts if not re.search("[\ud800-\udfff]", text)]
    folder = os.path.join(os.environ["NLTK_DATA"], "tokenizers/punkt_tab/english")
    lines = "".join(json.dumps({"text": text}) + "\n" for text in texts)
    out = subprocess.run([args.check, "text", "--punkt", folder], input=lines, capture_output=True, text=True, check=True).stdout
    punkt = nltk.tokenize.punkt.PunktTokenizer()
    wrong = collections.Counter()
    for text, line in zip(texts, out.split("\n")):
        ours = json.loads(line)
        for name, value in expected(text, punkt).items():
            if not same(name, ours[name], value):
                wrong[name] += 1
                if wrong[name] <= 3:
                    print(f"{name}: {text!r}\n  reference {value!r}\n  ours      {ours[name]!r}")
    print(f"{len(texts)} texts; different: {dict(wrong) or 'none'}")
    return not wrong


def check_classes(args):
    wrong = 0
    for line in subprocess.run([args.check, "classes"], capture_output=True, text=True, check=True).stdout.split("\n")[:-1]:
        code, flags, low = line.split()
        c = chr(int(code, 16))
        if unicodedata.category(c) in ("Cn", "Co"):
            continue
        want = "".join(str(int(bool(x))) for x in (re.match(r"\w", c), c.isdecimal(), c.isspace(), c.isupper(), c.islower(), unicodedata.category(c) == "Lt"))
        lower = c.lower() if len(c.lower()) == 1 else "i"
        if flags != want or chr(int(low, 16)) != lower:
            wrong += 1
            print(f"U+{code}: reference {want} {ord(lower):x}, ours {flags} {low}")
    print(f"code points of another class: {wrong}")
    return not wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", required=True)
    parser.add_argument("--mutations", type=int, default=1)
    parser.add_argument("responses", nargs="+")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    DetectorFactory.seed = 0
    good = check_texts(args)
    return 0 if check_classes(args) and good else 1


raise SystemExit(main())
