#include "evergreen/data/documents.hpp"

#include <algorithm>
#include <cstring>
#include <memory>

#include <fmt/format.h>
#include <simdjson.h>
#include <zstd.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr size_t kReadBytes = size_t{1} << 20;
constexpr size_t kMaxLineBytes = size_t{1} << 28;

bool ends_with(const fs::path& file, std::string_view ending) {
  const std::string name = file.filename().string();
  return name.size() > ending.size() && name.compare(name.size() - ending.size(), ending.size(), ending) == 0;
}

bool is_json_lines(const fs::path& file) {
  return ends_with(file, ".jsonl") || ends_with(file, ".jsonl.zst");
}
bool is_corpus_file(const fs::path& file) { return is_json_lines(file) || ends_with(file, ".txt"); }

[[noreturn]] void refuse_ending(const fs::path& file) {
  const bool parquet = ends_with(file, ".parquet");
  throw Error(
      ErrorKind::input,
      parquet ? "parquet is not read yet" : "a corpus is .jsonl, .jsonl.zst or .txt, this file is neither",
      file.string(), parquet ? "convert it to .jsonl: one object a line, with a \"text\" field" : "");
}

// Splits what is fed to it into lines.
class LineSplitter {
 public:
  LineSplitter(const fs::path& file, const std::function<bool(std::string_view, int64_t)>& use)
      : file_(file), use_(use) {}

  void feed(std::string_view part) {
    for (size_t end = part.find('\n'); end != std::string_view::npos && !stopped_; end = part.find('\n')) {
      rest_.append(part.substr(0, end));
      finish_line();
      part.remove_prefix(end + 1);
    }
    rest_.append(part);
    if (rest_.size() > kMaxLineBytes) {
      throw Error(ErrorKind::input, fmt::format("a line is longer than {} bytes", kMaxLineBytes),
                  fmt::format("{}, line {}", file_.string(), line_ + 1), "put one document on each line");
    }
  }
  void finish() {
    if (!rest_.empty() && !stopped_) finish_line();
  }
  bool stopped() const { return stopped_; }

 private:
  void finish_line() {
    ++line_;
    if (!rest_.empty() && rest_.back() == '\r') rest_.pop_back();
    if (rest_.find_first_not_of(" \t") != std::string::npos) stopped_ = !use_(rest_, line_);
    rest_.clear();
  }

  const fs::path& file_;
  const std::function<bool(std::string_view, int64_t)>& use_;
  std::string rest_;
  int64_t line_ = 0;
  bool stopped_ = false;
};

void read_plain(const File& file, LineSplitter& lines) {
  std::string buffer;
  const uint64_t size = file.size();
  for (uint64_t at = 0; at < size && !lines.stopped(); at += kReadBytes) {
    buffer.resize(std::min<uint64_t>(kReadBytes, size - at));
    file.read_at(at, std::as_writable_bytes(std::span(buffer)));
    lines.feed(buffer);
  }
}

void read_zstd(const File& file, LineSplitter& lines) {
  const std::unique_ptr<ZSTD_DStream, size_t (*)(ZSTD_DStream*)> stream(ZSTD_createDStream(),
                                                                        ZSTD_freeDStream);
  std::string in_buffer, out_buffer(kReadBytes, '\0');
  const uint64_t size = file.size();
  size_t state = 1;  // 0: a frame has ended
  for (uint64_t at = 0; at < size && !lines.stopped(); at += kReadBytes) {
    in_buffer.resize(std::min<uint64_t>(kReadBytes, size - at));
    file.read_at(at, std::as_writable_bytes(std::span(in_buffer)));
    ZSTD_inBuffer in = {in_buffer.data(), in_buffer.size(), 0};
    bool more = true;
    while (in.pos < in.size || more) {
      ZSTD_outBuffer out = {out_buffer.data(), out_buffer.size(), 0};
      state = ZSTD_decompressStream(stream.get(), &out, &in);
      if (ZSTD_isError(state) != 0) {
        throw Error(ErrorKind::input, fmt::format("the file is not valid zstd: {}", ZSTD_getErrorName(state)),
                    file.path().string(), "copy or download the file again");
      }
      lines.feed({out_buffer.data(), out.pos});
      more = out.pos == out.size;
    }
  }
  if (state != 0 && !lines.stopped()) {
    throw Error(ErrorKind::input, "the compressed file ends too early", file.path().string(),
                "copy or download the file again");
  }
}

std::string place(const fs::path& file, int64_t line) {
  return fmt::format("{}, line {}", file.string(), line);
}

// Gets the text field of one JSON line.
class TextField {
 public:
  explicit TextField(const CorpusOptions& options) : field_(options.text_field) {}

  std::string_view of(std::string_view line, const fs::path& file, int64_t number) {
    const simdjson::padded_string padded(line);
    simdjson::dom::element element;
    if (parser_.parse(padded).get(element) != simdjson::SUCCESS || !element.is_object()) {
      throw Error(ErrorKind::input, "the line is not a JSON object", place(file, number),
                  "a corpus has one object a line, as {\"text\": \"...\"}");
    }
    simdjson::dom::element value;
    if (element[field_].get(value) != simdjson::SUCCESS || value.get(text_) != simdjson::SUCCESS) {
      throw Error(ErrorKind::input, fmt::format("the object has no string '{}'", field_), place(file, number),
                  "name the field with --text-field");
    }
    return text_;
  }

 private:
  std::string field_;
  simdjson::dom::parser parser_;
  std::string_view text_;
};

void require_clean(std::string_view text, const std::string& where) {
  if (is_clean_text(text)) return;
  throw Error(ErrorKind::input, "the text is not UTF-8, or holds NUL bytes", where,
              "is this a text file? convert it to UTF-8");
}

}  // namespace

bool is_clean_text(std::string_view text) {
  return text.find('\0') == std::string_view::npos && simdjson::validate_utf8(text.data(), text.size());
}

std::vector<fs::path> corpus_files(const fs::path& corpus) {
  if (!fs::exists(corpus)) throw Error(ErrorKind::input, "the corpus does not exist", corpus.string());
  if (!fs::is_directory(corpus)) {
    if (!is_corpus_file(corpus)) refuse_ending(corpus);
    return {corpus};
  }
  std::vector<fs::path> files;
  for (const fs::directory_entry& entry : fs::directory_iterator(corpus)) {
    if (entry.is_regular_file() && is_corpus_file(entry.path())) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty())
    throw Error(ErrorKind::input, "the directory holds no .jsonl, .jsonl.zst or .txt", corpus.string());
  return files;
}

uint64_t corpus_bytes(const fs::path& corpus) {
  uint64_t bytes = 0;
  for (const fs::path& file : corpus_files(corpus)) bytes += fs::file_size(file);
  return bytes;
}

Hash128 corpus_hash(const fs::path& corpus) {
  std::string all;
  for (const fs::path& file : corpus_files(corpus)) {
    all += file.filename().string() + " " + to_string(hash_file(file)) + "\n";
  }
  return hash_text(all);
}

void for_each_line(const fs::path& path, const std::function<bool(std::string_view, int64_t)>& use) {
  const File file(path, File::Mode::read);
  LineSplitter lines(path, use);
  if (ends_with(path, ".zst")) {
    read_zstd(file, lines);
  } else {
    read_plain(file, lines);
  }
  lines.finish();
}

int64_t for_each_document(const fs::path& corpus, const CorpusOptions& options,
                          const std::function<bool(std::string_view, const CorpusPosition&)>& use) {
  int64_t documents = 0;
  uint64_t bytes_before = 0;
  bool go_on = true;
  TextField field(options);
  for (const fs::path& file : corpus_files(corpus)) {
    CorpusPosition position{&file, 0, bytes_before};
    const auto take = [&](std::string_view text, const std::string& where) {
      require_clean(text, where);
      if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return true;
      ++documents;
      return go_on = use(text, position);
    };
    if (is_json_lines(file)) {
      for_each_line(file, [&](std::string_view line, int64_t number) {
        position.line = number;
        position.bytes_read += line.size() + 1;
        // A line that is no UTF-8 is told as such, before the JSON parser finds words of its own for it.
        require_clean(line, place(file, number));
        return take(field.of(line, file, number), place(file, number));
      });
    } else {
      const std::string text = read_text(file);
      position.bytes_read += text.size();
      take(text, file.string());
    }
    if (!go_on) break;
    bytes_before += fs::file_size(file);
  }
  if (documents == 0)
    throw Error(ErrorKind::input, "the corpus is empty: it has no document with text", corpus.string());
  return documents;
}

}  // namespace evergreen
