// The bytes of a file as they were before compression, in order: plain, gzip (also of several members), zstd (also of several
// frames). Memory is the decompressor's window, whatever the file.
//
// Errors    Error{input} for a file that is not what its ending says, is damaged, or ends too early.
#pragma once

#include <memory>
#include <span>
#include <string>

#include "evergreen/data/corpus_files.hpp"

namespace evergreen {

class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Fills `out` from the front; returns how many bytes, 0 at the end only.
  virtual size_t read(std::span<char> out) = 0;
  virtual void skip(uint64_t bytes);          // of the decompressed text
  virtual uint64_t stored_bytes() const = 0;  // of the file, read so far
};

std::unique_ptr<ByteSource> open_bytes(const CorpusFile& file);

// A file's name without .zst or .gz, and what that says of its bytes.
struct CompressedName {
  fs::path name;
  Compression compression = Compression::none;
};
CompressedName compressed_name(const fs::path& file);

// All of a file, decompressed as its name says.
std::string read_decompressed(const fs::path& file);

}  // namespace evergreen
