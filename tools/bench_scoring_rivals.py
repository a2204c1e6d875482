#!/usr/bin/env python3
"""Log-likelihoods beside lm-evaluation-harness + transformers: same weights, same lists of tokens, in turn; the sums are compared.

  tools/bench_scoring_rivals.py --build build/release --data DATA [--task hellaswag mmlu] [--vocabulary 32000] [--items 200]
                                [--rival-batch 1 8 32] [--threads 1] [--rounds 2] [--json FILE]

DATA holds hellaswag/hellaswag_val_first2000.jsonl and mmlu/mmlu_dev.jsonl, mmlu_test.jsonl.zst (see its README). The requests are
built here, in the harness' form (0-shot HellaSwag; MMLU with the first five dev questions of a subject, ten subjects): both sides get
the same (context, continuation) tokens, the harness through HFLM._loglikelihood_tokens, which sorts, batches and reuses one-token
continuations of a context as it always does. Imports, loading and tokenizing are not counted.

The model is random, of the 40M shape of tools/bench_generate_rivals.py; --vocabulary 32000 trains a BPE tokenizer on the texts of the
tasks, --tokenizer DIR takes one (Llama 3's: 128256 rows in the embedding). Needs lm_eval 0.4.13, transformers 5.23.0, tokenizers, zstd
in the PATH, and `cmake --build ... --target engine_timing`.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

import bench_generate_rivals as generation

SUBJECTS = ["abstract_algebra", "anatomy", "astronomy", "business_ethics", "clinical_knowledge", "college_biology",
            "computer_security", "econometrics", "global_facts", "marketing"]


def lines(path):
    if path.endswith(".zst"):
        text = subprocess.run(["zstd", "-dc", path], capture_output=True, check=True).stdout.decode()
    else:
        text = open(path, encoding="utf-8").read()
    return [json.loads(line) for line in text.split("\n") if line.strip()]


def hellaswag(data, items):
    """(context, continuation) texts: the file is preprocessed already."""
    for item in lines(f"{data}/hellaswag/hellaswag_val_first2000.jsonl")[:items]:
        for choice in item["choices"]:
            yield item["query"], " " + choice


def mmlu(data, items):
    def question(item, with_answer):
        letters = "".join(f"\n{letter}. {choice}" for letter, choice in zip("ABCD", item["choices"]))
        return item["question"].strip() + letters + "\nAnswer:" + (f" {'ABCD'[item['answer']]}\n\n" if with_answer else "")
    dev, test = lines(f"{data}/mmlu/mmlu_dev.jsonl"), lines(f"{data}/mmlu/mmlu_test.jsonl.zst")
    for subject in SUBJECTS:
        header = f"The following are multiple choice questions (with answers) about {subject.replace('_', ' ')}.\n\n"
        header += "".join(question(d, True) for d in [d for d in dev if d["subject"] == subject][:5])
        for item in [t for t in test if t["subject"] == subject][:items // len(SUBJECTS)]:
            for letter in "ABCD":
                yield header + question(item, False), " " + letter


TASKS = {"hellaswag": hellaswag, "mmlu": mmlu}


def tokenizer_of(args, texts):
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    if args.tokenizer:
        if not os.path.exists(f"{args.tokenizer}/tokenizer.json"):
            raw = subprocess.run(["zstd", "-dc", f"{args.tokenizer}/tokenizer.json.zst"], capture_output=True, check=True).stdout
            return Tokenizer.from_str(raw.decode())
        return Tokenizer.from_file(f"{args.tokenizer}/tokenizer.json")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(texts, trainers.BpeTrainer(vocab_size=args.vocabulary, show_progress=False,
                                                             initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return tokenizer


def pairs_of(tokenizer, requests):
    """As the harness splits: both texts as one, cut where the tokens of the context end."""
    pairs = []
    for context, continuation in requests:
        whole = tokenizer.encode(context + continuation, add_special_tokens=False).ids
        before = tokenizer.encode(context, add_special_tokens=False).ids
        pairs.append((before, whole[len(before):]))
    return pairs


def rival(directory, requests, threads, batch):
    import torch
    from lm_eval.models.huggingface import HFLM
    from transformers import AutoTokenizer, LlamaForCausalLM
    torch.set_num_threads(threads)
    model = LlamaForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
    lm = HFLM(pretrained=model, tokenizer=AutoTokenizer.from_pretrained(directory), batch_size=batch, max_length=2048)
    asked = [(("", ""), context, continuation) for context, continuation in json.load(open(requests))["pairs"]]
    cpu, wall = time.process_time(), time.perf_counter()
    answers = lm._loglikelihood_tokens(asked, disable_tqdm=True)
    print(json.dumps({"cpu_s": [time.process_time() - cpu], "wall_s": [time.perf_counter() - wall],
                      "log_likelihoods": [float(a[0]) for a in answers], "greedy": [bool(a[1]) for a in answers]}))


def compare(ours, theirs):
    pairs = list(zip(ours["log_likelihoods"], theirs["log_likelihoods"]))
    return {"largest difference": max(abs(a - b) for a, b in pairs),
            "largest relative": max(abs(a - b) / max(1e-9, abs(b)) for a, b in pairs),
            "greedy differs": sum(a != b for a, b in zip(ours["greedy"], theirs["greedy"]))}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--data", help="directory with hellaswag/ and mmlu/")
    parser.add_argument("--task", nargs="+", default=list(TASKS), choices=TASKS)
    parser.add_argument("--vocabulary", type=int, default=32000)
    parser.add_argument("--tokenizer", help="directory with tokenizer.json or tokenizer.json.zst")
    parser.add_argument("--items", type=int, default=200)
    parser.add_argument("--rival-batch", type=int, nargs="+", default=[1, 8, 32])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--json")
    parser.add_argument("--rival", nargs=4, metavar=("MODEL", "REQUESTS", "THREADS", "BATCH"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.rival:
        return rival(args.rival[0], args.rival[1], int(args.rival[2]), int(args.rival[3]))
    texts = {task: list(TASKS[task](args.data, args.items)) for task in args.task}
    with tempfile.TemporaryDirectory() as directory:
        tokenizer = tokenizer_of(args, [a + b for t in texts.values() for a, b in t])
        rows = -(-tokenizer.get_vocab_size() // 64) * 64 if args.tokenizer else args.vocabulary
        generation.SHAPES["bench"] = dict(generation.SHAPES["40m"], vocab_size=rows)
        generation.make_model("bench", directory)
        tokenizer.save(f"{directory}/tokenizer.json")
        with open(f"{directory}/tokenizer_config.json", "w") as file:
            json.dump({"tokenizer_class": "PreTrainedTokenizerFast"}, file)
        results = []
        for task in args.task:
            requests = f"{directory}/requests.json"
            pairs = pairs_of(tokenizer, texts[task])
            with open(requests, "w") as file:
                json.dump({"pairs": pairs}, file)
            sides = {"evergreen": [os.path.join(args.build, "bin", "engine_timing"), directory, requests, str(args.threads)]}
            for batch in args.rival_batch:
                sides[f"harness, batch {batch}"] = [sys.executable, __file__, "--rival", directory, requests,
                                                    str(args.threads), str(batch)]
            runs = {side: [] for side in sides}
            for _ in range(args.rounds):
                for side, command in sides.items():
                    runs[side].append(generation.run(command))
            row = {"task": task, "items": args.items, "requests": len(pairs), "tokens": sum(len(a) + len(b) for a, b in pairs),
                   "vocabulary": rows, "threads": args.threads}
            for clock in ("cpu_s", "wall_s"):
                seconds = {side: statistics.median(r[clock][-1] for r in runs[side]) for side in sides}
                ours = seconds.pop("evergreen")
                row[clock] = {"evergreen": round(ours, 2)} | {side: round(s, 2) for side, s in seconds.items()}
                row[f"ratio {clock} (the harness' best batch)"] = round(min(seconds.values()) / ours, 2)
            row |= compare(runs["evergreen"][0], runs[f"harness, batch {args.rival_batch[0]}"][0])
            row["load"] = os.getloadavg()[0]
            results.append(row)
            print(json.dumps(row), flush=True)
    if args.json:
        with open(args.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
