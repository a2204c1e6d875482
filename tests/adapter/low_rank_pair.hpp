// Pairs of checkpoints whose residual is known, and adapters written by hand.
#pragma once

#include "evergreen/adapter/adapter_config.hpp"
#include "evergreen/adapter/matrix_product.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"
#include "tests/support/weights.hpp"

namespace evergreen::test {

inline Matrix matrix_of(const CheckpointReader& reader, const std::string& name) {
  const TensorInfo& tensor = reader.get(name);
  Matrix matrix(tensor.shape.at(0), tensor.shape.at(1));
  matrix.values() = values_of(reader, name);
  return matrix;
}

// Multiples of 1/8 in [-1, 1]: exact in every dtype, and so are sums of a few products.
inline double eighth(const std::string& name, uint64_t element) {
  return (static_cast<double>(RandomStream(5, name, element).below(17)) - 8) / 8;
}

// B A by the definition: products in order of the rank.
inline Matrix multiply(const Matrix& b, const Matrix& a) {
  Matrix product(b.rows(), a.cols());
  for (int64_t i = 0; i < b.rows(); ++i) {
    for (int64_t j = 0; j < a.cols(); ++j) {
      for (int64_t k = 0; k < b.cols(); ++k) {
        const volatile double p = b(i, k) * a(k, j);
        product(i, j) += p;
      }
    }
  }
  return product;
}

// Two tokens, at the rows where pico_checkpoint() has them.
inline const std::string kTokenizer = R"({"model": {"type": "BPE", "vocab": {"t0": 0, "t1": 1}}})";

// An adapter directory of these tensors, named as in the file, with eighths as values.
inline fs::path write_adapter_directory(const fs::path& out, const std::string& config,
                                        const std::vector<TensorSpec>& tensors) {
  WriterOptions options;
  options.stem = "adapter_model";
  return write_checkpoint(
      out, tensors, [](const TensorSpec& tensor, uint64_t element) { return eighth(tensor.name, element); },
      [&](CheckpointWriter& writer) {
        writer.put_file(kAdapterConfigFile, config);
        writer.put_file("tokenizer.json", kTokenizer);
      },
      options);
}

}  // namespace evergreen::test
