#!/usr/bin/env python3
"""Writes tests/golden/generate/sampling.json: what transformers' logits processors leave of some logits, in generate()'s own order.

  tools/make_sampling_goldens.py        (transformers 5.23.0, torch 2.11.0; seed 7)

The list of processors is the one GenerationMixin itself puts together from a GenerationConfig (_get_logits_processor), so that the
order is tested and not assumed. Logits are different multiples of 1/16: exact, and without the
ties at the edge of top-p that torch.sort, which is not stable, decides by chance.
"""
import json
import pathlib

import torch
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM

OUT = pathlib.Path(__file__).parent.parent / "tests/golden/generate/sampling.json"
SETTINGS = [
    dict(temperature=0.7),
    dict(temperature=1.0, top_k=5),
    dict(temperature=2.0, top_p=0.8),
    dict(temperature=0.5, top_p=0.3),
    dict(temperature=1.0, min_p=0.2),
    dict(temperature=1.5, top_k=12, top_p=0.9, min_p=0.1),
    dict(temperature=3.0, top_k=3, top_p=0.5),
    dict(temperature=1.0, repetition_penalty=1.3),
    dict(temperature=0.8, repetition_penalty=0.7, top_k=10),
    dict(temperature=1.2, repetition_penalty=1.5, top_k=20, top_p=0.7, min_p=0.05),
    dict(temperature=1.0, top_p=1e-6),
    dict(temperature=1.0, min_p=1.0),
]


def main():
    model = LlamaForCausalLM(LlamaConfig(vocab_size=48, hidden_size=8, num_hidden_layers=1, num_attention_heads=1,
                                         intermediate_size=8))
    generator = torch.Generator().manual_seed(7)
    cases = []
    for settings in SETTINGS:
        for _ in range(3):
            logits = (torch.randperm(200, generator=generator)[:48] - 100) / 16
            history = torch.randint(48, (9,), generator=generator)
            options = dict(top_k=0) | settings
            config = GenerationConfig(do_sample=True, **options)
            processors = model._get_logits_processor(generation_config=config, input_ids_seq_length=9, device="cpu")
            scores = processors(history[None], logits[None].double())[0]
            probability = torch.softmax(scores, -1)
            kept = torch.nonzero(scores > -float("inf"))[:, 0].tolist()
            cases.append({"logits": logits.tolist(), "prompt": history[:4].tolist(), "generated": history[4:].tolist(),
                          "sampling": settings, "tokens": kept, "probabilities": probability[kept].tolist()})
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]\n")


if __name__ == "__main__":
    main()
