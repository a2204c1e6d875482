// Memory of a graft of real size: the shapes of Llama 3.1 8B and one tensor of 4 GB, in sparse files.
#include <cstdio>
#include <cstdlib>
#include <string>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evergreen/base/file.hpp"
#include "evergreen/checkpoint/safetensors.hpp"
#include "tests/support/temp_dir.hpp"

extern char** environ;

namespace evergreen {
namespace {

constexpr int64_t kMiB = 1 << 20;

std::vector<TensorInfo> llama_3_1_8b() {
  std::vector<TensorInfo> tensors;
  const auto add = [&](const std::string& name, std::vector<int64_t> shape) {
    TensorInfo& tensor = tensors.emplace_back();
    tensor.name = name;
    tensor.dtype = Dtype::bf16;
    tensor.shape = std::move(shape);
  };
  add("model.embed_tokens.weight", {128256, 4096});
  for (int layer = 0; layer < 32; ++layer) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    add(prefix + "self_attn.q_proj.weight", {4096, 4096});
    add(prefix + "self_attn.k_proj.weight", {1024, 4096});
    add(prefix + "self_attn.v_proj.weight", {1024, 4096});
    add(prefix + "self_attn.o_proj.weight", {4096, 4096});
    add(prefix + "mlp.gate_proj.weight", {14336, 4096});
    add(prefix + "mlp.up_proj.weight", {14336, 4096});
    add(prefix + "mlp.down_proj.weight", {4096, 14336});
    add(prefix + "input_layernorm.weight", {4096});
    add(prefix + "post_attention_layernorm.weight", {4096});
  }
  add("model.norm.weight", {4096});
  add("lm_head.weight", {128256, 4096});
  return tensors;
}

// A header, and holes for the weights: zeros that take no room on the disk.
void write_sparse(const fs::path& directory, std::vector<TensorInfo> tensors) {
  fs::create_directory(directory);
  const std::string header = make_safetensors_header(tensors, {{"format", "pt"}});
  File file(directory / "model.safetensors", File::Mode::create);
  file.write_at(0, as_bytes(header));
  uint64_t bytes = header.size();
  for (const TensorInfo& tensor : tensors) bytes += tensor.bytes();
  ASSERT_EQ(::truncate((directory / "model.safetensors").c_str(), static_cast<off_t>(bytes)), 0);
}

// The program's largest resident memory.
int64_t peak_bytes(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), EVERGREEN_PROGRAM);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  pid_t child = 0;
  if (::posix_spawn(&child, EVERGREEN_PROGRAM, nullptr, nullptr, argv.data(), environ) != 0) return -1;
  int status = 0;
  rusage usage{};
  ::wait4(child, &status, 0, &usage);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? usage.ru_maxrss * 1024 : -1;
}

void expect_constant_memory(const std::vector<TensorInfo>& tensors) {
  const test::TempDir dir;
  uint64_t bytes = 0;
  for (const char* name : {"base", "instruct", "new"}) write_sparse(dir / name, tensors);
  for (const TensorInfo& tensor : tensors) bytes += tensor.elements() * 2;
  if (free_bytes(dir.path()) < bytes + (uint64_t{4} << 30))
    GTEST_SKIP() << "the output needs " << bytes << " bytes of disk";
  const int64_t start = peak_bytes({"--version"});
  const int64_t peak =
      peak_bytes({"residual", "graft", "--new-base", dir / "new", "--base", dir / "base", "--instruct",
                  dir / "instruct", "--out", dir / "out", "--weights-only", "--quiet"});
  ASSERT_GT(start, 0);
  ASSERT_GT(peak, 0);
  std::printf("%.1f GB: %lld MiB at the program's start, %lld MiB at the peak of the graft\n",
              static_cast<double>(bytes) / 1e9, static_cast<long long>(start / kMiB),
              static_cast<long long>(peak / kMiB));
  EXPECT_LE(peak - start, 256 * kMiB);
}

}  // namespace

TEST(ResidualMemory, IsConstantForAModelOfEightBillionParameters) { expect_constant_memory(llama_3_1_8b()); }

TEST(ResidualMemory, IsConstantForATensorOfFourGigabytes) {
  TensorInfo tensor;
  tensor.name = "model.embed_tokens.weight";
  tensor.dtype = Dtype::bf16;
  tensor.shape = {1 << 19, 4096};
  expect_constant_memory({tensor});
}

}  // namespace evergreen
