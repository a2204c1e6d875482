#!/usr/bin/env python3
"""Runs transformers' training step beside train_bench: same shapes, same weights, same tokens, one after the other in turn.

  tools/bench_train_rivals.py --build build/release [--shape 1m 40m 40m-128k] [--steps 5] [--rounds 2] [--threads 2] [--json FILE]

The rival: LlamaForCausalLM of transformers, eager mode with its default (SDPA) attention, float32, AdamW(fused=True),
clip_grad_norm_(1.0), zero_grad(set_to_none=True). Needs torch 2.11.0 and transformers 5.23.0 (safetensors, numpy).
Each round runs evergreen and then the rival in processes of their own; the ratio is of the medians over rounds. The losses of all
steps are compared: the same training.
"""
import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = {
    "1m": dict(hidden_size=128, num_hidden_layers=4, num_attention_heads=4, num_key_value_heads=4, intermediate_size=384,
               vocab_size=2048, rows=32, row_tokens=128),
    "40m": dict(hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=4, intermediate_size=1408,
                vocab_size=32000, rows=4, row_tokens=512),
    "40m-128k": dict(hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=4,
                     intermediate_size=1408, vocab_size=128256, rows=4, row_tokens=512),
}


def model_of(name):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    shape = dict(SHAPES[name])
    shape.pop("rows"), shape.pop("row_tokens")
    torch.manual_seed(1)
    config = LlamaConfig(**shape, tie_word_embeddings=True, rope_theta=500000.0, rms_norm_eps=1e-5,
                         max_position_embeddings=2048)
    return LlamaForCausalLM(config).float()


def tokens_of(name, step):
    shape, state, out = SHAPES[name], 88172645463325252 + step, []
    for _ in range(shape["rows"] * shape["row_tokens"]):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append((state >> 33) % shape["vocab_size"])
    return out


def rival(name, weights, steps, threads):
    import torch
    from transformers import LlamaForCausalLM
    torch.set_num_threads(threads)
    model = LlamaForCausalLM.from_pretrained(weights, dtype=torch.float32)
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0, fused=True)
    shape, times, losses = SHAPES[name], [], []
    for step in range(steps + 1):
        ids = torch.tensor(tokens_of(name, step)).view(shape["rows"], shape["row_tokens"])
        start = time.perf_counter()
        loss = model(input_ids=ids, labels=ids).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.item())
        times.append(time.perf_counter() - start)
    seconds = statistics.median(times[1:])
    print(json.dumps({"tokens_per_second": shape["rows"] * shape["row_tokens"] / seconds, "losses": losses,
                      "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--shape", nargs="+", default=list(SHAPES), choices=SHAPES)
    parser.add_argument("--steps", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json")
    parser.add_argument("--rival", nargs=2, metavar=("SHAPE", "WEIGHTS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.rival:
        rival(*args.rival, args.steps, args.threads)
        return
    results = {}
    environment = dict(os.environ, GOMP_SPINCOUNT="10000")  # as the evergreen program sets it for itself
    for name in args.shape:
        with tempfile.TemporaryDirectory() as weights:
            model_of(name).save_pretrained(weights)
            ours, theirs = [], []
            common = ["--steps", str(args.steps), "--threads", str(args.threads)]
            for _ in range(args.rounds):
                command = [f"{args.build}/bin/train_bench", "--shape", name, "--weights", weights, "--json", *common]
                ours.append(json.loads(subprocess.run(command, check=True, capture_output=True, env=environment).stdout))
                command = [sys.executable, __file__, "--rival", name, weights, *common]
                theirs.append(json.loads(subprocess.run(command, check=True, capture_output=True).stdout))
        apart = max(abs(a - b) for a, b in zip(ours[0]["losses"], theirs[0]["losses"]))
        if apart > 1e-4:
            sys.exit(f"error: {name}: the losses differ by {apart}: {ours[0]['losses']} and {theirs[0]['losses']}")
        rate, rival_rate = (statistics.median(r["tokens_per_second"] for r in runs) for runs in (ours, theirs))
        memory, rival_memory = (max(r["peak_mb"] for r in runs) for runs in (ours, theirs))
        results[name] = {"evergreen": ours, "transformers": theirs, "ratio": rate / rival_rate,
                         "memory_ratio": memory / rival_memory}
        print(f"{name:9} evergreen {rate:8.0f} tokens/s, {100 * ours[0]['mfu']:.0f} % of {ours[0]['rate_gflops']:.0f} GFLOP/s "
              f"(attention not counted), {memory:.0f} MB | transformers {rival_rate:8.0f} tokens/s, {rival_memory:.0f} MB | "
              f"ratio {rate / rival_rate:.2f}, memory {memory / rival_memory:.2f}, losses within {apart:.1e}", flush=True)
    if args.json:
        with open(args.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
