#!/usr/bin/env python3
"""Compares evergreen's tokenizer with Hugging Face `tokenizers` 0.23.3: ids, offsets and decoded texts.

  tools/check_text.py --tool build/dev/bin/text_check --tokenizer FILE [FILE ...] --corpus FILE [FILE ...]
  tools/check_text.py --tool build/dev/bin/text_check --random 300
  tools/check_text.py --tool build/dev/bin/text_check --tokenizer FILE --adversarial

Corpora: .jsonl, .jsonl.zst (field `text`), others as one text in pieces. Files ending in .zst are unpacked with the `zstd`
program. --random makes tokenizers of random components, trained on random text, and compares them on odd texts; what the
reference itself refuses or panics on is left out and counted. Not part of the tests: nothing it reads is in the repository.
"""
import argparse, json, os, random, resource, struct, subprocess, sys, tempfile, time
from pathlib import Path

from tokenizers import Tokenizer

import tokenizer_cases as cases


def read(path):
    if str(path).endswith(".zst"):
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    return Path(path).read_bytes()


def documents(path):
    data = read(path)
    if ".jsonl" in str(path):
        for line in data.split(b"\n"):
            if line.strip():
                record = json.loads(line)
                text = record.get("text") or "\n".join(str(v) for v in record.values())
                yield text.encode("utf-8", "surrogatepass")
    else:
        for i in range(0, len(data), 20000):  # cuts characters: ill-formed at both ends
            yield data[i:i + 20000]


class Tool:
    """text_check on one tokenizer file."""

    def __init__(self, program, path):
        self.program, self.path, self.figures = program, path, ""

    def run(self, command, items, letters):
        with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
            for item in items:
                stdin.write(item)
            stdin.seek(0)
            run = subprocess.run([self.program, command, self.path, letters], stdin=stdin, stdout=stdout,
                                 stderr=subprocess.PIPE)
            self.figures = run.stderr.decode().strip()
            if run.returncode:
                raise RuntimeError(self.figures)
            stdout.seek(0)
            return stdout.read()

    def tokenize(self, docs, letters):
        """Of each document (ids, [(begin, end)], decoded text)."""
        data, at = self.run("tokenize", (struct.pack("<I", len(d)) + d for d in docs), letters), 0
        for _ in docs:
            (count,) = struct.unpack_from("<I", data, at)
            ids = list(struct.unpack_from(f"<{count}i", data, at + 4))
            at += 4 + 4 * count
            spans, text = None, None
            if "o" in letters:
                flat = struct.unpack_from(f"<{2 * count}I", data, at)
                spans = list(zip(flat[::2], flat[1::2]))
                at += 8 * count
            if "d" in letters:
                (size,) = struct.unpack_from("<I", data, at)
                text = data[at + 4:at + 4 + size].decode()
                at += 4 + size
            yield ids, spans, text

    def decode(self, lists, skip):
        data, at = self.run("decode", (struct.pack(f"<I{len(i)}i", len(i), *i) for i in lists), "s" if skip else "-"), 0
        for _ in lists:
            (size,) = struct.unpack_from("<I", data, at)
            yield data[at + 4:at + 4 + size].decode()
            at += 4 + size


def places(data):
    """The text of ill-formed bytes as errors="replace" reads it, and for each of its characters where it begins."""
    text, starts = [], []
    at = 0
    while at < len(data):
        try:
            good = data[at:].decode()
            bad = None
        except UnicodeDecodeError as error:
            good, bad = data[at:at + error.start].decode(), error.end - error.start
        for c in good:
            text.append(c)
            starts.append(at)
            at += len(c.encode())
        if bad:
            text.append("\ufffd")
            starts.append(at)
            at += bad
    return "".join(text), starts + [len(data)]


panics = 0


def asked(function):
    """What the reference says; None where it panics."""
    global panics
    try:
        return function()
    except BaseException as error:
        if "Panic" not in type(error).__name__:
            raise
        panics += 1
        return None


def compare(name, tool, reference, docs, letters, quiet=False):
    reference.encode_special_tokens = "s" not in letters
    start, wrong, tokens = time.process_time(), 0, 0
    for doc, (ids, spans, text) in zip(docs, tool.tokenize(docs, letters)):
        expected = asked(lambda: reference.encode(doc.decode("utf-8", "replace"), add_special_tokens="a" in letters))
        if expected is None:
            continue
        tokens += len(expected.ids)
        problem = None
        if expected.ids != ids:
            at = next((i for i, (a, b) in enumerate(zip(ids, expected.ids)) if a != b), min(len(ids), len(expected.ids)))
            show = lambda i: [reference.id_to_token(x) for x in i[max(0, at - 3):at + 4]]
            problem = f"differs at token {at}: {show(ids)} expected {show(expected.ids)}"
        elif spans is not None:
            _, starts = places(doc)
            wanted = [(starts[b], starts[e]) for b, e in expected.offsets]
            if wanted != spans:
                at = next(i for i, (a, b) in enumerate(zip(spans, wanted)) if a != b)
                problem = f"offset of token {at} ({expected.tokens[at]!r}) is {spans[at]}, expected {wanted[at]}"
        if problem is None and text is not None:
            wanted = asked(lambda: reference.decode(ids, skip_special_tokens=False))
            if wanted is not None and text != wanted:
                problem = f"decodes to {text[:80]!r}, expected {wanted[:80]!r}"
        if problem:
            wrong += 1
            if wrong <= 3:
                print(f"  {doc[:60]!r}: {problem}")
    if not quiet or wrong:
        print(f"{name} [{letters}]: {len(docs)} documents, {tokens} tokens, {wrong} documents differ; {tool.figures}; "
              f"tokenizers {time.process_time() - start:.2f} s", flush=True)
    return wrong


def compare_random_ids(name, tool, reference, rng):
    size, wrong = reference.get_vocab_size(), 0
    lists = [[rng.randrange(size + 2) for _ in range(rng.randint(0, 12))] for _ in range(60)]
    for skip in (False, True):
        for ids, text in zip(lists, tool.decode(lists, skip)):
            wanted = asked(lambda: reference.decode(ids, skip_special_tokens=skip))
            if wanted is not None and text != wanted:
                wrong += 1
                print(f"  {name}: {[reference.id_to_token(i) for i in ids]} decodes to {text!r}, expected {wanted!r}")
                break
    return wrong


SAME, DIFFERS, LEFT_OUT = 0, 1, 2


def compare_one_random(program, seed):
    rng = random.Random(seed)
    made = asked(lambda: cases.random_tokenizer(rng))
    if made is None:
        return LEFT_OUT
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(made)
        file.flush()
        reference, tool, bad = Tokenizer.from_str(made), Tool(program, file.name), 0
        docs = cases.odd_texts(rng, [t.content for t in reference.get_added_tokens_decoder().values()], 40)
        try:
            for letters in ("asod", "od", "a"):
                bad += compare(f"random {seed}", tool, reference, docs, letters, quiet=True)
            bad += compare_random_ids(f"random {seed}", tool, reference, rng)
        except RuntimeError as error:
            if "behind the normalizer" in str(error):  # of two tokens that become equal the reference takes any
                return LEFT_OUT
            print(f"random {seed}: {error}")
            bad += 1
        if bad:
            shown = json.loads(made)
            shown["model"].pop("vocab"), shown["model"].pop("merges")
            print("  " + json.dumps(shown, ensure_ascii=False)[:3000], flush=True)
        return DIFFERS if bad else SAME


def compare_random(program, count, seed):
    """Each in a process of its own: the reference panics on some texts, and takes all memory on others."""
    results = {SAME: 0, DIFFERS: 0, LEFT_OUT: 0}
    died = 0
    for i in range(seed, seed + count):
        sys.stdout.flush()
        child = os.fork()
        if child == 0:
            resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            code = compare_one_random(program, i)
            sys.stdout.flush()
            os._exit(code)
        status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        if status in results:
            results[status] += 1
        else:
            died += 1
    print(f"{count} random tokenizers: {results[SAME]} the same, {results[DIFFERS]} differ, {results[LEFT_OUT]} left out, "
          f"on {died} the reference died")
    return results[DIFFERS]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--tokenizer", nargs="*", default=[])
    parser.add_argument("--corpus", nargs="*", default=[])
    parser.add_argument("--letters", default="as", help="options of text_check for the corpora")
    parser.add_argument("--odd", type=int, default=3000, help="random texts of each kind; -1: no odd texts at all")
    parser.add_argument("--adversarial", action="store_true", help="texts of megabytes that invite quadratic time")
    parser.add_argument("--random", type=int, default=0, metavar="N", help="compare N random tokenizers")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    wrong = compare_random(args.tool, args.random, args.seed) if args.random else 0
    for source in args.tokenizer:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(read(source))
            file.flush()
            reference, tool = Tokenizer.from_file(file.name), Tool(args.tool, file.name)
            added = [t.content for t in reference.get_added_tokens_decoder().values()]
            label = Path(source).parent.name
            if args.adversarial:
                for name, text in cases.adversarial_texts(added[:4]):
                    wrong += compare(f"{label} {name}", tool, reference, [text], "as")
                continue
            rng = random.Random(args.seed)
            if args.odd >= 0:
                codes, odd = list(cases.every_code_point()), cases.odd_texts(rng, added[:8], args.odd)
                for letters in ("as", "-"):
                    wrong += compare(f"{label} every code point", tool, reference, codes, letters)
                    wrong += compare(f"{label} odd", tool, reference, odd, letters)
                wrong += compare(f"{label} odd", tool, reference, odd, "asod")
                wrong += compare_random_ids(label, tool, reference, rng)
            for corpus in args.corpus:
                wrong += compare(f"{label} {Path(corpus).parent.name}", tool, reference, list(documents(corpus)), args.letters)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
