#include "evergreen/data/byte_source.hpp"

#include <algorithm>
#include <string>

#include <fmt/format.h>
#include <zlib.h>
#include <zstd.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr size_t kReadBytes = size_t{1} << 18;

[[noreturn]] void refuse(const fs::path& path, const std::string& what) {
  throw Error(ErrorKind::input, what, path.string(), "copy or download the file again");
}

class PlainBytes : public ByteSource {
 public:
  explicit PlainBytes(const fs::path& path) : file_(path, File::Mode::read), size_(file_.size()) {}
  size_t read(std::span<char> out) override {
    const size_t count = std::min<uint64_t>(out.size(), size_ - at_);
    file_.read_at(at_, std::as_writable_bytes(out.first(count)));
    at_ += count;
    return count;
  }
  void skip(uint64_t bytes) override { at_ = std::min(size_, at_ + bytes); }
  uint64_t stored_bytes() const override { return at_; }

 private:
  File file_;
  uint64_t size_, at_ = 0;
};

class ZstdBytes : public ByteSource {
 public:
  explicit ZstdBytes(const fs::path& path)
      : stored_(path),
        path_(path),
        buffer_(kReadBytes, '\0'),
        stream_(ZSTD_createDStream(), ZSTD_freeDStream) {}

  size_t read(std::span<char> out) override {
    ZSTD_outBuffer to = {out.data(), out.size(), 0};
    while (to.pos == 0 && to.size > 0) {
      // A full output leaves decompressed text inside the decompressor: it is asked again before more is read.
      if (from_.pos == from_.size && !more_) {
        from_ = {buffer_.data(), stored_.read(buffer_), 0};
        if (from_.size == 0) {
          if (state_ != 0) refuse(path_, "the compressed file ends too early");
          return 0;
        }
      }
      state_ = ZSTD_decompressStream(stream_.get(), &to, &from_);
      if (ZSTD_isError(state_) != 0)
        refuse(path_, fmt::format("the file is not valid zstd: {}", ZSTD_getErrorName(state_)));
      more_ = to.pos == to.size && state_ != 0;
    }
    return to.pos;
  }
  uint64_t stored_bytes() const override { return stored_.stored_bytes(); }

 private:
  PlainBytes stored_;
  fs::path path_;
  std::string buffer_;
  std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream_;
  ZSTD_inBuffer from_ = {nullptr, 0, 0};
  size_t state_ = 1;  // 0: a frame has ended
  bool more_ = false;
};

class GzipBytes : public ByteSource {
 public:
  explicit GzipBytes(const fs::path& path) : stored_(path), path_(path), buffer_(kReadBytes, '\0') {
    if (::inflateInit2(&stream_, 15 + 16) != Z_OK) throw std::bad_alloc();
  }
  ~GzipBytes() override { ::inflateEnd(&stream_); }
  GzipBytes(const GzipBytes&) = delete;
  GzipBytes& operator=(const GzipBytes&) = delete;

  size_t read(std::span<char> out) override {
    stream_.next_out = reinterpret_cast<Bytef*>(out.data());
    stream_.avail_out = static_cast<uInt>(std::min<size_t>(out.size(), size_t{1} << 30));
    const uInt wanted = stream_.avail_out;
    while (stream_.avail_out == wanted && wanted > 0) {
      if (stream_.avail_in == 0) {
        stream_.avail_in = static_cast<uInt>(stored_.read(buffer_));
        stream_.next_in = reinterpret_cast<Bytef*>(buffer_.data());
        if (stream_.avail_in == 0) {
          if (!between_members_) refuse(path_, "the compressed file ends too early");
          return 0;
        }
      }
      if (between_members_ && any_) ::inflateReset(&stream_);
      between_members_ = false;
      any_ = true;
      const int state = ::inflate(&stream_, Z_NO_FLUSH);
      if (state == Z_STREAM_END) {
        between_members_ = true;
      } else if (state != Z_OK && state != Z_BUF_ERROR) {
        refuse(path_, fmt::format("the file is not valid gzip: {}",
                                  stream_.msg != nullptr ? stream_.msg : "damaged data"));
      }
    }
    return wanted - stream_.avail_out;
  }
  uint64_t stored_bytes() const override { return stored_.stored_bytes(); }

 private:
  PlainBytes stored_;
  fs::path path_;
  std::string buffer_;
  z_stream stream_{};
  bool between_members_ = false, any_ = false;
};

}  // namespace

void ByteSource::skip(uint64_t bytes) {
  std::string sink(kReadBytes, '\0');
  while (bytes > 0) {
    const size_t got = read(std::span(sink).first(std::min<uint64_t>(bytes, sink.size())));
    if (got == 0) return;
    bytes -= got;
  }
}

std::unique_ptr<ByteSource> open_bytes(const CorpusFile& file) {
  switch (file.compression) {
    case Compression::gzip:
      return std::make_unique<GzipBytes>(file.path);
    case Compression::zstd:
      return std::make_unique<ZstdBytes>(file.path);
    case Compression::none:
      break;
  }
  return std::make_unique<PlainBytes>(file.path);
}

CompressedName compressed_name(const fs::path& file) {
  if (file.extension() == ".zst") return {fs::path(file).replace_extension(), Compression::zstd};
  if (file.extension() == ".gz") return {fs::path(file).replace_extension(), Compression::gzip};
  return {file, Compression::none};
}

std::string read_decompressed(const fs::path& file) {
  CorpusFile source{.path = file};
  source.compression = compressed_name(file).compression;
  const std::unique_ptr<ByteSource> bytes = open_bytes(source);
  std::string text, buffer(kReadBytes, '\0');
  while (const size_t count = bytes->read(buffer)) text.append(buffer, 0, count);
  return text;
}

}  // namespace evergreen
