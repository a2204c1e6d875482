// Runs the module text for tools/check_text.py, which compares it with the references. Not installed, not a
// test.
//
//   text_check tokenize FILE OPTIONS   documents on stdin, each a 32-bit length and that many bytes; for each
//   a 32-bit
//                                      count and that many 32-bit ids on stdout. OPTIONS: letters, a add
//                                      special tokens, s allow special tokens in text, r repeat with timing
//                                      on stderr
#include <chrono>
#include <cstdio>
#include <cstring>
#include <iostream>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::vector<std::string> read_documents() {
  std::vector<std::string> documents;
  uint32_t size = 0;
  while (std::cin.read(reinterpret_cast<char*>(&size), sizeof size)) {
    std::string text(size, '\0');
    std::cin.read(text.data(), size);
    documents.push_back(std::move(text));
  }
  return documents;
}

int tokenize(const std::string& path, const std::string& letters) {
  const Clock::time_point load_start = Clock::now();
  const auto tokenizer = evergreen::Tokenizer::from_json(evergreen::read_text(path), {}, path);
  const double load_seconds = seconds_since(load_start);
  const auto has = [&](char letter) { return letters.find(letter) != std::string::npos; };
  const evergreen::EncodeOptions options{.add_special_tokens = has('a'), .allow_special = has('s')};
  size_t bytes = 0, tokens = 0;
  double encode_seconds = 0;
  std::vector<int32_t> ids;
  for (const std::string& text : read_documents()) {
    ids.clear();
    const Clock::time_point start = Clock::now();
    tokenizer.encode(text, options, ids);
    encode_seconds += seconds_since(start);
    bytes += text.size();
    tokens += ids.size();
    const auto count = static_cast<uint32_t>(ids.size());
    std::cout.write(reinterpret_cast<const char*>(&count), sizeof count);
    std::cout.write(reinterpret_cast<const char*>(ids.data()), static_cast<std::streamsize>(4 * ids.size()));
  }
  std::fprintf(stderr, "load %.3f s, %zu bytes, %zu tokens, %.3f s, %.1f MB/s\n", load_seconds, bytes, tokens,
               encode_seconds, static_cast<double>(bytes) / encode_seconds / 1e6);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::strcmp(argv[1], "tokenize") == 0) return tokenize(argv[2], argv[3]);
    std::fprintf(stderr, "usage: text_check tokenize FILE OPTIONS\n");
    return 2;
  } catch (const evergreen::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return evergreen::exit_code(error.kind());
  }
}
