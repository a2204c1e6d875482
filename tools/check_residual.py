#!/usr/bin/env python3
"""Checks an output of `evergreen residual` bit for bit against numpy float64 and one rounding of our own.

  tools/check_residual.py graft   --new-base N --base B --instruct I --out U [--scale 1]
  tools/check_residual.py apply   --new-base N --residual R --out U [--scale 1]
  tools/check_residual.py extract --base B --instruct I --out R
  tools/check_residual.py try     --evergreen build/release/bin/evergreen --work DIR
      makes Llama and Qwen2 models with transformers, runs all three on them, checks them, and loads what came out

Needs numpy; `try` needs torch and transformers too. Casts of torch and numpy to 16 bits are not used: they may round twice.
"""
import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np

BITS = {"BF16": (7, 127, np.uint16), "F16": (10, 15, np.uint16)}


def tensors_of(path):
    """name -> (dtype, shape, raw bytes) of a directory."""
    path = Path(path)
    index = path / "model.safetensors.index.json"
    files = sorted(set(json.loads(index.read_text())["weight_map"].values())) if index.exists() else ["model.safetensors"]
    found = {}
    for file in files:
        data = np.memmap(path / file, dtype=np.uint8, mode="r")
        length = int.from_bytes(bytes(data[:8]), "little")
        for name, info in json.loads(bytes(data[8:8 + length])).items():
            if name != "__metadata__":
                begin, end = (8 + length + offset for offset in info["data_offsets"])
                found[name] = (info["dtype"], info["shape"], data[begin:end])
    return found


def widen(dtype, raw):
    if dtype == "BF16":
        return (np.frombuffer(raw, np.uint16).astype(np.uint32) << 16).view(np.float32).astype(np.float64)
    return np.frombuffer(raw, {"F16": np.float16, "F32": np.float32, "F64": np.float64}[dtype]).astype(np.float64)


def narrow(dtype, values):
    """Bits of float64 `values` in `dtype`: one rounding to nearest, ties to even, in integers."""
    if dtype == "F64":
        return values.view(np.uint64)
    if dtype == "F32":
        return values.astype(np.float32).view(np.uint32)  # one rounding: float64 to float32 is a single conversion
    mantissa, bias, kind = BITS[dtype]
    bits = values.view(np.uint64)
    sign = (bits >> np.uint64(63) << np.uint64(15)).astype(np.uint64)
    exponent = (bits >> np.uint64(52) & np.uint64(0x7FF)).astype(np.int64) - 1023 + bias
    significand = (bits & np.uint64((1 << 52) - 1)) | np.uint64(1 << 52)
    shift = np.clip(52 - mantissa + np.maximum(1 - exponent, 0), 0, 60).astype(np.uint64)
    whole = significand >> shift
    rest = significand - (whole << shift)
    half = np.uint64(1) << (shift - np.uint64(1))
    whole = whole + ((rest > half) | ((rest == half) & (whole & np.uint64(1) == 1))).astype(np.uint64)
    magnitude = whole + (np.maximum(exponent - 1, 0).astype(np.uint64) << np.uint64(mantissa))
    magnitude = np.where(values == 0, np.uint64(0), magnitude)
    infinity = np.uint64((2 * bias + 1) << mantissa)
    return (sign | np.minimum(magnitude, infinity)).astype(kind)


def check(operation, paths, scale):
    models = {role: tensors_of(path) for role, path in paths.items()}
    result, wrong, elements = models["out"], 0, 0
    outline = models["base" if operation == "extract" else "new_base"]
    assert sorted(result) == sorted(outline), "the output has other tensors"
    for name, (dtype, shape, raw) in result.items():
        read = lambda role: widen(models[role][name][0], models[role][name][2])
        assert shape == outline[name][1], name
        if operation == "extract":
            exact = read("instruct") - read("base")
        else:
            d = read("residual") if operation == "apply" else read("instruct") - read("base")
            p = np.float64(scale) * d
            exact = read("new_base") + p
        expected = narrow(dtype, exact)
        got = np.frombuffer(raw, expected.dtype)
        different = int(np.count_nonzero(got != expected))
        if different:
            at = int(np.flatnonzero(got != expected)[0])
            print(f"{name}: {different} elements differ, first {at}: {int(got[at]):x}, expected {int(expected[at]):x}")
        wrong += different
        elements += got.size
    print(f"{operation} {paths['out']}: {elements} elements, {wrong} wrong")
    return wrong == 0


def make_models(work, family, dtype):
    import torch
    import transformers
    common = dict(vocab_size=512, hidden_size=64, intermediate_size=160, num_hidden_layers=3, num_attention_heads=4,
                  num_key_value_heads=2, max_position_embeddings=256, architectures=None)
    if family == "llama":
        config = transformers.LlamaConfig(**common)
    else:
        config = transformers.Qwen2Config(**common, tie_word_embeddings=True)
    for seed, name in enumerate(("base", "instruct", "new_base")):
        torch.manual_seed(seed)
        config.eos_token_id = 7 if name == "instruct" else 2
        model = transformers.AutoModelForCausalLM.from_config(config)
        for parameter in model.parameters():
            parameter.data += 0.02 * torch.randn_like(parameter)  # norms and biases too
        model.generation_config.eos_token_id = config.eos_token_id
        model.to(getattr(torch, dtype)).save_pretrained(work / name, max_shard_size="200KB")
        make_tokenizer(work / name)


def make_tokenizer(directory):
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE(vocab={c: i + 8 for i, c in enumerate(alphabet)}, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<end>")
    fast.chat_template = "{% for m in messages %}{{ m.content }}{% endfor %}"
    fast.save_pretrained(directory)


def load(directory):
    import torch
    import transformers
    tokenizer = transformers.AutoTokenizer.from_pretrained(directory)
    model, info = transformers.AutoModelForCausalLM.from_pretrained(directory, output_loading_info=True)
    assert not any(info[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")), info
    assert model.config.eos_token_id == 7 and model.generation_config.eos_token_id == 7
    tokens = tokenizer.apply_chat_template([{"role": "user", "content": "hello"}], return_tensors="pt", return_dict=True)
    with torch.no_grad():
        logits = model(tokens["input_ids"]).logits
    assert torch.isfinite(logits).all()
    print(f"{directory}: loads in transformers {transformers.__version__} as {model.dtype}, logits {tuple(logits.shape)}")


def try_all(evergreen, work):
    ok = True
    for family, dtype in (("llama", "bfloat16"), ("qwen2", "bfloat16"), ("llama", "float16"), ("qwen2", "float32")):
        place = Path(work) / f"{family}-{dtype}"
        place.mkdir(parents=True)
        make_models(place, family, dtype)
        run = lambda *words: subprocess.run([evergreen, "residual", *words, "--quiet"], check=True, cwd=place)
        path = lambda **names: {role: place / name for role, name in names.items()}
        run("extract", "--base", "base", "--instruct", "instruct", "--out", "r")
        ok &= check("extract", path(base="base", instruct="instruct", out="r"), 1)
        run("apply", "--new-base", "new_base", "--residual", "r", "--out", "applied", "--scale", "0.7")
        ok &= check("apply", path(new_base="new_base", residual="r", out="applied"), 0.7)
        run("graft", "--new-base", "new_base", "--base", "base", "--instruct", "instruct", "--out", "grafted",
            "--max-shard-size", "300000")
        ok &= check("graft", path(new_base="new_base", base="base", instruct="instruct", out="grafted"), 1)
        run("verify", "grafted")
        run("inspect", "grafted", "--base", "new_base")
        load(place / "applied")
        load(place / "grafted")
    return ok


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("operation", choices=("graft", "apply", "extract", "try"))
    for option in ("--new-base", "--base", "--instruct", "--residual", "--out", "--evergreen", "--work"):
        parser.add_argument(option)
    parser.add_argument("--scale", type=float, default=1.0)
    args = parser.parse_args()
    if args.operation == "try":
        ok = try_all(Path(args.evergreen).resolve(), args.work)
    else:
        roles = ("new_base", "base", "instruct", "residual", "out")
        ok = check(args.operation, {role: getattr(args, role) for role in roles if getattr(args, role)}, args.scale)
    sys.exit(0 if ok else 1)


if __name__ == "__main__":
    main()
