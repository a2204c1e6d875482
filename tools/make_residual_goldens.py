#!/usr/bin/env python3
"""Makes tests/golden/residual/kernel.txt: the residual's arithmetic in exact rational numbers, nothing but Python.

One line a case:  out_dtype c_dtype a_dtype b_dtype scale c a b expected        numbers as hexadecimal bits
The definition (docs: numbers): d = a - b, p = s * d, sum = c + p, each rounded once to float64, then once to the output.
"""
import random
import struct
import sys
from fractions import Fraction
from pathlib import Path

FORMATS = {  # bits, mantissa, exponent bits
    "bf16": (16, 7, 8), "f16": (16, 10, 5), "f32": (32, 23, 8), "f64": (64, 52, 11)}


def value(bits, fmt):
    """The exact value of a finite number."""
    width, mantissa, exponent_bits = FORMATS[fmt]
    bias = (1 << exponent_bits - 1) - 1
    exponent = bits >> mantissa & (1 << exponent_bits) - 1
    fraction = bits & (1 << mantissa) - 1
    assert exponent < (1 << exponent_bits) - 1
    magnitude = Fraction(fraction | (1 << mantissa if exponent else 0)) * Fraction(2) ** (max(exponent, 1) - bias - mantissa)
    return -magnitude if bits >> width - 1 else magnitude


def negative(bits, fmt):
    return bool(bits >> FORMATS[fmt][0] - 1)


def rounded(exact, fmt, zero_negative):
    """Bits of the nearest number, ties to even; None if it is infinite."""
    width, mantissa, exponent_bits = FORMATS[fmt]
    bias = (1 << exponent_bits - 1) - 1
    if exact == 0:
        return (1 << width - 1) if zero_negative else 0
    magnitude = abs(exact)
    exponent = magnitude.numerator.bit_length() - magnitude.denominator.bit_length()
    if Fraction(2) ** exponent > magnitude:
        exponent -= 1
    exponent = max(exponent, 1 - bias)
    steps = magnitude / Fraction(2) ** (exponent - mantissa)
    whole = steps.numerator // steps.denominator
    rest = steps - whole
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and whole & 1):
        whole += 1
    bits = (exponent + bias - 1 << mantissa) + whole  # a subnormal has whole < 2^mantissa and exponent field 0
    if bits >= (1 << exponent_bits) - 1 << mantissa:
        return None
    return bits | (1 << width - 1 if exact < 0 else 0)


def combine(out, c, a, b, scale):
    """c, a, b: (bits, format)."""
    f64 = lambda exact, neg: rounded(exact, "f64", neg)
    d = f64(value(*a) - value(*b), negative(*a) and not negative(*b))  # x - x is +0; -0 - +0 is -0
    p = f64(value(scale, "f64") * value(d, "f64"), negative(scale, "f64") != negative(d, "f64"))
    if p is None:
        return None
    total = f64(value(*c) + value(p, "f64"), negative(*c) and negative(p, "f64"))
    if total is None:
        return None
    return rounded(value(total, "f64"), out, negative(total, "f64"))


def draw(rng, fmt):
    width, mantissa, exponent_bits = FORMATS[fmt]
    bias = (1 << exponent_bits - 1) - 1
    kind = rng.random()
    sign = rng.getrandbits(1) << width - 1
    if kind < 0.05:
        return sign
    if kind < 0.15:
        return sign | rng.getrandbits(mantissa)  # subnormal
    spread = 3 if kind < 0.75 else 14
    exponent = min(max(bias - 4 + rng.randint(-spread, spread), 1), 2 * bias)
    fraction = rng.getrandbits(mantissa)
    if kind < 0.3:
        fraction = 1 << rng.randrange(mantissa)
    return sign | exponent << mantissa | fraction


def main():
    rng = random.Random(20241010)
    lines = []
    for out in FORMATS:
        for c in FORMATS:
            for ab in (("bf16", "bf16"), ("f16", "f16"), ("f32", "f32"), ("f64", "f64"), ("bf16", "f32"), ("f64", "f16")):
                for _ in range(12):
                    scale = struct.unpack("<Q", struct.pack("<d", rng.choice([1.0, 1.0, 0.5, 0.7, -1.0, 1.3])))[0]
                    cells = [(draw(rng, f), f) for f in (c, *ab)]
                    expected = combine(out, *cells, scale)
                    if expected is not None:
                        lines.append(f"{out} {c} {ab[0]} {ab[1]} {scale:x} {cells[0][0]:x} {cells[1][0]:x} {cells[2][0]:x} {expected:x}")
    # Double rounding: 1 + 2^-8 + 2^-40 through float32 would be a tie, and go to even.
    one = struct.unpack("<Q", struct.pack("<d", 1.0))[0]
    small = struct.unpack("<I", struct.pack("<f", 2.0 ** -8 + 2.0 ** -30))[0]
    lines.append(f"bf16 bf16 f32 f32 {one:x} 3f80 {small:x} 0 {combine('bf16', (0x3f80, 'bf16'), (small, 'f32'), (0, 'f32'), one):x}")
    path = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent / "tests/golden/residual/kernel.txt")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n")
    print(f"{len(lines)} cases in {path}")


if __name__ == "__main__":
    main()
