// A damaged shard is an error, or reads as what its hashes stand for: never a crash.
#include <cstdint>
#include <cstdlib>
#include <string>

#include <unistd.h>

#include "evergreen/base/error.hpp"
#include "evergreen/data/token_shard.hpp"

namespace {

using namespace evergreen;

const fs::path& path() {
  static const fs::path at =
      fs::temp_directory_path() / ("evergreen-shard-fuzz-" + std::to_string(::getpid()));
  return at;
}

std::string whole_shard() {
  TokenShardWriter writer(path(), 100);
  const std::vector<uint32_t> tokens = {1, 2, 3, 4, 5, 6, 7, 8}, lengths = {3, 5};
  writer.add(tokens, lengths);
  writer.finish();
  return read_text(path());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::string whole = whole_shard();
  // The input changes a whole shard: (position, byte) pairs, then perhaps its length.
  std::string bytes = whole;
  for (size_t i = 0; i + 1 < size && i < 16; i += 2)
    bytes[data[i] % bytes.size()] = static_cast<char>(data[i + 1]);
  if (size % 2 == 1) bytes.resize(bytes.size() * data[size - 1] / 255);
  fs::remove(path());
  File(path(), File::Mode::create).write_at(0, as_bytes(bytes));
  try {
    const TokenShard shard(path());
    shard.verify();
    if (bytes != whole) std::abort();  // no change goes unseen
  } catch (const Error& error) {
    if (error.kind() != ErrorKind::input) std::abort();
  }
  fs::remove(path());
  return 0;
}

extern "C" const char* const* evergreen_fuzz_seeds() {
  static const char* const seeds[] = {"", "\x05\x33", "\x50\x01x", nullptr};
  return seeds;
}
