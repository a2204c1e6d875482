// Files by descriptor: positioned reads and writes, whole files at once, replacement by rename.
//
// Nothing is ever mapped: a mapped file counts as memory, and one truncated by somebody else kills the
// process. Errors    Error{io or resource} with the path, for everything the operating system refuses;
//           Error{input} where a file ends before what was asked of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace evergreen {

namespace fs = std::filesystem;

class File {
 public:
  enum class Mode {
    read,        // must exist
    create,      // must not exist
    read_write,  // must exist
    append,      // made if missing; write() goes to the end
  };

  File() = default;
  File(const fs::path& path, Mode mode);
  ~File();
  File(File&& other) noexcept;
  File& operator=(File&& other) noexcept;
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  const fs::path& path() const { return path_; }
  uint64_t size() const;

  // Fills `out` from byte `offset`; thread-safe. A file that ends before is Error{input}.
  void read_at(uint64_t offset, std::span<std::byte> out) const;
  // Writes all of `data` at byte `offset`; thread-safe.
  void write_at(uint64_t offset, std::span<const std::byte> data);
  // From now on write_at() sends the whole pages of what it gets past the page cache, where the file system can and the bytes lie
  // in memory as in the file: at addresses equal to their offsets modulo kPageBytes. The processor then copies nothing, the
  // cache keeps what it holds, and sync() finds little to do; what was written is not in memory for its next reader.
  void write_past_cache();
  void write(std::string_view text);  // at the descriptor's own position
  void resize(uint64_t bytes);        // grows with zeros, checked against the free space of the disk
  void sync();                        // data and metadata reach the disk

  // What the page cache may do with bytes [offset, offset + bytes), begun now and not waited for. A hint: where a file
  // system has no such thing nothing happens, and the bytes read or written are the same with or without.
  enum class Hint {
    read_ahead,  // they will be read soon
    write_back,  // they will not be written again: the disk may have them now, so that sync() finds little to do
    drop,        // they will not be read again: those the disk has may leave the cache
  };
  void advise(uint64_t offset, uint64_t bytes, Hint hint) const;

  void close();  // errors of a late write appear here, not in the destructor

 private:
  fs::path path_;
  int descriptor_ = -1;
  int direct_ = -1;  // a second descriptor, past the page cache; -1: none
};

// Of the page cache, and what disks want to be written in.
inline constexpr uint64_t kPageBytes = 4096;

// A whole file; more than `max_bytes` is Error{input}.
std::string read_text(const fs::path& path, uint64_t max_bytes = uint64_t{1} << 32);

// Writes `path` whole or not at all: beside it, synced, renamed over what was there.
void replace_file(const fs::path& path, std::string_view contents);

// fsync of a directory, so that renames in it survive a power cut.
void sync_directory(const fs::path& directory);

// Free bytes for this user on the disk that holds `path` (or its nearest existing parent).
uint64_t free_bytes(const fs::path& path);

std::span<const std::byte> as_bytes(std::string_view text);

}  // namespace evergreen
