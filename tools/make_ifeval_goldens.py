#!/usr/bin/env python3
"""Makes tests/golden/ifeval: what the reference checker and its helpers say of the texts in tools/ifeval_texts.py.

    pip install lm_eval==0.4.13 --no-deps; pip install langdetect==1.0.9 nltk==3.10.4 immutabledict packaging
    NLTK_DATA=<folder with tokenizers/punkt_tab> tools/make_ifeval_goldens.py tests/golden/ifeval

Sentences and words are those of NLTK with the library's Punkt parameters (evergreen/ifeval/data/punkt_english.txt), verdicts those of
the reference with NLTK's own; where the parameters change a verdict, "otherwise_with_our_punkt" has the other one by text.
Python 3.11 (Unicode 14). Seeds: random.seed(0) before each verdict, DetectorFactory.seed = 0; 7 for the mixtures.
"""
import json
import logging
import pathlib
import random
import re
import sys
import unicodedata

import langdetect
import nltk
from langdetect import DetectorFactory, LangDetectException
from nltk.tokenize.punkt import PunktParameters, PunktSentenceTokenizer, PunktTrainer

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from ifeval_texts import INSTRUCTIONS, LANGUAGES, LETTER, RESPONSES, mixtures  # noqa: E402
from ifeval_reference import instructions_util, utils  # noqa: E402

PATTERNS = [
    (r"\bcat\b", "i"), (r"\w+", ""), (r"\W+", ""), (r"[\W_]+", ""), (r"\s+", ""), (r"[^\s]+", ""), (r"\d+", ""), (r"^\s*-.*$", "m"), (r"$", "m"), (r"^", "m"), (r"a*", ""),
    (r"(a|b)+c?", "i"), (r"x{,2}y", "i"), (r"[]a]", ""), (r"[[]", ""), (r"[a-c\]]+", "i"), (r"{a}", ""), (r"a{1", ""), (r"(?P<q>['\"]).*?(?P=q)", ""), (r"(.)\1", ""),
    (r"(?i)HELLO", ""), (r"i", "i"), (r"[ij]", "i"), (r"\u00e9|\xe8", "i"), (r"(?<!\w)'(?=\w)", ""), (r"\Athe", "i"), (r"\.\Z", ""), (r"\.$", ""), (r"(?#note)cat(?:s|ch)?", "i"),
    (r"(?P<a>o)(?(a)n|x)", ""), (r"\101", ""), (r"[\b]", ""), (r"[\d\s]+", ""), (r"[\D]+", ""), (r"k", "i"), (r"\B\w\B", ""), (r"(?s:.+)", ""), (r"a++b|c*+", ""), (r"\*\*[^\n\*]*\*\*", ""),
]
REFUSED = [r"\p{L}", r"\Q", r"(?R)", r"(*ACCEPT)", r"[a", r"(a", r"a)", r"*a", r"a**", r"\xz", r"(?<n>a)", r"\8", r"[z-a]", "\\", r"(?P<1>a)", r"a(?i)b", r"\u12"]

TRAINING = (LETTER + "\n\n") * 3 + " ".join(
    f"Mr. {name} came to Bonn. The engineer {name} said that prof. {name} saw the approx. {n} trains. It was late, as usual. Prof. {name} left at {n}. The approx. time was known. "
    f"In the morning Mr. {name} went by no. {n} to St. Paul. St. Paul is a town. However, no. {n} was late. However, it came."
    for n, name in enumerate(["Smith", "Jones", "Brown", "Evans", "Lewis", "Clark", "Hill", "Green"] * 6, 3))


def verdict(instruction_id, kwargs, response):
    example = utils.InputExample(key=0, instruction_id_list=[instruction_id], prompt="", kwargs=[kwargs])
    out = 0
    for function, value in ((utils.test_instruction_following_strict, 2), (utils.test_instruction_following_loose, 1)):
        random.seed(0)
        if function(example, response).follow_all_instructions:
            out = max(out, value)
    return str(out)


def languages(text):
    try:
        return [[one.lang, one.prob] for one in langdetect.detect_langs(text)]
    except LangDetectException:
        return None


def is_json(text):
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def features(text, punkt):
    return {"text": text, "sentences": punkt.tokenize(text), "words": nltk.word_tokenize(text), "lower": text.lower(), "strip": text.strip(), "isupper": text.isupper(),
            "islower": text.islower(), "num_words": instructions_util.count_words(text), "json": is_json(text), "languages": languages(text)}


def ranges(test):
    """Code points that pass, as [first, last] pairs; those that Unicode 14 leaves unassigned or are surrogates count as the one before."""
    out, inside = [], False
    for code in range(0x110000):
        if unicodedata.category(chr(code)) in ("Cn", "Cs", "Co"):
            continue
        now = test(chr(code))
        if now and not inside:
            out.append([code, code])
        elif now:
            out[-1][1] = code
        inside = now
    return out


def write(path, lines):
    path.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines), encoding="utf-8")


class GivenAbbreviations(PunktTrainer):
    """Learns everything but the abbreviations."""
    ABBREV_BACKOFF = 0

    def _reclassify_abbrev_types(self, types):
        return ()


def library_parameters():
    """evergreen/ifeval/data/punkt_english.txt."""
    parameters = PunktParameters()
    section = None
    for line in (pathlib.Path(__file__).resolve().parent.parent / "evergreen/ifeval/data/punkt_english.txt").read_text(encoding="utf-8").split("\n"):
        if line.startswith("# ") or not line:
            continue
        if line.startswith("["):
            section = line
        elif section == "[collocations]":
            parameters.collocations.add(tuple(line.split("\t")))
        elif section == "[contexts]":
            bits, *words = line.split(" ")
            parameters.ortho_context.update((word, int(bits)) for word in words)
        else:
            (parameters.abbrev_types if section == "[abbreviations]" else parameters.sent_starters).update(line.split(" "))
    return parameters


def write_punkt_tab(folder, parameters):
    """The files of nltk's save_punkt_params, which insists on a folder among its own data."""
    folder.mkdir(exist_ok=True)
    tables = {"abbrev_types.txt": [[word] for word in parameters.abbrev_types], "sent_starters.txt": [[word] for word in parameters.sent_starters],
              "collocations.tab": parameters.collocations, "ortho_context.tab": [(word, str(bits)) for word, bits in parameters.ortho_context.items() if bits]}
    for name, rows in tables.items():
        (folder / name).write_text("".join(sorted("\t".join(row) + "\n" for row in rows)), encoding="utf-8")


def main():
    folder = pathlib.Path(sys.argv[1])
    logging.disable(logging.CRITICAL)
    DetectorFactory.seed = 0
    own = nltk.tokenize.punkt.PunktSentenceTokenizer(library_parameters())
    texts = [*RESPONSES, *LANGUAGES.values(), *mixtures(120, 7)]
    verdicts = [[verdict(i, k, text) for text in texts] for i, k in INSTRUCTIONS]
    instructions_util._get_sentence_tokenizer = lambda: own
    nltk.tokenize._get_punkt_tokenizer = lambda language: own
    write(folder / "texts.jsonl", [features(text, own) for text in texts])
    lines = []
    for (i, k), theirs in zip(INSTRUCTIONS, verdicts):
        lines.append({"id": i, "kwargs": k, "verdicts": "".join(theirs)})
        if i in ("length_constraints:number_sentences", "change_case:capital_word_frequency"):
            ours = [verdict(i, k, text) for text in texts]
            lines[-1]["otherwise_with_our_punkt"] = {str(n): o for n, (o, t) in enumerate(zip(ours, theirs)) if o != t}
    write(folder / "verdicts.jsonl", lines)
    flags = {"i": re.IGNORECASE, "m": re.MULTILINE, "": 0}
    write(folder / "patterns.jsonl", [{"pattern": p, "flags": f, "counts": [len(re.findall(p, text, flags[f])) for text in texts]} for p, f in PATTERNS])
    for pattern in REFUSED:
        try:
            re.compile(pattern)
            raise SystemExit(f"Python takes {pattern}")
        except re.error:
            pass
    (folder / "refused_patterns.json").write_text(json.dumps(REFUSED) + "\n")
    classes = {"word": lambda c: re.match(r"\w", c) is not None, "space": str.isspace, "decimal": str.isdecimal, "upper": str.isupper, "lower": str.islower,
               "title": lambda c: unicodedata.category(c) == "Lt"}
    (folder / "classes.json").write_text(json.dumps({name: ranges(test) for name, test in classes.items()}) + "\n")
    draws = []
    for seed in (0, 1, 12345, 2**32 - 1):
        r = random.Random(seed)
        draws.append({"seed": seed, "gauss": [r.gauss(0, 1) for _ in range(3)], "uniform": [r.random() for _ in range(3)], "choice": [r.choice(range(n)) for n in (1, 2, 3, 1000, 70000)]})
    write(folder / "random.jsonl", draws)
    trainer = GivenAbbreviations()
    trainer._params.abbrev_types = set("approx dr fig i.e inc jan mr no p.m p.s prof st u.s".split())
    trainer.train(TRAINING)
    parameters = trainer.get_params()
    write_punkt_tab(folder / "punkt_tab", parameters)
    small = PunktSentenceTokenizer(parameters)
    write(folder / "small_punkt.jsonl", [small.tokenize(text) for text in texts])
    (folder / "training.txt").write_text(TRAINING, encoding="utf-8")


main()
