// logits_tool MODEL IDS OUT: float32 logits of a model for the token ids in the text file IDS, written raw to OUT, so that
// tools/check_update.py can compare them with the reference's.
#include <fstream>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/pipeline/model_directory.hpp"

int main(int argc, char** argv) {
  using namespace evergreen;
  if (argc != 4) {
    fmt::print(stderr, "usage: logits_tool MODEL IDS OUT\n");
    return 2;
  }
  try {
    const at::NoGradGuard no_grad;
    const Decoder decoder = load_decoder(argv[1]);
    std::ifstream in(argv[2]);
    std::vector<int64_t> ids;
    for (int64_t id = 0; in >> id;) ids.push_back(id);
    const PackedBatch batch = make_packed_batch(ids, {0, static_cast<int64_t>(ids.size())}, at::kCPU);
    const at::Tensor logits = decoder.logits(decoder.forward(batch)).contiguous();
    const std::string_view bytes(static_cast<const char*>(logits.data_ptr()), logits.nbytes());
    File(argv[3], File::Mode::create).write_at(0, as_bytes(bytes));
  } catch (const Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return exit_code(error.kind());
  }
  return 0;
}
