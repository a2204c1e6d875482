#!/usr/bin/env python3
"""Replays the rounding steps of mergekit and of the residuals package, compares them with what those programs wrote, and
counts the elements where they differ from the definition: float64, then one rounding to bfloat16.

  tools/replay_rounding.py DIR      the work directory of tools/bench_residual_rivals.py, with all three outputs

  ours        bf16(f64: new_base + (instruct - base))
  mergekit    d1 = bf16(new_base - base), d2 = bf16(instruct - base), bf16(base + bf16(d1 + d2)), each step in float32 first
              (mergekit/merge_methods/generalized_task_arithmetic.py, dtype bfloat16, weights 1)
  residuals   f32(new_base + f32(instruct - base)), stored as float32 (residuals/residuals.py)
  bf16 store  bf16(new_base + bf16(instruct - base)): what a residual kept in bfloat16 gives; no program here writes it

Only numpy; the casts to bfloat16 are integer arithmetic of our own, as casts of numpy and torch start from float32.
"""
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
from check_residual import narrow, tensors_of, widen  # noqa: E402

CHUNK = 1 << 22  # elements


def bf16(single):
    """float32 rounded to the nearest bfloat16, ties to even; still float32."""
    bits = single.view(np.uint32)
    bits = (bits + (np.uint32(0x7FFF) + (bits >> np.uint32(16) & np.uint32(1)))) & np.uint32(0xFFFF0000)
    return bits.view(np.float32)


def top_half(single):
    return (single.view(np.uint32) >> np.uint32(16)).astype(np.uint16)


def of_mergekit(new_base, base, instruct):
    return bf16(base + bf16(bf16(new_base - base) + bf16(instruct - base)))


def of_residuals(new_base, base, instruct):
    return new_base + (instruct - base)


def of_bf16_store(new_base, base, instruct):
    return bf16(new_base + bf16(instruct - base))


def main():
    work = Path(sys.argv[1])
    models = [tensors_of(work / name) for name in ("new_base", "base", "instruct")]
    ours, mergekit, residuals = (tensors_of(work / f"out_{name}") for name in ("evergreen", "mergekit", "residuals"))
    elements = 0
    wrong = {"evergreen": 0, "mergekit": 0, "residuals": 0}  # bytes of the program that the replay does not give
    differ = {"mergekit": 0, "residuals": 0, "bf16 store": 0}  # from the definition, as bfloat16
    for name, (dtype, _, raw) in models[0].items():
        assert dtype == "BF16"
        size = len(raw) // 2
        elements += size
        for first in range(0, size, CHUNK):
            last = min(size, first + CHUNK)
            exact = [widen("BF16", model[name][2][2 * first:2 * last].tobytes()) for model in models]
            single = [values.astype(np.float32) for values in exact]  # exact: bfloat16 is within float32
            defined = narrow("BF16", exact[0] + (exact[2] - exact[1])).astype(np.uint16)
            written = {program: np.frombuffer(tensors[name][2][width * first:width * last].tobytes(), kind)
                       for program, tensors, width, kind in [("evergreen", ours, 2, np.uint16), ("mergekit", mergekit, 2, np.uint16),
                                                             ("residuals", residuals, 4, np.uint32)]}
            replayed_mergekit, replayed_residuals = of_mergekit(*single), of_residuals(*single)
            wrong["evergreen"] += int(np.count_nonzero(written["evergreen"] != defined))
            wrong["mergekit"] += int(np.count_nonzero(written["mergekit"] != top_half(replayed_mergekit)))
            wrong["residuals"] += int(np.count_nonzero(written["residuals"] != replayed_residuals.view(np.uint32)))
            differ["mergekit"] += int(np.count_nonzero(top_half(replayed_mergekit) != defined))
            differ["residuals"] += int(np.count_nonzero(top_half(bf16(replayed_residuals)) != defined))
            differ["bf16 store"] += int(np.count_nonzero(top_half(of_bf16_store(*single)) != defined))
    print(f"{elements} elements in {len(models[0])} tensors")
    for program, count in wrong.items():
        verdict = "every byte" if count == 0 else f"all but {count} elements"
        print(f"{program:10} its steps replayed give {verdict} that it wrote")
    for program, count in differ.items():
        print(f"{program:10} differs from the definition in {count} elements, {100 * count / elements:.3f} %")
    return 1 if any(wrong.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
