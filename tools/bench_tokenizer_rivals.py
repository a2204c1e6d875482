#!/usr/bin/env python3
"""Runs `tokenizers`, `tiktoken` and `quicktok-v1` beside tokenizer_bench: MB per second of the processor, one thread, ids compared.

  tools/bench_tokenizer_rivals.py --bench build/release/bin/tokenizer_bench --tokenizer FILE --corpus FILE [FILE ...]
        [--megabytes 50] [--slow-megabytes 10] [--runs 3] [--quicktok llama3]

Corpora: .jsonl, .jsonl.zst (field `text`), others as plain text; repeated until there are --megabytes. Each rival runs in a
process of its own, right behind ours, in every round; of the rounds the best is taken, for each alike. `tokenizers` is slow: it
gets --slow-megabytes, and its faster way without offsets (encode_batch_fast) is timed too. Ids are compared document by document.
Needs: tokenizers 0.23.3, tiktoken 0.14.0, quicktok-v1 0.4.0, numpy (pip).
"""
import argparse, json, os, subprocess, sys, tempfile, time
from pathlib import Path

PINNED = {"tokenizers": "0.23.3", "tiktoken": "0.14.0", "quicktok-v1": "0.4.0"}


def read(path):
    if str(path).endswith(".zst"):
        return subprocess.run(["zstd", "-dc", path], check=True, capture_output=True).stdout.decode("utf-8", "replace")
    return Path(path).read_text("utf-8", "replace")


def documents(paths, megabytes):
    texts = []
    for path in paths:
        if ".jsonl" in str(path):
            for line in read(path).split("\n"):
                if line:
                    record = json.loads(line)
                    texts.append(record.get("text") or "\n".join(str(v) for v in record.values()))
        else:
            text = read(path)
            texts += [text[i:i + 10000] for i in range(0, len(text), 10000)]
    made, size = [], 0
    while size < megabytes * 1e6:
        for text in texts:
            made.append(text)
            size += len(text.encode("utf-8", "replace"))
            if size >= megabytes * 1e6:
                break
    return [t.encode("utf-8", "replace").decode() for t in made]


def byte_level():
    printable = list(range(33, 127)) + list(range(161, 173)) + list(range(174, 256))
    table, free = {}, 0x100
    for byte in range(256):
        table[chr(byte if byte in printable else free)] = byte
        free += byte not in printable
    return table


class Timer:
    def __init__(self):
        self.seconds = time.process_time()

    def take(self):
        now = time.process_time()
        self.seconds, taken = now, now - self.seconds
        return taken


def rival(name, tokenizer, docs, quicktok_name):
    """In a process of its own. Returns (load seconds, encode seconds, arrays of ids)."""
    import numpy as np
    timer = Timer()
    if name.startswith("tokenizers"):
        from tokenizers import Tokenizer
        reference = Tokenizer.from_file(tokenizer)
        load = timer.take()
        call = reference.encode_batch if name == "tokenizers" else reference.encode_batch_fast
        made = []
        for i in range(0, len(docs), 512):
            made += [e.ids for e in call(docs[i:i + 512], add_special_tokens=False)]
        return load, timer.take(), [np.array(m, np.int32) for m in made]
    if name == "tiktoken":
        import tiktoken
        file = json.loads(Path(tokenizer).read_text())
        letters = byte_level()
        ranks = {bytes(letters[c] for c in t): i for t, i in file["model"]["vocab"].items()}
        steps = file["pre_tokenizer"]["pretokenizers"]
        timer.take()
        encoding = tiktoken.Encoding("rival", pat_str=steps[0]["pattern"]["Regex"], mergeable_ranks=ranks, special_tokens={})
        load = timer.take()
        made = [encoding.encode_ordinary(d) for d in docs]
        return load, timer.take(), [np.array(m, np.int32) for m in made]
    import quicktok
    encoding = quicktok.get_encoding(quicktok_name)
    load = timer.take()
    ids, offsets = encoding.encode_batch(docs, threads=1)
    taken = timer.take()
    return load, taken, [ids[offsets[i]:offsets[i + 1]].astype(np.int32) for i in range(len(docs))]


def child(args):
    import numpy as np
    docs = json.loads(Path(args.documents).read_text())
    load, seconds, ids = rival(args.rival, args.tokenizer, docs, args.quicktok)
    np.concatenate(ids).tofile(args.ids)
    np.array([len(i) for i in ids], np.int64).tofile(args.ids + ".counts")
    print(json.dumps({"load": load, "seconds": seconds}))


def ours_by_document(path):
    import numpy as np
    data, at, made = np.fromfile(path, np.int32), 0, []
    while at < len(data):
        made.append(data[at + 1:at + 1 + data[at]])
        at += 1 + data[at]
    return made


def different(path, ours):
    import numpy as np
    ids, at, wrong = np.fromfile(path, np.int32), 0, 0
    counts = np.fromfile(path + ".counts", np.int64)
    for count, own in zip(counts, ours):
        wrong += not np.array_equal(ids[at:at + count], own)
        at += count
    return wrong, len(counts)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench")
    parser.add_argument("--tokenizer", required=True)
    parser.add_argument("--corpus", nargs="+", default=[])
    parser.add_argument("--megabytes", type=float, default=50)
    parser.add_argument("--slow-megabytes", type=float, default=10)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--quicktok", default="llama3", help="its name for this vocabulary; empty: leave it out")
    parser.add_argument("--rival", help=argparse.SUPPRESS)
    parser.add_argument("--documents", help=argparse.SUPPRESS)
    parser.add_argument("--ids", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.rival:
        return child(args)
    from importlib.metadata import version
    found = {name: version(name) for name in PINNED}
    if found != PINNED:
        sys.exit(f"the rivals are {PINNED}, found {found}")
    os.environ |= {"TOKENIZERS_PARALLELISM": "false", "RAYON_NUM_THREADS": "1"}
    rivals = ["quicktok-v1", "tiktoken", "tokenizers fast", "tokenizers"]
    rivals = rivals if args.quicktok else rivals[1:]
    with tempfile.TemporaryDirectory() as folder:
        docs = documents(args.corpus, args.megabytes)
        few = documents(args.corpus, args.slow_megabytes)
        for name, some in (("all", docs), ("few", few)):
            Path(folder, f"{name}.json").write_text(json.dumps(some))
        Path(folder, "all.jsonl").write_text("".join(json.dumps({"text": d}, ensure_ascii=False) + "\n" for d in docs))
        best, loads, wrong = {}, {}, {}
        for _ in range(args.runs):
            for name in rivals:
                out = subprocess.run([args.bench, "--tokenizer", args.tokenizer, "--megabytes", str(args.megabytes), "--runs", "1",
                                      "--ids", f"{folder}/ours", f"{folder}/all.jsonl"], check=True, capture_output=True)
                line = json.loads(out.stdout)
                best["evergreen"] = max(best.get("evergreen", 0), line["megabytes_per_cpu_second"])
                loads["evergreen"] = min(loads.get("evergreen", 1e9), line["load_cpu_seconds"])
                which = "few" if name.startswith("tokenizers") else "all"
                out = subprocess.run([sys.executable, __file__, "--rival", name, "--tokenizer", args.tokenizer, "--documents",
                                      f"{folder}/{which}.json", "--ids", f"{folder}/ids", "--quicktok", args.quicktok],
                                     check=True, capture_output=True)
                line = json.loads(out.stdout)
                size = sum(len(d.encode()) for d in (few if which == "few" else docs)) / 1e6
                best[name] = max(best.get(name, 0), size / line["seconds"])
                loads[name] = min(loads.get(name, 1e9), line["load"])
                wrong[name] = different(f"{folder}/ids", ours_by_document(f"{folder}/ours"))
        print(f"{len(docs)} documents, {args.megabytes} MB, best of {args.runs} rounds")
        for name in ["evergreen"] + rivals:
            ids = "" if name == "evergreen" else f", ids differ in {wrong[name][0]} of {wrong[name][1]} documents"
            print(f"  {name:16} {best[name]:7.2f} MB per CPU second, evergreen is {best['evergreen'] / best[name]:5.1f} times as fast, "
                  f"load {loads[name]:.3f} CPU s{ids}")
    sys.exit(1 if any(w for w, _ in wrong.values()) else 0)


if __name__ == "__main__":
    main()
