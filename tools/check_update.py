#!/usr/bin/env python3
"""Runs `evergreen update` on pairs that transformers wrote, and compares float32 logits of the updated models with transformers'.

  python3 tools/check_update.py --program build/release/bin/evergreen --tokenizers DIR --text FILE --work DIR

DIR of --tokenizers holds llama3/ and qwen2/, each with tokenizer.json (or .zst) and tokenizer_config.json. --text is real English text, a
.txt or .jsonl. For each family: a base and an instruct model with small random weights (bf16, sharded for one family) and the real
vocabulary; `evergreen update` with a few steps; then the logits of both programs on 1,000 tokens of the text. The difference must be at
most 1e-4. evergreen's logits come from the program logits_tool (tests/parity), built by: cmake --build --preset dev --target logits_tool

Made with torch 2.11.0, transformers 5.23.0, tokenizers 0.23.3, safetensors 0.8.0, zstandard or the zstd program. Seeds are fixed below.
"""
import argparse
import pathlib
import shutil
import subprocess
import sys

import torch
from transformers import (AutoModelForCausalLM, AutoTokenizer, LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM)

TOKENS = 1000
SIZES = dict(hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=2048)
LLAMA_ROPE = {"rope_type": "llama3", "rope_theta": 500000.0, "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
              "original_max_position_embeddings": 256}


def place_tokenizer(source, target):
    for file in source.iterdir():
        if file.suffix == ".zst":
            with open(target / file.stem, "wb") as out:
                subprocess.run(["zstd", "-dc", str(file)], stdout=out, check=True)
        else:
            shutil.copy(file, target / file.name)


def randomise(model, scale):
    """Biases and norms away from 0 and 1, attention peaked: defaults hide errors."""
    with torch.no_grad():
        for name, value in model.named_parameters():
            if name.endswith("bias"):
                value.normal_(0, 0.2)
            elif "norm" in name:
                value.normal_(1, 0.2)
            elif "q_proj" in name or "k_proj" in name:
                value.mul_(6)
            value.add_(torch.randn_like(value) * scale)


def make_pair(family, tokenizer_dir, work):
    size = {"llama": 128256, "qwen": 151936}[family]
    if family == "llama":
        config = LlamaConfig(vocab_size=size, tie_word_embeddings=True, rope_parameters=LLAMA_ROPE, bos_token_id=128000,
                             eos_token_id=128001, **SIZES)
        make = LlamaForCausalLM
    else:
        config = Qwen2Config(vocab_size=size, tie_word_embeddings=False, eos_token_id=151643, bos_token_id=None, **SIZES)
        make = Qwen2ForCausalLM
    torch.manual_seed(1)
    model = make(config).to(torch.float32)
    randomise(model, 0.0)
    for role, change in (("base", 0.0), ("instruct", 0.002)):
        torch.manual_seed(2)
        randomise_small(model, change)
        out = work / f"{family}-{role}"
        model.to(torch.bfloat16).save_pretrained(out, max_shard_size="12MB" if family == "qwen" else "5GB")
        place_tokenizer(tokenizer_dir, out)
        model = model.to(torch.float32)
    return work / f"{family}-base", work / f"{family}-instruct"


def randomise_small(model, change):
    with torch.no_grad():
        for value in model.parameters():
            value.add_(torch.randn_like(value) * change)


def compare_logits(program, model_dir, text, work):
    tokenizer = AutoTokenizer.from_pretrained(model_dir)
    ids = tokenizer(text, add_special_tokens=False)["input_ids"][:TOKENS + 1]
    (work / "ids.txt").write_text(" ".join(map(str, ids)))
    (work / "logits.bin").unlink(missing_ok=True)
    subprocess.run([pathlib.Path(program).parent / "logits_tool", model_dir, work / "ids.txt", work / "logits.bin"], check=True)
    model = AutoModelForCausalLM.from_pretrained(model_dir, dtype=torch.float32).eval()
    with torch.no_grad():
        wanted = model(torch.tensor([ids])).logits[0]
    got = torch.frombuffer(bytearray((work / "logits.bin").read_bytes()), dtype=torch.float32).view(len(ids), -1)
    return (got - wanted).abs().max().item(), wanted.abs().max().item()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--tokenizers", type=pathlib.Path, required=True)
    parser.add_argument("--text", type=pathlib.Path, required=True)
    parser.add_argument("--work", type=pathlib.Path, required=True)
    args = parser.parse_args()
    args.work.mkdir(parents=True, exist_ok=True)
    text = args.text.read_text()[:200_000]
    (args.work / "corpus.txt").write_text(text)
    failed = False
    for family, tokenizer in (("llama", "llama3"), ("qwen", "qwen2")):
        base, instruct = make_pair(family, args.tokenizers / tokenizer, args.work)
        out = args.work / f"{family}-updated"
        shutil.rmtree(out, ignore_errors=True)
        shutil.rmtree(str(out) + ".work", ignore_errors=True)
        subprocess.run([args.program, "update", "--base", base, "--instruct", instruct, "--corpus", args.work / "corpus.txt", "--out", out,
                        "--sequence-length", "256", "--batch-rows", "4", "--steps", "8", "--learning-rate", "1e-3"], check=True)
        difference, largest = compare_logits(args.program, out, text, args.work)
        verdict = "ok" if difference <= 1e-4 else "FAILED"
        failed |= difference > 1e-4
        print(f"{family}: largest difference of logits {difference:.2e} (largest logit {largest:.2f}) on {TOKENS} tokens: {verdict}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
