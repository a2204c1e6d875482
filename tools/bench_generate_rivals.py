#!/usr/bin/env python3
"""Greedy generation beside transformers `generate`: same weights, same prompts, in turn; the tokens are compared.

  tools/bench_generate_rivals.py --build build/release [--shape 40m] [--batch 1 16] [--threads 1 2] [--rounds 3] [--json FILE]

The model is random (the 40M shape of tools/bench_train_rivals.py, seed 1), prompts of 32 tokens, 128 new ones, float32, KV cache.
Weights of the default 0.02 would leave near ties everywhere: all matrices are multiplied by 3, so that tokens can be compared.
Both sides run in a process of their own that first answers once for nothing; imports and loading are not counted.
Needs torch 2.11.0, transformers 5.23.0, safetensors, and `cmake --build ... --target engine_timing`.
"""
import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time

SHAPES = {
    "40m": dict(hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=4, intermediate_size=1408,
                vocab_size=32000),
    "40m-128k": dict(hidden_size=512, num_hidden_layers=8, num_attention_heads=8, num_key_value_heads=4,
                     intermediate_size=1408, vocab_size=128256),
}


def make_model(name, directory):
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM
    torch.manual_seed(1)
    config = LlamaConfig(**SHAPES[name], tie_word_embeddings=True, rope_theta=500000.0, rms_norm_eps=1e-5,
                         max_position_embeddings=2048, bos_token_id=0, eos_token_id=None, pad_token_id=0)
    model = LlamaForCausalLM(config).float()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 2:
                parameter.mul_(3)
    model.save_pretrained(directory)


def prompts_of(name, batch, length=32):
    state, out = 88172645463325252, []
    for _ in range(batch * length):
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        out.append((state >> 33) % SHAPES[name]["vocab_size"])
    return [out[i * length:(i + 1) * length] for i in range(batch)]


def peak_mb():
    """Of this program alone: ru_maxrss is inherited from what started it."""
    with open("/proc/self/status") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmHWM"))


def rival(directory, requests, threads):
    import torch
    from transformers import LlamaForCausalLM
    torch.set_num_threads(threads)
    model = LlamaForCausalLM.from_pretrained(directory, dtype=torch.float32).eval()
    asked = json.load(open(requests))
    ids = torch.tensor(asked["prompts"])
    options = dict(attention_mask=torch.ones_like(ids), do_sample=False, use_cache=True, eos_token_id=None,
                   max_new_tokens=asked["new_tokens"], min_new_tokens=asked["new_tokens"])
    out = {"cpu_s": [], "wall_s": []}
    with torch.inference_mode():
        for _ in range(asked["repeat"]):
            cpu, wall = time.process_time(), time.perf_counter()
            answer = model.generate(ids, **options)
            out["cpu_s"].append(time.process_time() - cpu)
            out["wall_s"].append(time.perf_counter() - wall)
    out["tokens"] = answer[:, ids.shape[1]:].tolist()
    out["peak_mb"] = peak_mb()
    print(json.dumps(out))


def run(command):
    environment = dict(os.environ, OMP_WAIT_POLICY="passive")
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def same_tokens(ours, theirs):
    """Answers that agree to the last token, and the first token at which the others part."""
    parted = [next((i for i, (a, b) in enumerate(zip(x, y)) if a != b), None) for x, y in zip(ours, theirs)]
    return sum(p is None for p in parted), [p for p in parted if p is not None]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--shape", default="40m", choices=SHAPES)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 16])
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--new-tokens", type=int, default=128)
    parser.add_argument("--json")
    parser.add_argument("--rival", nargs=3, metavar=("MODEL", "REQUESTS", "THREADS"), help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.rival:
        return rival(args.rival[0], args.rival[1], int(args.rival[2]))
    results = []
    with tempfile.TemporaryDirectory() as directory:
        make_model(args.shape, directory)
        requests = os.path.join(directory, "requests.json")
        for threads in args.threads:
            for batch in args.batch:
                with open(requests, "w") as file:
                    json.dump({"prompts": prompts_of(args.shape, batch), "new_tokens": args.new_tokens, "batch": batch,
                               "repeat": 2}, file)
                sides = {"evergreen": [os.path.join(args.build, "bin", "engine_timing"), directory, requests, str(threads)],
                         "transformers": [sys.executable, __file__, "--rival", directory, requests, str(threads)]}
                runs = {side: [] for side in sides}
                for _ in range(args.rounds):
                    for side, command in sides.items():
                        runs[side].append(run(command))
                row = {"shape": args.shape, "batch": batch, "threads": threads}
                for side in sides:
                    for clock in ("cpu_s", "wall_s"):
                        seconds = statistics.median(r[clock][-1] for r in runs[side])
                        row[f"{side} tokens/{clock}"] = round(batch * args.new_tokens / seconds, 1)
                    row[f"{side} peak_mb"] = runs[side][0]["peak_mb"]
                row["ratio cpu"] = round(row["evergreen tokens/cpu_s"] / row["transformers tokens/cpu_s"], 2)
                row["ratio wall"] = round(row["evergreen tokens/wall_s"] / row["transformers tokens/wall_s"], 2)
                row["same answers"], row["parted at"] = same_tokens(runs["evergreen"][0]["tokens"],
                                                                    runs["transformers"][0]["tokens"])
                row["load"] = os.getloadavg()[0]
                results.append(row)
                print(json.dumps(row), flush=True)
    if args.json:
        with open(args.json, "w") as file:
            json.dump(results, file, indent=1)


if __name__ == "__main__":
    main()
