#include "evergreen/data/corpus_files.hpp"

#include <algorithm>
#include <optional>
#include <set>

#include <fmt/format.h>
#include <glob.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

constexpr uint64_t kFingerprintBytes = uint64_t{1} << 20;

bool take_ending(std::string& name, std::string_view ending) {
  if (name.size() <= ending.size() || !name.ends_with(ending)) return false;
  name.resize(name.size() - ending.size());
  return true;
}

std::optional<CorpusFile> recognise(const fs::path& path) {
  CorpusFile file{.path = path};
  std::string name = path.filename().string();
  if (name.starts_with('.')) return std::nullopt;
  if (take_ending(name, ".parquet")) {
    file.format = CorpusFormat::parquet;
  } else {
    if (take_ending(name, ".zst")) file.compression = Compression::zstd;
    if (file.compression == Compression::none && take_ending(name, ".gz"))
      file.compression = Compression::gzip;
    if (take_ending(name, ".txt")) {
      file.format = CorpusFormat::text;
    } else if (!take_ending(name, ".jsonl") && !take_ending(name, ".ndjson")) {
      return std::nullopt;
    }
  }
  file.bytes = fs::file_size(path);
  return file;
}

std::vector<fs::path> files_below(const fs::path& directory) {
  std::vector<fs::path> paths;
  for (const fs::directory_entry& entry :
       fs::recursive_directory_iterator(directory, fs::directory_options::follow_directory_symlink)) {
    if (entry.is_regular_file()) paths.push_back(entry.path());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<fs::path> matches(const std::string& pattern) {
  glob_t found{};
  const int failed = ::glob(pattern.c_str(), 0, nullptr, &found);
  std::vector<fs::path> paths;
  for (size_t i = 0; failed == 0 && i < found.gl_pathc; ++i) paths.emplace_back(found.gl_pathv[i]);
  ::globfree(&found);
  return paths;
}

class FileList {
 public:
  void add(const std::string& input) {
    if (fs::exists(input)) {
      add_path(input, true);
      return;
    }
    const bool is_glob = input.find_first_of("*?[") != std::string::npos;
    const std::vector<fs::path> paths = is_glob ? matches(input) : std::vector<fs::path>();
    if (paths.empty()) {
      throw Error(ErrorKind::input,
                  is_glob ? "no file of the corpus matches the pattern" : "the corpus does not exist", input,
                  "give a file, a directory or a glob such as 'news/*.jsonl.zst'");
    }
    const size_t before = files.size();
    for (const fs::path& path : paths) add_path(path, false);
    if (files.size() == before) refuse(input, "nothing that matches can be read as a corpus");
  }

  std::vector<CorpusFile> files;

 private:
  [[noreturn]] static void refuse(const std::string& where, const char* what) {
    throw Error(ErrorKind::input, what, where,
                "a corpus is .jsonl (also .zst, .gz), .txt or .parquet: convert it to one of these");
  }

  void add_path(const fs::path& path, bool required) {
    if (fs::is_directory(path)) {
      bool any = false;
      for (const fs::path& file : files_below(path)) any = add_file(file) || any;
      if (!any && required) refuse(path.string(), "the directory holds no file of a corpus");
    } else if (!add_file(path) && required) {
      refuse(path.string(), "the file's ending is none of a corpus");
    }
  }

  bool add_file(const fs::path& path) {
    const std::optional<CorpusFile> file = recognise(path);
    if (!file) return false;
    if (seen_.insert(fs::weakly_canonical(path).string()).second) files.push_back(*file);
    return true;
  }

  std::set<std::string> seen_;
};

std::string hash_of_part(const File& file, uint64_t offset, uint64_t count) {
  std::vector<std::byte> bytes(count);
  file.read_at(offset, bytes);
  return to_string(hash_bytes(bytes));
}

}  // namespace

std::vector<CorpusFile> corpus_files(const CorpusInputs& inputs) {
  if (inputs.empty()) throw Error(ErrorKind::usage, "no corpus is given", {}, "name one with --corpus");
  FileList list;
  for (const std::string& input : inputs) list.add(input);
  return std::move(list.files);
}

uint64_t corpus_bytes(const CorpusInputs& inputs) {
  uint64_t bytes = 0;
  for (const CorpusFile& file : corpus_files(inputs)) bytes += file.bytes;
  return bytes;
}

Hash128 corpus_hash(const CorpusInputs& inputs) {
  std::string all;
  for (const CorpusFile& file : corpus_files(inputs))
    all += file.path.filename().string() + " " + to_string(hash_file(file.path)) + "\n";
  return hash_text(all);
}

std::string corpus_fingerprint(const CorpusInputs& inputs) {
  std::string all;
  for (const CorpusFile& entry : corpus_files(inputs)) {
    const File file(entry.path, File::Mode::read);
    const uint64_t size = file.size(), part = std::min(size, kFingerprintBytes);
    all += fmt::format("{} {} {} {}\n", entry.path.filename().string(), size, hash_of_part(file, 0, part),
                       hash_of_part(file, size - part, part));
  }
  return to_string(hash_text(all));
}

}  // namespace evergreen
