#!/usr/bin/env python3
"""The reference checker of IFEval (lm_eval 0.4.13) and ifeval_bench on the same responses, in turn, in one run: CPU seconds.

    pip install lm_eval==0.4.13 --no-deps; pip install langdetect==1.0.9 nltk==3.10.4 immutabledict
    NLTK_DATA=<folder with tokenizers/punkt_tab> tools/bench_ifeval.py --bench build/release/bin/ifeval_bench PROMPTS RESPONSES...

Imports, loading of files, of language profiles and of sentence parameters are not counted on either side; ours counts from the
line of the prompts file on. Both are the best of --runs runs. The verdicts must agree but for letter_frequency of what is
no letter, where the reference draws a random one. langdetect has the seed 0.
"""
import argparse
import json
import logging
import random
import subprocess
import time

from langdetect import DetectorFactory

from ifeval_reference import utils

RANDOM = "keywords:letter_frequency"


def read(path):
    with open(path, encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]


def reference(work):
    verdicts = []
    start = time.process_time()
    for prompt, response in work:
        example = utils.InputExample(key=prompt["key"], instruction_id_list=prompt["instruction_id_list"], prompt=prompt["prompt"], kwargs=prompt["kwargs"])
        verdicts.append({"strict": utils.test_instruction_following_strict(example, response).follow_instruction_list,
                         "loose": utils.test_instruction_following_loose(example, response).follow_instruction_list})
    return time.process_time() - start, verdicts


def differences(work, ours, theirs):
    for (prompt, _), a, b in zip(work, ours, theirs):
        for i, instruction in enumerate(prompt["instruction_id_list"]):
            drawn = instruction == RANDOM and not prompt["kwargs"][i]["letter"].isalpha()
            for way in ("strict", "loose"):
                if a[way][i] != b[way][i] and not drawn:
                    yield f"key {prompt['key']} {instruction} {way}: reference {b[way][i]}, ours {a[way][i]}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bench", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("prompts")
    parser.add_argument("responses", nargs="+")
    args = parser.parse_args()
    logging.disable(logging.CRITICAL)
    DetectorFactory.seed = 0
    random.seed(0)
    prompts = read(args.prompts)
    by_key = {p["key"]: p for p in prompts}
    by_text = {p["prompt"]: p for p in prompts}
    for path in args.responses:
        work = [(by_key.get(r["key"]) if "key" in r else by_text.get(r["prompt"]), r["response"]) for r in read(path)]
        work = [(p, r) for p, r in work if p]
        reference(work[:60])  # loads what is loaded late
        slow = fast = float("inf")
        for _ in range(args.runs):
            out = json.loads(subprocess.run([args.bench, "--responses", args.prompts, path, "--runs", "5"], check=True, capture_output=True).stdout)
            seconds, theirs = reference(work)
            fast, slow = min(fast, out["cpu_seconds"]), min(slow, seconds)
        found = list(differences(work, out["verdicts"], theirs))
        print(f"{path}: {len(work)} responses; reference {slow:.3f} s, ours {fast:.4f} s: {slow / fast:.0f} times; verdicts that differ: {len(found)}")
        print("\n".join(found), end="\n" if found else "")


main()
