#!/usr/bin/env python3
"""Compares evergreen's tokenizer with Hugging Face `tokenizers` on real vocabularies, texts and odd input.

  tools/check_text.py --tool build/dev/bin/text_check --tokenizer FILE [FILE ...] --corpus FILE [FILE ...]

Corpora: .jsonl, .jsonl.zst (field `text`), .txt. Files ending in .zst are unpacked with the `zstd` program.
Needs: tokenizers 0.23.3. Not part of the tests: nothing it reads is in the repository.
"""
import argparse, json, os, random, struct, subprocess, sys, tempfile, time
from pathlib import Path

from tokenizers import Tokenizer


def read(path):
    if str(path).endswith(".zst"):
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout
    return Path(path).read_bytes()


def documents(path):
    data = read(path)
    if ".jsonl" in str(path):
        for line in data.splitlines():
            record = json.loads(line)
            text = record.get("text") or "\n".join(str(v) for v in record.values())
            yield text.encode("utf-8", "surrogatepass")
    else:
        text = data.decode("utf-8", "replace")
        for i in range(0, len(text), 20000):
            yield text[i:i + 20000].encode()


def odd_documents(tokens, count, seed):
    """Every code point, ill-formed bytes, runs of spaces and marks, special tokens in odd places."""
    rng = random.Random(seed)
    for start in range(0, 0x110000, 512):
        codes = [c for c in range(start, min(start + 512, 0x110000)) if not 0xD800 <= c < 0xE000]
        yield "".join(map(chr, codes)).encode()
        yield "".join("a" + chr(c) + "1 " + chr(c) for c in codes).encode()
    pieces = [" ", "  ", "\n", "\r\n", "\t", "\u00a0", "\u2028", "\u3000", "\u180e", "\x85", "\x00", "'s", "'LL", "'ſ", "'d",
              "a", "B", "é", "e\u0301", "ß", "ﬁ", "日本", "ा", "कि", "👍🏽", "1", "22", "٣", "½", "²", "_", "-", "...", "\u200d",
              "\u0301" * 5, "\u0345\u0301\u0327", "가", "\u1100\u1161\u11a8", "Å", "\u212b", "\ufeff", "<|", "|>", "<"] + tokens
    for _ in range(count):
        text = "".join(rng.choice(pieces) for _ in range(rng.randint(0, 60)))
        yield text.encode()
    for _ in range(count):
        yield bytes(rng.choice([rng.randrange(256), rng.randrange(128), 0xE2, 0x82, 0xF0, 0x9F, 0xED, 0xA0, 32])
                    for _ in range(rng.randint(0, 40)))
    for text in ["a" * 300000, " " * 300000, "\n" * 100000, "ab" * 100000, "\u0301" * 100000, "1" * 100000,
                 "日" * 100000, "!" * 100000, " \n" * 50000, "a " * 50000]:
        yield text.encode()


def ours(tool, tokenizer, docs, letters):
    with tempfile.TemporaryFile() as stdin, tempfile.TemporaryFile() as stdout:
        for doc in docs:
            stdin.write(struct.pack("<I", len(doc)) + doc)
        stdin.seek(0)
        run = subprocess.run([tool, "tokenize", tokenizer, letters], stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)
        if run.returncode:
            sys.exit(run.stderr.decode())
        stdout.seek(0)
        data, at, result = stdout.read(), 0, []
        while at < len(data):
            (count,) = struct.unpack_from("<I", data, at)
            result.append(list(struct.unpack_from(f"<{count}i", data, at + 4)))
            at += 4 + 4 * count
        return result, run.stderr.decode().strip()


def compare(name, tool, path, reference, docs, letters):
    reference.encode_special_tokens = "s" not in letters
    got, figures = ours(tool, path, docs, letters)
    assert len(got) == len(docs), (len(got), len(docs))
    start, wrong, tokens = time.process_time(), 0, 0
    for doc, ids in zip(docs, got):
        expected = reference.encode(doc.decode("utf-8", "replace"), add_special_tokens="a" in letters).ids
        tokens += len(expected)
        if expected != ids:
            wrong += 1
            if wrong <= 3:
                at = next((i for i, (a, b) in enumerate(zip(ids, expected)) if a != b), min(len(ids), len(expected)))
                print(f"  differs at token {at}: {[reference.id_to_token(i) for i in ids[max(0, at - 3):at + 4]]} expected "
                      f"{[reference.id_to_token(i) for i in expected[max(0, at - 3):at + 4]]}")
    print(f"{name} [{letters}]: {len(docs)} documents, {tokens} tokens, {wrong} documents differ; {figures}; "
          f"tokenizers {time.process_time() - start:.2f} s", flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tool", required=True)
    parser.add_argument("--tokenizer", nargs="+", required=True)
    parser.add_argument("--corpus", nargs="*", default=[])
    parser.add_argument("--odd", type=int, default=3000, help="random texts of each kind; -1: no odd texts at all")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    wrong = 0
    for source in args.tokenizer:
        with tempfile.NamedTemporaryFile(suffix=".json") as file:
            file.write(read(source))
            file.flush()
            reference = Tokenizer.from_file(file.name)
            added = [t.content for t in reference.get_added_tokens_decoder().values()]
            label = Path(source).parent.name
            odd = list(odd_documents(added[:8] + ["<|im_star", "t|>"], args.odd, args.seed))
            for letters in ("as", "-") if args.odd >= 0 else ():
                wrong += compare(f"{label} odd", args.tool, file.name, reference, odd, letters)
            for corpus in args.corpus:
                docs = list(documents(corpus))
                wrong += compare(f"{label} {Path(corpus).parent.name}", args.tool, file.name, reference, docs, "as")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    main()
