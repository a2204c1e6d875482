#!/usr/bin/env python3
"""Checks the LoRA adapters of `evergreen residual extract --rank` and their way back against peft.

  tools/check_adapter.py --evergreen build/release/bin/evergreen --work DIR

Makes small random Llama and Qwen2 pairs with transformers (tied and untied, bfloat16 and float32), and for each
1. extracts adapters at a rank, at an error, in bfloat16 and with --full-modules, loads them with PeftModel.from_pretrained,
   and demands: no key missing or left over, merged weights = base + B A in float64 to float32 rounding, the same logits as
   evergreen's own `residual apply` gives, and with --full-modules all modules but the matrices as in the instruct model;
2. lets peft save adapters of its own (rsLoRA, another alpha, ranks by pattern, embeddings, whole modules) and demands that
   `residual apply` gives the weights that peft merges, and that DoRA is refused.

Needs torch 2.11.0, transformers 5.23.0, peft 0.21.2, accelerate 1.15.0, safetensors 0.8.0, numpy 2.4.6. vLLM is not run: its
rules, as vllm/config/lora.py (0.14), lora/peft_helper.py and lora/lora_model.py have them, are checked on the files.
"""
import argparse
import json
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import peft
import torch
import transformers
from safetensors import safe_open

from check_residual import make_tokenizer

SEEDS = {"base": 0, "instruct": 1, "new_base": 2}
TOLERANCE = 2e-6  # of the largest weight: float32 rounding of a product of rank 8 and a sum
warnings.filterwarnings("ignore", category=FutureWarning)
transformers.utils.logging.disable_progress_bar()
problems = []


def demand(holds, text):
    if not holds:
        problems.append(text)
    print(("ok    " if holds else "WRONG ") + text)


def make_models(place, family, dtype, tied):
    common = dict(vocab_size=96, hidden_size=64, intermediate_size=112, num_hidden_layers=2, num_attention_heads=4,
                  num_key_value_heads=2, max_position_embeddings=128, tie_word_embeddings=tied)
    config = {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config}[family](**common)
    torch.manual_seed(7)
    start = transformers.AutoModelForCausalLM.from_config(config)
    for parameter in start.parameters():
        parameter.data += 0.02 * torch.randn_like(parameter)  # norms and biases too
    for name, seed in SEEDS.items():
        torch.manual_seed(seed)
        model = transformers.AutoModelForCausalLM.from_config(config)
        for parameter, first in zip(model.parameters(), start.parameters()):
            parameter.data = first.data + (0 if name == "base" else 0.01 * torch.randn_like(first))
        model.tie_weights()
        model.to(getattr(torch, dtype)).save_pretrained(place / name)
        make_tokenizer(place / name)


def load(directory, dtype=torch.float32):
    return transformers.AutoModelForCausalLM.from_pretrained(directory, dtype=dtype)


def tensors_of(path):
    with safe_open(path, "pt") as file:
        return {name: file.get_tensor(name) for name in file.keys()}


def weights_of(model):
    return {name: value.detach().to(torch.float64).numpy() for name, value in model.state_dict().items()}


def load_adapter(base, adapter):
    """A PeftModel, and what from_pretrained had to say."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        model = peft.PeftModel.from_pretrained(load(base), adapter)
    return model, [str(w.message) for w in said if "FutureWarning" not in str(w.category)]


def logits_of(model):
    tokens = torch.arange(1, 49).reshape(2, 24)
    with torch.no_grad():
        return model(tokens).logits.to(torch.float64).numpy()


def close(a, b, tolerance=TOLERANCE):
    return a.shape == b.shape and np.abs(a - b).max() <= tolerance * max(1e-6, np.abs(b).max())


def check_vllm_rules(adapter, whole):
    config = json.loads((adapter / "adapter_config.json").read_text())
    names = tensors_of(adapter / "adapter_model.safetensors")
    products = {name.rsplit(".lora_", 1)[0]: names[name].shape[0] for name in names if name.endswith(".lora_A.weight")}
    demand(all(name in config for name in ("r", "lora_alpha", "target_modules")), f"{adapter.name}: vLLM's required fields")
    demand(config["lora_alpha"] == config["r"] == max(products.values()),
           f"{adapter.name}: one scaling of 1 for all, r is the largest rank")
    demand(all(module.split(".")[-1] in config["target_modules"] for module in products), f"{adapter.name}: target_modules")
    if not whole:
        demand(config["modules_to_save"] is None and config["bias"] == "none" and not config["use_dora"],
               f"{adapter.name}: no feature that vLLM refuses")
        demand(all(name.endswith((".lora_A.weight", ".lora_B.weight")) for name in names), f"{adapter.name}: only LoRA keys")


def expected_merge(base, adapter, instruct, whole):
    """base + B A in float64 from the files alone; whole modules as in the instruct model."""
    names = tensors_of(adapter / "adapter_model.safetensors")
    expected = dict(base)
    for name, value in names.items():
        if name.endswith(".lora_A.weight"):
            module = name.removeprefix("base_model.model.").removesuffix(".lora_A.weight")
            b = names[name.replace("lora_A", "lora_B")].to(torch.float64).numpy()
            expected[module + ".weight"] = base[module + ".weight"] + b @ value.to(torch.float64).numpy()
        elif ".lora_B." not in name and whole:
            tensor = name.removeprefix("base_model.model.").replace(".base_layer", "")
            expected[tensor] = instruct[tensor]
    return expected


def check_extracted(place, run, name, options, whole=False):
    run("extract", "--base", "base", "--instruct", "instruct", "--out", name, *options)
    adapter = place / name
    check_vllm_rules(adapter, whole)
    model, said = load_adapter(place / "base", adapter)
    demand(not said, f"{name}: peft loads it without a word {said}")
    base, instruct = weights_of(load(place / "base")), weights_of(load(place / "instruct"))
    expected = expected_merge(base, adapter, instruct, whole)
    before = logits_of(model)
    merged = model.merge_and_unload()
    found = weights_of(merged)
    wrong = [key for key in expected if not close(found[key], expected[key])]
    demand(not wrong, f"{name}: merged weights are base + B A {wrong[:3]}")
    if whole:
        others = [key for key in found if not key.endswith("_proj.weight")]
        demand(all(np.array_equal(found[key], instruct[key]) for key in others),
               f"{name}: {len(others)} tensors are the instruct model's, bit for bit")
    run("apply", "--new-base", "base", "--residual", name, "--out", name + "-applied", "--dtype", "f32",
        *(("--base", "base") if whole else ()))
    ours = load(place / (name + "-applied"))
    demand(close(logits_of(ours), before, 2e-5) and close(logits_of(ours), logits_of(merged), 2e-5),
           f"{name}: peft's logits are those of evergreen's merge")
    run("verify", name)


def make_adapter(place, name, **options):
    torch.manual_seed(11)
    model = peft.get_peft_model(load(place / "base"), peft.LoraConfig(task_type="CAUSAL_LM", lora_dropout=0.0, **options))
    for key, parameter in model.named_parameters():
        if "lora_" in key or "modules_to_save" in key:
            parameter.data = 0.05 * torch.randn_like(parameter)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model.save_pretrained(place / name)
    make_tokenizer(place / name)


def check_foreign(place, run, name, onto="new_base", whole=False, **options):
    make_adapter(place, name, **options)
    model, _ = load_adapter(place / onto, place / name)
    expected = weights_of(model.merge_and_unload())
    run("apply", "--new-base", onto, "--residual", name, "--out", name + "-applied", "--dtype", "f32",
        *(("--base", onto) if whole else ()))
    found = weights_of(load(place / (name + "-applied")))
    wrong = [key for key in expected if not close(found[key], expected[key])]
    demand(not wrong, f"{name}: apply gives what peft merges {wrong[:3]}")


def check_refused(place, evergreen, name, words, **options):
    make_adapter(place, name, **options)
    done = subprocess.run([evergreen, "residual", "apply", "--new-base", "new_base", "--residual", name, "--out", "never"],
                          cwd=place, capture_output=True, text=True)
    demand(done.returncode == 3 and words in done.stderr and not (place / "never").exists(), f"{name}: refused with '{words}'")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--evergreen", required=True)
    parser.add_argument("--work", required=True)
    args = parser.parse_args()
    evergreen = str(Path(args.evergreen).resolve())
    for family, dtype, tied in (("llama", "bfloat16", False), ("llama", "float32", True), ("qwen2", "bfloat16", True),
                                ("qwen2", "float32", False)):
        place = Path(args.work).resolve() / f"{family}-{dtype}-{'tied' if tied else 'untied'}"
        place.mkdir(parents=True)
        print(f"== {place.name}")
        make_models(place, family, dtype, tied)

        def run(*words):
            subprocess.run([evergreen, "residual", *words, "--quiet"], check=True, cwd=place, stdout=subprocess.DEVNULL)

        check_extracted(place, run, "rank8", ("--rank", "8"))
        check_extracted(place, run, "error", ("--max-error", "0.5"))
        check_extracted(place, run, "narrow", ("--rank", "8", "--dtype", "bf16"))
        check_extracted(place, run, "full", ("--rank", "8", "--full-modules"), whole=True)
        check_foreign(place, run, "alpha", r=4, lora_alpha=10, target_modules=["q_proj", "down_proj"])
        check_foreign(place, run, "rslora", r=4, lora_alpha=3, use_rslora=True, target_modules="all-linear")
        check_foreign(place, run, "patterns", r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "up_proj"],
                      rank_pattern={"q_proj": 2, r"layers\.1\.self_attn\.v_proj": 6}, alpha_pattern={"up_proj": 5})
        check_foreign(place, run, "saved", whole=True, r=4, lora_alpha=4, target_modules=["q_proj"],
                      modules_to_save=["norm", "input_layernorm"])
        if not tied:  # peft stores the frozen embedding too, and loads it: only on the base itself it means nothing
            check_foreign(place, run, "embedding", onto="base", r=4, lora_alpha=6,
                          target_modules=["q_proj", "embed_tokens", "lm_head"])
        check_refused(place, evergreen, "dora", "'use_dora'", r=4, use_dora=True, target_modules=["q_proj"])
    print(f"{len(problems)} problems")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
