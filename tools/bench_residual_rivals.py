#!/usr/bin/env python3
"""Runs mergekit and the residuals package beside `evergreen residual graft`: wall, CPU seconds and peak memory of one run each.

  tools/bench_residual_rivals.py --build build/release --work DIR [--layers 16] [--runs 2] [--json FILE]

DIR needs about 35 GB with 16 layers (the shape of Llama-3.2-1B, 2.47 GB a checkpoint); it gets the checkpoints (graft_bench
--make), the outputs of each program, which tools/replay_rounding.py reads, and DIR/venv with the pinned rivals from PyPI
(--venv DIR2: one that has them already). Each line shows the load of the machine (1-minute average) when that run began.

What is compared: new_base + (instruct - base).
  evergreen  graft, with fsync and content hashes, as anybody would run it
  mergekit   task_arithmetic in bfloat16: base + 1 * (new_base - base) + 1 * (instruct - base)
  residuals  Residuals.from_models and save_pretrained, then from_pretrained, apply and save (two programs)
"""
import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

PINNED = ["mergekit==0.1.5", "residuals==0.3.2", "torch==2.11.0", "transformers==5.23.0", "tokenizers==0.23.3",
          "safetensors==0.8.0"]
MODELS = ["new_base", "base", "instruct"]

RESIDUALS_EXTRACT = """
import sys
from residuals import Residuals
from transformers import AutoTokenizer
base, instruct, out = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(instruct)
Residuals.from_models(base_model=base, instruct_model=instruct, instruct_tokenizer=tokenizer).save_pretrained(out)
"""
RESIDUALS_APPLY = """
import sys
from residuals import Residuals
residual, new_base, out = sys.argv[1:]
Residuals.from_pretrained(residual).apply(base_model=new_base, out_dir=out)
"""
MERGEKIT = """
merge_method: task_arithmetic
base_model: {base}
models:
  - model: {new_base}
    parameters: {{weight: 1.0}}
  - model: {instruct}
    parameters: {{weight: 1.0}}
parameters: {{normalize: false, lambda: 1.0}}
dtype: bfloat16
"""


def make_venv(venv):
    if not (venv / "bin/mergekit-yaml").exists():
        subprocess.run([sys.executable, "-m", "venv", venv], check=True)
        subprocess.run([venv / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *PINNED], check=True)


def write_tokenizer(model):
    """A byte-level BPE without merges and as many tokens as the embedding has rows, so that nobody resizes anything."""
    rows = json.loads((model / "config.json").read_text())["vocab_size"]
    letters = [chr(c) for c in range(33, 127)] + [chr(256 + i) for i in range(162)]
    vocab = {token: i for i, token in enumerate(letters)}
    for i in range(len(vocab), rows):
        vocab[f"<token_{i}>"] = i
    level = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
    tokenizer = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
                 "pre_tokenizer": level, "post_processor": None, "decoder": level,
                 "model": {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
                           "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False, "vocab": vocab, "merges": []}}
    (model / "tokenizer.json").write_text(json.dumps(tokenizer))
    (model / "tokenizer_config.json").write_text(json.dumps(
        {"tokenizer_class": "PreTrainedTokenizerFast", "chat_template": "{{ messages[0]['content'] }}"}))


def make_checkpoints(build, work, layers):
    subprocess.run([build / "bin/graft_bench", "--make", "--dir", work, "--layers", str(layers)], check=True)
    for name in MODELS:
        write_tokenizer(work / name)


def warm(work):
    for name in MODELS:
        for shard in sorted((work / name).glob("*.safetensors")):
            with open(shard, "rb", buffering=0) as file:
                while file.read(1 << 24):
                    pass


def measure(command, log):
    """Wall seconds, CPU seconds and peak MB of a program and its children that ended."""
    load = os.getloadavg()[0]
    with open(log, "ab") as output:
        start = time.monotonic()
        child = subprocess.Popen([str(part) for part in command], stdout=output, stderr=output,
                                 env={**os.environ, "HF_HUB_OFFLINE": "1", "TOKENIZERS_PARALLELISM": "false"})
        _, status, usage = os.wait4(child.pid, 0)
        wall = time.monotonic() - start
    if status != 0:
        sys.exit(f"{command[0]} failed: see {log}")
    return {"wall": wall, "cpu": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1000, "load": load}


def joined(parts):
    return {"wall": sum(p["wall"] for p in parts), "cpu": sum(p["cpu"] for p in parts),
            "peak_mb": max(p["peak_mb"] for p in parts), "load": parts[0]["load"]}


def commands(args, work, venv):
    """name -> the programs to run one after the other, and the directories they make."""
    model = {name: work / name for name in MODELS}
    (work / "mergekit.yml").write_text(MERGEKIT.format(**model))
    for name, text in [("extract.py", RESIDUALS_EXTRACT), ("apply.py", RESIDUALS_APPLY)]:
        (work / name).write_text(text)
    evergreen = [args.build / "bin/evergreen", "residual", "graft", "--quiet", "--new-base", model["new_base"],
                 "--base", model["base"], "--instruct", model["instruct"], "--out", work / "out_evergreen"]
    mergekit = [venv / "bin/mergekit-yaml", work / "mergekit.yml", work / "out_mergekit", "--no-copy-tokenizer"]
    python = venv / "bin/python"
    residuals = [[python, work / "extract.py", model["base"], model["instruct"], work / "residuals_r"],
                 [python, work / "apply.py", work / "residuals_r", model["new_base"], work / "out_residuals"]]
    return {"evergreen": ([evergreen], ["out_evergreen"]), "mergekit": ([mergekit], ["out_mergekit"]),
            "residuals": (residuals, ["residuals_r", "out_residuals"])}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--venv", type=Path)
    parser.add_argument("--layers", type=int, default=16)
    parser.add_argument("--runs", type=int, default=2)
    parser.add_argument("--only", nargs="*", default=["evergreen", "mergekit", "residuals"])
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    work = args.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    venv = (args.venv or work / "venv").resolve()
    make_venv(venv)
    make_checkpoints(args.build.resolve(), work, args.layers)
    best = {}
    print(f"{'':10} {'wall s':>8} {'CPU s':>8} {'peak MB':>8} {'load':>6}")
    for run in range(args.runs):  # in turns, so that other work on the machine meets all of them
        for name, (programs, made) in commands(args, work, venv).items():
            if name not in args.only:
                continue
            for directory in made:
                shutil.rmtree(work / directory, ignore_errors=True)
            warm(work)
            cost = joined([measure(program, work / f"{name}.log") for program in programs])
            print(f"{name:10} {cost['wall']:8.2f} {cost['cpu']:8.2f} {cost['peak_mb']:8.0f} {cost['load']:6.2f}", flush=True)
            if name not in best or cost["cpu"] < best[name]["cpu"]:
                best[name] = cost
    for name, cost in best.items():
        if name != "evergreen" and "evergreen" in best:
            ours = best["evergreen"]
            print(f"{name}: {cost['cpu'] / ours['cpu']:.1f}x the CPU seconds, {cost['wall'] / ours['wall']:.1f}x the wall time, "
                  f"{cost['peak_mb'] / ours['peak_mb']:.1f}x the memory of evergreen")
    if args.json:
        args.json.write_text(json.dumps({"pinned": PINNED, "layers": args.layers, "best": best}, indent=2))


if __name__ == "__main__":
    main()
