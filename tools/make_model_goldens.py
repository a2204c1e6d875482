#!/usr/bin/env python3
"""Makes tests/golden/model/: small checkpoints, and what transformers computes with them in float32.

Made with Python 3.11, torch 2.11.0, transformers 5.23.0, safetensors 0.8.0:
    python tools/make_model_goldens.py
Each folder: config.json and model.safetensors as transformers saves them, and reference.safetensors with
  tokens [N], cu_seqlens [S+1]   documents back to back
  logits [N, V]                  of each document alone
  loss                           mean cross-entropy of the next token inside the documents
  grad.NAME                      its gradient for every parameter
Weights are drawn so that an error shows: random norms and biases, q and k large enough for peaked attention.
"""
import math
import pathlib

import torch
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM, Qwen2Config, Qwen2ForCausalLM

DOCUMENT_LENGTHS = [37, 22]
COMMON = dict(vocab_size=72, hidden_size=32, intermediate_size=56, num_hidden_layers=2, max_position_embeddings=256,
              bos_token_id=0, eos_token_id=1, dtype="float32")


def llama3_rope(factor, original):
    return dict(rope_type="llama3", rope_theta=500000.0, factor=factor, low_freq_factor=1.0, high_freq_factor=4.0,
                original_max_position_embeddings=original)


def default_rope(theta):
    return dict(rope_type="default", rope_theta=theta)


MODELS = {
    "llama3_tied": (1, LlamaConfig(**COMMON, num_attention_heads=4, num_key_value_heads=4, rms_norm_eps=1e-3,
                                   tie_word_embeddings=True, rope_parameters=default_rope(10000.0))),
    "llama31_gqa_untied": (2, LlamaConfig(**COMMON, num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-3,
                                          tie_word_embeddings=False, rope_parameters=llama3_rope(8.0, 16))),
    "llama32_tied": (3, LlamaConfig(**COMMON | {"hidden_size": 36}, num_attention_heads=6, num_key_value_heads=2, head_dim=12,
                                    rms_norm_eps=1e-3, tie_word_embeddings=True,
                                    rope_parameters=llama3_rope(32.0, 24))),
    "llama_biased": (4, LlamaConfig(**COMMON, num_attention_heads=4, num_key_value_heads=1, rms_norm_eps=1e-3,
                                    attention_bias=True, mlp_bias=True, tie_word_embeddings=False,
                                    rope_parameters=default_rope(500000.0))),
    "qwen2_tied": (5, Qwen2Config(**COMMON, num_attention_heads=4, num_key_value_heads=2, rms_norm_eps=1e-3,
                                  tie_word_embeddings=True, rope_parameters=default_rope(1000000.0))),
    "qwen25_untied": (6, Qwen2Config(**COMMON | {"hidden_size": 36}, num_attention_heads=6, num_key_value_heads=2, head_dim=8,
                                     rms_norm_eps=1e-3, tie_word_embeddings=False, rope_parameters=default_rope(1000000.0))),
}


def draw_weights(model, generator):
    """Every parameter from a stated distribution: none keeps a default of its class."""
    def normal(parameter, deviation, mean=0.0):
        parameter.data = mean + deviation * torch.randn(parameter.shape, generator=generator)

    for name, parameter in sorted(model.named_parameters()):
        if "norm" in name:
            normal(parameter, 0.3, 1.0)
        elif name.endswith(".bias"):
            normal(parameter, 0.5)
        elif "q_proj" in name or "k_proj" in name:
            normal(parameter, 2.0 / math.sqrt(parameter.shape[1]))
        elif "embed_tokens" in name:
            normal(parameter, 0.2)
        else:
            normal(parameter, 1.0 / math.sqrt(parameter.shape[1]))


def reference(model, documents):
    logits = [model(input_ids=tokens[None], use_cache=False).logits[0] for tokens in documents]
    losses = [torch.nn.functional.cross_entropy(l[:-1], t[1:], reduction="sum") for l, t in zip(logits, documents)]
    loss = sum(losses) / sum(len(t) - 1 for t in documents)
    loss.backward()
    ends = torch.tensor([0] + [len(t) for t in documents]).cumsum(0)
    result = {"tokens": torch.cat(documents), "cu_seqlens": ends, "logits": torch.cat(logits).detach(), "loss": loss.detach()}
    for name, parameter in model.named_parameters():
        result["grad." + name] = parameter.grad
    return {name: tensor.contiguous() for name, tensor in result.items()}


def main():
    torch.set_num_threads(1)
    out = pathlib.Path(__file__).resolve().parent.parent / "tests" / "golden" / "model"
    for name, (seed, config) in MODELS.items():
        generator = torch.Generator().manual_seed(seed)
        config._attn_implementation = "eager"
        model = (LlamaForCausalLM if config.model_type == "llama" else Qwen2ForCausalLM)(config)
        draw_weights(model, generator)
        model.tie_weights()
        documents = [torch.randint(config.vocab_size, (n,), generator=generator) for n in DOCUMENT_LENGTHS]
        model.save_pretrained(out / name)
        (out / name / "generation_config.json").unlink(missing_ok=True)
        save_file(reference(model, documents), out / name / "reference.safetensors")
        size = sum(f.stat().st_size for f in (out / name).iterdir())
        print(f"{name}: {sum(p.numel() for p in model.parameters())} parameters, {size} bytes")


if __name__ == "__main__":
    main()
