// Adds what instruction tuning gave a base model to a newer base model: updated = new_base + (instruct - base).
//
//   graft_example NEW_BASE BASE INSTRUCT OUT
//
// All but OUT are Hugging Face directories; OUT is made, whole or not at all.
#include <cstdio>

#include <evergreen/base/error.hpp>
#include <evergreen/checkpoint/reader.hpp>
#include <evergreen/residual/residual.hpp>

namespace {

void print(const evergreen::ResidualReport& report) {
  std::printf("%llu tensors, |R| / |base| = %.4f\n", static_cast<unsigned long long>(report.tensors),
              report.total.relative());
  for (const evergreen::NormGroup& kind : report.kinds)
    std::printf("  %-24s %.4f\n", kind.name.c_str(), kind.relative());
  for (const std::string& note : report.notes) std::printf("note: %s\n", note.c_str());
  std::printf("weights %s\n", report.weights_hash.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: graft_example NEW_BASE BASE INSTRUCT OUT\n", stderr);
    return 2;
  }
  try {
    const evergreen::CheckpointReader new_base(argv[1]), base(argv[2]), instruct(argv[3]);
    evergreen::ResidualOptions options;
    options.scale = 1;  // the paper's
    options.command = "graft_example";
    print(evergreen::graft(new_base, base, instruct, argv[4], options));
    return 0;
  } catch (
      const evergreen::Error& error) {  // the one exception that the library throws: what, where, what next
    std::fprintf(stderr, "error: %s\n", error.what());
    return evergreen::exit_code(error.kind());
  }
}
