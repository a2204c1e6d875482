#include "evergreen/data/corpus_reader.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr size_t kChunkBytes = size_t{1} << 20;
constexpr size_t kLongestLine = size_t{1} << 28;
constexpr size_t kLongestText = size_t{1} << 31;

}  // namespace

CorpusReader::CorpusReader(std::vector<CorpusFile> files, FieldNames fields, ReadPosition from)
    : files_(std::move(files)), fields_(std::move(fields)), at_(from) {
  for (size_t i = 0; i < files_.size(); ++i) {
    if (i < at_.file) bytes_before_ += files_[i].bytes;
    total_bytes_ += files_[i].bytes;
  }
}

CorpusReader::~CorpusReader() = default;

void CorpusReader::open() {
  const CorpusFile& file = files_[at_.file];
  if (file.format == CorpusFormat::parquet) {
    parquet_ = open_parquet(file.path, fields_.text, fields_.date);
    parquet_->skip(static_cast<int64_t>(at_.offset));
    return;
  }
  source_ = open_bytes(file);
  if (at_.offset > 0) source_->skip(at_.offset);
  ahead_.clear();
  at_end_ = false;
}

void CorpusReader::close() {
  source_.reset();
  parquet_.reset();
  bytes_before_ += files_[at_.file].bytes;
  at_ = {at_.file + 1, 0, 0};
  stored_of_file_ = 0;
}

bool CorpusReader::next(CorpusChunk& chunk) {
  while (at_.file < files_.size()) {
    if (!source_ && !parquet_) open();
    const CorpusFile& file = files_[at_.file];
    chunk.file = &file;
    chunk.first_line = at_.line + 1;
    bool found = false;
    switch (file.format) {
      case CorpusFormat::json_lines:
        found = next_lines(chunk);
        break;
      case CorpusFormat::text:
        found = next_text(chunk);
        break;
      case CorpusFormat::parquet:
        found = next_rows(chunk);
        break;
    }
    if (found) {
      chunk.end = at_;
      return true;
    }
    close();
  }
  return false;
}

// More of the file into `ahead_`; false at its end.
bool CorpusReader::fill() {
  if (at_end_) return false;
  const size_t before = ahead_.size();
  ahead_.resize(before + kChunkBytes);
  size_t got = 0;
  while (got < kChunkBytes) {
    const size_t more = source_->read(std::span(ahead_).subspan(before + got));
    if (more == 0) break;
    got += more;
  }
  ahead_.resize(before + got);
  at_end_ = got < kChunkBytes;
  return got > 0;
}

bool CorpusReader::next_lines(CorpusChunk& chunk) {
  while (ahead_.size() <= kChunkBytes && fill()) {
  }
  if (ahead_.empty()) return false;
  // All that is left; or up to the last line break within kChunkBytes; for a longer line up to the first one behind.
  size_t end = ahead_.size() <= kChunkBytes ? ahead_.size() : ahead_.rfind('\n', kChunkBytes - 1) + 1;
  for (size_t from = kChunkBytes; end == 0;) {
    const size_t found = ahead_.find('\n', std::min(from, ahead_.size()));
    if (found != std::string::npos) {
      end = found + 1;
    } else {
      from = ahead_.size();
      if (from > kLongestLine) {
        throw Error(ErrorKind::input, fmt::format("a line is longer than {} bytes", kLongestLine),
                    fmt::format("{}, line {}", files_[at_.file].path.string(), at_.line + 1),
                    "put one document on each line");
      }
      if (!fill()) end = ahead_.size();
    }
  }
  // What is behind goes on to the next chunk; this one takes the buffer.
  std::string rest(ahead_, end);
  rest.reserve(2 * kChunkBytes);
  std::swap(chunk.bytes, ahead_);
  ahead_ = std::move(rest);
  chunk.size = end;
  chunk.bytes.resize(end);
  at_.offset += end;
  at_.line += std::count(chunk.bytes.begin(), chunk.bytes.end(), '\n');
  chunk.bytes.resize(end + kChunkPadding);
  chunk.stored_bytes = bytes_before_ + stored_bytes_of_file();
  return true;
}

// Of what was given out: the source has been read further.
uint64_t CorpusReader::stored_bytes_of_file() {
  const double share = static_cast<double>(at_.offset) / static_cast<double>(at_.offset + ahead_.size());
  const auto bytes = static_cast<uint64_t>(share * static_cast<double>(source_->stored_bytes()));
  return stored_of_file_ = std::max(stored_of_file_, bytes);  // how well a file compresses changes on the way
}

bool CorpusReader::next_text(CorpusChunk& chunk) {
  if (at_.offset > 0) return false;
  while (fill()) {
    if (ahead_.size() > kLongestText) {
      throw Error(ErrorKind::input, fmt::format("a text file is longer than {} bytes", kLongestText),
                  files_[at_.file].path.string(), "split it, or put its documents into a .jsonl");
    }
  }
  std::swap(chunk.bytes, ahead_);
  chunk.size = chunk.bytes.size();
  at_.offset = std::max<uint64_t>(1, chunk.size);
  at_.line = 1;
  chunk.bytes.resize(chunk.size + kChunkPadding);
  chunk.first_line = 0;
  chunk.stored_bytes = bytes_before_ + source_->stored_bytes();
  return true;
}

bool CorpusReader::next_rows(CorpusChunk& chunk) {
  if (!parquet_->read(chunk.rows)) return false;
  const auto rows = static_cast<int64_t>(chunk.rows.text_lengths.size());
  at_.offset += static_cast<uint64_t>(rows);
  at_.line += rows;
  const double share =
      static_cast<double>(at_.line) / static_cast<double>(std::max<int64_t>(1, parquet_->rows()));
  chunk.stored_bytes =
      bytes_before_ + static_cast<uint64_t>(share * static_cast<double>(files_[at_.file].bytes));
  return true;
}

}  // namespace evergreen
