// Every set of vector instructions of this machine against the reference: bytes, sums and faults, bit for bit.
#include "evergreen/residual/kernel_target.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "evergreen/residual/residual_kernel.hpp"

namespace evergreen {
namespace {

using Bytes = std::vector<std::byte>;

constexpr Dtype kDtypes[] = {Dtype::bf16, Dtype::f16, Dtype::f32, Dtype::f64};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

size_t bytes_of(Dtype dtype) { return static_cast<size_t>(dtype_bits(dtype)) / 8; }

// Runs a test once for each target, and puts the best one back.
class OnEveryTarget : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override { use_kernel_target(GetParam()); }
  void TearDown() override { use_kernel_target(""); }
};

// Operands with bytes of their own. `lead` bytes before the first element make them unaligned.
struct Slice {
  struct Term {
    double scale = 1;
    Dtype a_dtype = Dtype::bf16, b_dtype = Dtype::bf16;
    Bytes a, b;  // empty: there is none
  };
  Dtype c_dtype = Dtype::bf16, out_dtype = Dtype::bf16;
  Bytes c;
  std::vector<Term> terms;
  uint64_t elements = 0;
  bool measure_loss = false, write = true;
  size_t lead = 0;
};

struct Outcome {
  std::optional<KernelFault> fault;
  KernelSums sums;
  Bytes out;  // with `lead` bytes before and 64 after, which must stay as they are
};

using Kernel = std::optional<KernelFault> (*)(const KernelInput&, std::span<std::byte>, KernelSums&);

Operand operand(Dtype dtype, const Bytes& bytes, size_t lead) {
  if (bytes.empty()) return {dtype, {}};
  return {dtype, std::span(bytes).subspan(lead)};
}

Outcome outcome(Kernel kernel, const Slice& slice) {
  std::vector<KernelTerm> terms;
  for (const Slice::Term& term : slice.terms) {
    terms.push_back(
        {term.scale, operand(term.a_dtype, term.a, slice.lead), operand(term.b_dtype, term.b, slice.lead)});
  }
  const size_t size = slice.write ? slice.elements * bytes_of(slice.out_dtype) : 0;
  Outcome result;
  result.sums = {0.5, 0.25, 0.125, 0x1p-100, 3};  // a slice adds to what is there
  result.out.assign(slice.lead + size + 64, std::byte{0x5a});
  result.fault = kernel({operand(slice.c_dtype, slice.c, slice.lead), terms, slice.elements, slice.out_dtype,
                         slice.measure_loss},
                        std::span(result.out).subspan(slice.lead, size), result.sums);
  return result;
}

bool same_bits(double left, double right) {
  return std::bit_cast<uint64_t>(left) == std::bit_cast<uint64_t>(right);
}

void expect_same_fault(const KernelFault& got, const KernelFault& expected) {
  EXPECT_EQ(got.kind, expected.kind);
  EXPECT_EQ(got.element, expected.element);
  EXPECT_EQ(got.operand, expected.operand);
  EXPECT_TRUE(same_bits(got.value, expected.value));
}

// Whether there was a fault.
bool expect_as_reference(const Slice& slice, const std::string& what) {
  SCOPED_TRACE(what);
  const Outcome expected = outcome(combine_slice_reference, slice), got = outcome(combine_slice, slice);
  EXPECT_EQ(got.fault.has_value(), expected.fault.has_value());
  if (expected.fault) {
    if (got.fault) expect_same_fault(*got.fault, *expected.fault);
    return true;
  }
  const auto differing = std::mismatch(got.out.begin(), got.out.end(), expected.out.begin());
  EXPECT_TRUE(differing.first == got.out.end()) << "byte " << differing.first - got.out.begin();
  EXPECT_TRUE(same_bits(got.sums.added_squares, expected.sums.added_squares));
  EXPECT_TRUE(same_bits(got.sums.base_squares, expected.sums.base_squares));
  EXPECT_TRUE(same_bits(got.sums.loss_squares, expected.sums.loss_squares));
  EXPECT_TRUE(same_bits(got.sums.loss_max, expected.sums.loss_max));
  EXPECT_EQ(got.sums.changed, expected.sums.changed);
  return false;
}

// How a random operand is drawn: exponents around 1 as weights have them, or any bits at all.
enum class Draw { weights, small, any_finite, any };

double draw_value(RandomStream& random, Draw draw) {
  const double sign = random.below(2) == 0 ? 1 : -1;
  if (random.below(16) == 0) return sign * 0.0;
  const int spread = draw == Draw::weights ? 6 : 40;
  const int exponent =
      static_cast<int>(random.below(static_cast<uint64_t>(spread))) - (draw == Draw::small ? 150 : 8);
  return sign * std::ldexp(1 + random.uniform(), exponent);
}

uint64_t draw_bits(RandomStream& random, Dtype dtype, Draw draw) {
  std::byte bytes[8] = {};
  uint64_t bits = random.next();
  if (draw == Draw::weights || draw == Draw::small) {
    const double value = draw_value(random, draw);
    encode(dtype, std::span(&value, 1), std::span(bytes).first(bytes_of(dtype)));
    std::memcpy(&bits, bytes, sizeof bits);
  } else if (draw == Draw::any_finite) {
    // Any fraction, and any exponent but the largest.
    const int mantissa = dtype == Dtype::bf16 ? 7 : dtype == Dtype::f16 ? 10 : dtype == Dtype::f32 ? 23 : 52;
    const int exponent_bits = dtype_bits(dtype) - 1 - mantissa;
    const uint64_t all = (uint64_t{1} << exponent_bits) - 1;
    if ((bits >> mantissa & all) == all) bits &= ~(uint64_t{1} << mantissa);
  }
  return bits;
}

Bytes draw_bytes(RandomStream& random, Dtype dtype, uint64_t elements, size_t lead, Draw draw) {
  Bytes bytes(lead + elements * bytes_of(dtype) +
              1);  // never empty: an empty operand is one that is not there
  for (uint64_t i = 0; i < elements; ++i) {
    const uint64_t bits = draw_bits(random, dtype, draw);
    std::memcpy(bytes.data() + lead + i * bytes_of(dtype), &bits, bytes_of(dtype));
  }
  bytes.pop_back();
  if (elements == 0 && lead == 0) bytes.resize(0);
  return bytes;
}

Bytes encoded(Dtype dtype, const std::vector<double>& values) {
  Bytes bytes(values.size() * bytes_of(dtype));
  encode(dtype, values, bytes);
  return bytes;
}

// c0 + scale * (a - b)
Slice graft_slice(RandomStream& random, Dtype out, Dtype c, Dtype a, Dtype b, uint64_t elements, double scale,
                  Draw draw, size_t lead = 0) {
  Slice slice;
  slice.out_dtype = out;
  slice.c_dtype = c;
  slice.elements = elements;
  slice.lead = lead;
  slice.c = draw_bytes(random, c, elements, lead, draw);
  slice.terms = {{scale, a, b, draw_bytes(random, a, elements, lead, draw),
                  draw_bytes(random, b, elements, lead, draw)}};
  return slice;
}

// a - b in `out`, its loss measured
Slice extract_slice(RandomStream& random, Dtype out, Dtype a, Dtype b, uint64_t elements, Draw draw) {
  Slice slice = graft_slice(random, out, b, a, b, elements, 1, draw);
  slice.c.clear();
  slice.measure_loss = true;
  return slice;
}

// Both sides of every double at which rounding to a 16-bit format turns, and the doubles themselves.
std::vector<double> turning_points(Dtype dtype) {
  std::vector<double> values;
  const uint64_t infinity = dtype == Dtype::bf16 ? 0x7f80 : 0x7c00;
  const auto value = [&](uint64_t bits) {
    return dtype == Dtype::bf16 ? double_from_bf16(static_cast<uint16_t>(bits))
                                : double_from_f16(static_cast<uint16_t>(bits));
  };
  for (uint64_t bits = 0; bits + 1 < infinity; ++bits) {
    const double low = value(bits), middle = low + (value(bits + 1) - low) / 2;
    for (const double one : {low, std::nextafter(middle, 0), middle, std::nextafter(middle, kInfinity)}) {
      values.push_back(one);
      values.push_back(-one);
    }
  }
  return values;
}

Slice copy_slice(Dtype from, Dtype to, const Bytes& bytes) {
  Slice slice;
  slice.c_dtype = from;
  slice.out_dtype = to;
  slice.c = bytes;
  slice.elements = bytes.size() / bytes_of(from);
  return slice;
}

}  // namespace

TEST(KernelTarget, TheMachineHasVectorsAndTheirPlainReference) {
  const std::vector<std::string> targets = kernel_targets();
  ASSERT_FALSE(targets.empty());
  EXPECT_NE(targets.front(), "Unknown");
}

TEST_P(OnEveryTarget, AllDtypesTogetherGiveTheReferencesBits) {
  RandomStream random(1, "test.kernel.dtypes");
  for (const Dtype out : kDtypes) {
    for (const Dtype c : kDtypes) {
      for (const Dtype a : kDtypes) {
        for (const Dtype b : kDtypes) {
          for (const Draw draw : {Draw::weights, Draw::small}) {
            const double scale = random.below(2) == 0 ? 1 : random.normal();
            const Slice slice = graft_slice(random, out, c, a, b, 300 + random.below(17), scale, draw);
            ASSERT_FALSE(expect_as_reference(slice, "graft"));
          }
        }
      }
    }
  }
}

TEST_P(OnEveryTarget, LossesOfAllDtypesAreTheReferences) {
  RandomStream random(2, "test.kernel.loss");
  for (const Dtype out : kDtypes) {
    for (const Dtype a : kDtypes) {
      for (const Dtype b : kDtypes) {
        for (const Draw draw : {Draw::weights, Draw::small, Draw::any_finite})
          expect_as_reference(extract_slice(random, out, a, b, 300 + random.below(17), draw), "extract");
      }
    }
  }
}

TEST_P(OnEveryTarget, EveryScaleGivesTheReferencesBits) {
  RandomStream random(3, "test.kernel.scale");
  for (const double scale : {0.0, -0.0, 1.0, -1.0, 0.1, 1.0 / 3, -7.25, 0x1p-140, 1e-300, 5e-324, 1e300,
                             kInfinity, -kInfinity, std::nan("")}) {
    for (const Draw draw : {Draw::weights, Draw::small, Draw::any_finite}) {
      for (const Dtype dtype : kDtypes)
        expect_as_reference(graft_slice(random, dtype, dtype, dtype, dtype, 70, scale, draw), "graft");
    }
  }
}

TEST_P(OnEveryTarget, AnyBitsGiveTheReferencesBitsOrItsFault) {
  RandomStream random(4, "test.kernel.bits");
  int faults = 0, results = 0;
  for (int i = 0; i < 4000; ++i) {
    const Dtype out = kDtypes[random.below(4)], c = kDtypes[random.below(4)], a = kDtypes[random.below(4)],
                b = kDtypes[random.below(4)];
    const Draw draw = random.below(2) == 0 ? Draw::any_finite : Draw::any;
    const double scale =
        random.below(3) == 0 ? 1 : std::ldexp(random.normal(), static_cast<int>(random.below(40)) - 60);
    const Slice slice = graft_slice(random, out, c, a, b, 1 + random.below(24), scale, draw);
    (expect_as_reference(slice, "any bits") ? faults : results) += 1;
  }
  EXPECT_GT(faults, 400);
  EXPECT_GT(results, 400);
}

TEST_P(OnEveryTarget, EveryLengthAndAlignmentGivesTheReferencesBits) {
  RandomStream random(5, "test.kernel.lengths");
  for (uint64_t elements = 0; elements <= 70; ++elements) {
    for (const size_t lead : {0, 1, 2, 3, 6}) {
      for (const Dtype dtype : kDtypes) {
        expect_as_reference(
            graft_slice(random, dtype, dtype, dtype, dtype, elements, 0.7, Draw::weights, lead),
            std::to_string(elements) + " elements");
      }
    }
  }
  for (const uint64_t elements : {255, 256, 257, 1000, 4096, 5003}) {
    for (const Dtype dtype : kDtypes)
      expect_as_reference(graft_slice(random, dtype, dtype, dtype, dtype, elements, 1, Draw::weights),
                          "long");
  }
}

TEST_P(OnEveryTarget, MissingOperandsAndSeveralTermsGiveTheReferencesBits) {
  RandomStream random(6, "test.kernel.terms");
  for (int i = 0; i < 400; ++i) {
    const uint64_t elements = 1 + random.below(600);
    const Draw draw = random.below(2) == 0 ? Draw::weights : Draw::small;
    Slice slice;
    slice.elements = elements;
    slice.out_dtype = kDtypes[random.below(4)];
    slice.c_dtype = kDtypes[random.below(4)];
    slice.write = random.below(4) != 0;
    if (random.below(3) != 0) slice.c = draw_bytes(random, slice.c_dtype, elements, 0, draw);
    for (uint64_t terms = slice.c.empty() ? 1 + random.below(3) : random.below(4); terms > 0; --terms) {
      const Dtype a = kDtypes[random.below(4)], b = kDtypes[random.below(4)];
      slice.terms.push_back({random.normal(), a, b, draw_bytes(random, a, elements, 0, draw), {}});
      if (random.below(2) == 0) slice.terms.back().b = draw_bytes(random, b, elements, 0, draw);
    }
    ASSERT_FALSE(expect_as_reference(slice, "terms"));
  }
}

TEST_P(OnEveryTarget, ZerosKeepTheirSigns) {
  for (const Dtype dtype : kDtypes) {
    std::vector<double> c, a, b;
    for (int signs = 0; signs < 8; ++signs) {
      c.push_back(std::copysign(0.0, signs & 1 ? -1 : 1));
      a.push_back(std::copysign(0.0, signs & 2 ? -1 : 1));
      b.push_back(std::copysign(0.0, signs & 4 ? -1 : 1));
    }
    Slice slice = copy_slice(dtype, dtype, encoded(dtype, c));
    slice.terms = {{1, dtype, dtype, encoded(dtype, a), encoded(dtype, b)}};
    for (const double scale : {1.0, -1.0}) {
      slice.terms[0].scale = scale;
      EXPECT_FALSE(expect_as_reference(slice, "graft"));
      Slice without = slice;
      without.c.clear();
      EXPECT_FALSE(expect_as_reference(without, "no c0"));
      without.terms[0].b.clear();
      EXPECT_FALSE(expect_as_reference(without, "no c0, no b"));
    }
  }
}

TEST_P(OnEveryTarget, EverySixteenBitValueIsDecodedAsTheReferenceDoes) {
  for (const Dtype dtype : {Dtype::bf16, Dtype::f16}) {
    Bytes finite;
    for (uint32_t i = 0; i < 0x10000; ++i) {
      const auto bits = static_cast<uint16_t>(i);
      Bytes one(2);
      std::memcpy(one.data(), &bits, 2);
      if (expect_as_reference(copy_slice(dtype, Dtype::f64, one), "one value")) continue;
      finite.insert(finite.end(), one.begin(), one.end());
    }
    EXPECT_EQ(finite.size(), dtype == Dtype::bf16 ? 2 * 2 * 0x7f80U : 2 * 2 * 0x7c00U);
    EXPECT_FALSE(expect_as_reference(copy_slice(dtype, Dtype::f64, finite), "all finite values"));
  }
}

TEST_P(OnEveryTarget, EveryTieAndItsNeighboursAreRoundedAsTheReferenceDoes) {
  for (const Dtype dtype : {Dtype::bf16, Dtype::f16}) {
    const Bytes values = encoded(Dtype::f64, turning_points(dtype));
    EXPECT_FALSE(expect_as_reference(copy_slice(Dtype::f64, dtype, values), "turning points"));
  }
}

TEST_P(OnEveryTarget, TiesOfBfloat16SumsAreRoundedAsTheReferenceDoes) {
  RandomStream random(7, "test.kernel.ties");
  for (int shift = 0; shift < 24; ++shift) {  // a - b is some halves of c0's last bit, at every distance
    std::vector<double> c, a, b;
    for (int i = 0; i < 512; ++i) {
      c.push_back(
          std::ldexp(static_cast<double>(128 + random.below(128)), static_cast<int>(random.below(3)) - 141));
      a.push_back(std::ldexp(static_cast<double>(random.below(256)), -142));
      b.push_back(std::ldexp(static_cast<double>(random.below(256)), -142 - shift));
    }
    for (const int exponent : {0, 9, 140}) {  // among bf16's subnormals, at their end, and around 1
      Slice slice;
      slice.elements = c.size();
      const auto scaled = [&](std::vector<double> values) {
        for (double& value : values) value = std::ldexp(value, exponent);
        return encoded(Dtype::bf16, values);
      };
      slice.c = scaled(c);
      slice.terms = {{1, Dtype::bf16, Dtype::bf16, scaled(a), scaled(b)}};
      EXPECT_FALSE(expect_as_reference(slice, "ties"));
    }
  }
}

TEST_P(OnEveryTarget, AFaultIsFoundAtEveryPlace) {
  RandomStream random(8, "test.kernel.faults");
  for (const Dtype dtype : kDtypes) {
    const Slice good = graft_slice(random, dtype, dtype, dtype, dtype, 70, 1, Draw::weights);
    for (uint64_t element = 0; element < 70; ++element) {
      for (int number = 0; number < 3; ++number) {
        for (const double bad : {kInfinity, -kInfinity, std::nan("")}) {
          Slice slice = good;
          Bytes& bytes = number == 0 ? slice.c : number == 1 ? slice.terms[0].a : slice.terms[0].b;
          encode(dtype, std::span(&bad, 1),
                 std::span(bytes).subspan(element * bytes_of(dtype), bytes_of(dtype)));
          EXPECT_TRUE(expect_as_reference(slice, "not finite"));
        }
      }
    }
  }
}

TEST_P(OnEveryTarget, TheLargestValuesAreKeptAndWhatIsLargerIsAFault) {
  for (const Dtype out : {Dtype::bf16, Dtype::f16, Dtype::f32}) {
    const double threshold = overflow_threshold(out);
    for (const double sign : {1.0, -1.0}) {
      const Bytes below = encoded(Dtype::f64, std::vector<double>(20, sign * std::nextafter(threshold, 0)));
      EXPECT_FALSE(expect_as_reference(copy_slice(Dtype::f64, out, below), "below"));
      Bytes above = below;
      const double bad = sign * threshold;
      std::memcpy(above.data() + 8 * 17, &bad, 8);
      EXPECT_TRUE(expect_as_reference(copy_slice(Dtype::f64, out, above), "at the threshold"));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Kernel, OnEveryTarget, testing::ValuesIn(kernel_targets()),
                         [](const auto& target) { return target.param; });

}  // namespace evergreen
