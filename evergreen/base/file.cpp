#include "evergreen/base/file.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr size_t kMaxTransfer = size_t{1} << 30;  // Linux moves at most 2 GiB - 4 KiB in one call

int open_flags(File::Mode mode) {
  switch (mode) {
    case File::Mode::read:
      return O_RDONLY;
    case File::Mode::create:
      return O_RDWR | O_CREAT | O_EXCL;
    case File::Mode::read_write:
      return O_RDWR;
    case File::Mode::append:
      return O_WRONLY | O_CREAT | O_APPEND;
  }
  return O_RDONLY;
}

// All of `data`, or false where the file system refuses such a write before the first byte of it.
bool put_all(int descriptor, const fs::path& path, uint64_t offset, std::span<const std::byte> data,
             bool may_refuse) {
  while (!data.empty()) {
    const ssize_t put =
        ::pwrite(descriptor, data.data(), std::min(data.size(), kMaxTransfer), static_cast<off_t>(offset));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0 && errno == EINVAL && may_refuse) return false;
    if (put < 0) throw system_error(errno, "cannot write", path.string());
    offset += static_cast<uint64_t>(put);
    data = data.subspan(static_cast<size_t>(put));
  }
  return true;
}

uint64_t to_next_page(uint64_t offset) { return (kPageBytes - offset % kPageBytes) % kPageBytes; }

fs::path nearest_existing(fs::path path) {
  std::error_code ignored;
  path = fs::absolute(path);
  while (!fs::exists(path, ignored) && path.has_relative_path()) path = path.parent_path();
  return path;
}

}  // namespace

File::File(const fs::path& path, Mode mode) : path_(path) {
  descriptor_ = ::open(path.c_str(), open_flags(mode) | O_CLOEXEC, 0666);
  if (descriptor_ < 0) {
    throw system_error(errno, mode == Mode::create ? "cannot create the file" : "cannot open the file",
                       path.string());
  }
  struct stat status {};
  if (::fstat(descriptor_, &status) == 0 && S_ISDIR(status.st_mode)) {
    ::close(std::exchange(descriptor_, -1));
    throw Error(ErrorKind::input, "this is a directory, where a file is needed", path.string(),
                "name a file, or remove the directory");
  }
}

File::~File() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (direct_ >= 0) ::close(direct_);
}

File::File(File&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)),
      direct_(std::exchange(other.direct_, -1)) {}

File& File::operator=(File&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(descriptor_, other.descriptor_);
  std::swap(direct_, other.direct_);
  return *this;
}

uint64_t File::size() const {
  struct stat status {};
  if (::fstat(descriptor_, &status) != 0)
    throw system_error(errno, "cannot read the file's size", path_.string());
  return static_cast<uint64_t>(status.st_size);
}

void File::read_at(uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got =
        ::pread(descriptor_, out.data(), std::min(out.size(), kMaxTransfer), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) throw system_error(errno, "cannot read", path_.string());
    if (got == 0) {
      throw Error(ErrorKind::input,
                  "the file ends at byte " + std::to_string(offset) + ", " + std::to_string(out.size()) +
                      " bytes too early",
                  path_.string(), "copy or download the file again");
    }
    offset += static_cast<uint64_t>(got);
    out = out.subspan(static_cast<size_t>(got));
  }
}

void File::write_at(uint64_t offset, std::span<const std::byte> data) {
  const uint64_t head = std::min<uint64_t>(to_next_page(offset), data.size());
  const uint64_t whole = (data.size() - head) / kPageBytes * kPageBytes;
  const bool congruent = reinterpret_cast<uintptr_t>(data.data()) % kPageBytes == offset % kPageBytes;
  const bool past_cache = direct_ >= 0 && congruent && whole > 0 &&
                          put_all(direct_, path_, offset + head, data.subspan(head, whole), true);
  if (!past_cache) {
    put_all(descriptor_, path_, offset, data, false);
    return;
  }
  put_all(descriptor_, path_, offset, data.first(head), false);
  put_all(descriptor_, path_, offset + head + whole, data.subspan(head + whole), false);
}

void File::write_past_cache() {
#ifdef O_DIRECT
  if (direct_ < 0) direct_ = ::open(path_.c_str(), O_WRONLY | O_DIRECT | O_CLOEXEC);
#endif
}

void File::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t put = ::write(descriptor_, text.data(), std::min(text.size(), kMaxTransfer));
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw system_error(errno, "cannot write", path_.string());
    text.remove_prefix(static_cast<size_t>(put));
  }
}

void File::resize(uint64_t bytes) {
  const uint64_t old = size();
  if (bytes > old && bytes - old > free_bytes(path_))
    throw system_error(ENOSPC, "cannot make the file", path_.string());
  if (::ftruncate(descriptor_, static_cast<off_t>(bytes)) != 0) {
    throw system_error(errno, "cannot make the file " + std::to_string(bytes) + " bytes long",
                       path_.string());
  }
}

void File::sync() {
  if (::fsync(descriptor_) != 0) throw system_error(errno, "cannot write to the disk", path_.string());
}

void File::advise(uint64_t offset, uint64_t bytes, Hint hint) const {
  const auto begin = static_cast<off_t>(offset), length = static_cast<off_t>(bytes);
  switch (hint) {
    case Hint::read_ahead:
      static_cast<void>(::posix_fadvise(descriptor_, begin, length, POSIX_FADV_WILLNEED));
      return;
    case Hint::write_back:
#ifdef SYNC_FILE_RANGE_WRITE
      static_cast<void>(::sync_file_range(descriptor_, begin, length, SYNC_FILE_RANGE_WRITE));
#endif
      return;
    case Hint::drop:
      static_cast<void>(::posix_fadvise(descriptor_, begin, length, POSIX_FADV_DONTNEED));
  }
}

void File::close() {
  if (descriptor_ < 0) return;
  if (direct_ >= 0) ::close(std::exchange(direct_, -1));
  if (::close(std::exchange(descriptor_, -1)) != 0) throw system_error(errno, "cannot close", path_.string());
}

std::string read_text(const fs::path& path, uint64_t max_bytes) {
  const File file(path, File::Mode::read);
  const uint64_t size = file.size();
  if (size > max_bytes) {
    throw Error(ErrorKind::input,
                "the file has " + std::to_string(size) + " bytes, at most " + std::to_string(max_bytes) +
                    " are expected here",
                path.string());
  }
  std::string text(size, '\0');
  file.read_at(0, std::as_writable_bytes(std::span(text)));
  return text;
}

void replace_file(const fs::path& path, std::string_view contents) {
  const fs::path beside = path.string() + ".partial";
  std::error_code ignored;
  fs::remove(beside, ignored);
  try {
    File file(beside, File::Mode::create);
    file.write_at(0, as_bytes(contents));
    file.sync();
    file.close();
    fs::rename(beside, path);
  } catch (const fs::filesystem_error& error) {
    fs::remove(beside, ignored);
    throw system_error(error.code().value(), "cannot replace the file", path.string());
  } catch (...) {
    fs::remove(beside, ignored);
    throw;
  }
  sync_directory(path.has_parent_path() ? path.parent_path() : fs::path("."));
}

void sync_directory(const fs::path& directory) {
  const int descriptor = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) throw system_error(errno, "cannot open the directory", directory.string());
  const int failed = ::fsync(descriptor);
  const int error_number = errno;
  ::close(descriptor);
  // Some file systems cannot sync a directory and say so: there is nothing more to do then.
  if (failed != 0 && error_number != EINVAL) {
    throw system_error(error_number, "cannot write the directory to the disk", directory.string());
  }
}

uint64_t free_bytes(const fs::path& path) {
  std::error_code failed;
  const fs::space_info space = fs::space(nearest_existing(path), failed);
  if (failed) throw system_error(failed.value(), "cannot read the free space of the disk", path.string());
  return space.available;
}

std::span<const std::byte> as_bytes(std::string_view text) { return std::as_bytes(std::span(text)); }

}  // namespace evergreen
