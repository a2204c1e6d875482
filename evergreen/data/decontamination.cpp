#include "evergreen/data/decontamination.hpp"

#include <algorithm>
#include <bit>
#include <set>

#include <fmt/format.h>

#include "evergreen/base/json.hpp"
#include "evergreen/data/corpus_reader.hpp"
#include "evergreen/data/text_units.hpp"

namespace evergreen {
namespace {

constexpr size_t kLeastWords = 8;

void collect_strings(const Json& value, std::vector<std::string>& out) {
  if (value.is_string()) {
    out.push_back(value.get<std::string>());
  } else if (value.is_structured()) {
    for (const Json& inner : value) collect_strings(inner, out);
  }
}

}  // namespace

// Hashes of runs of words in an open-addressing table; which items have one is a list of pairs, sorted by hash.
struct EvaluationTexts::Index {
  struct Entry {
    uint64_t hash;
    EvaluationMatch item;
  };

  size_t ngram = 13;
  std::vector<FileInfo> files;
  std::vector<Entry> entries;
  std::vector<uint64_t> table;  // hash | 1 of every entry; 0 is free
  std::set<size_t> lengths;     // of the runs in it, in words

  void add_item(const std::vector<std::string>& fields) {
    FileInfo& file = files.back();
    const EvaluationMatch item{static_cast<uint32_t>(files.size() - 1), static_cast<uint32_t>(file.items++)};
    std::vector<uint64_t> words, longest;
    NgramHashes ngrams;
    bool long_enough = false;
    for (const std::string& field : fields) {
      hash_words(field, words);
      if (words.size() > longest.size()) longest = words;
      if (words.size() < ngram) continue;
      long_enough = true;
      ngrams.assign(words);
      for (size_t i = 0; i + ngram <= words.size(); ++i) add(ngrams.of(i, ngram), item, ngram);
    }
    if (long_enough) return;
    if (longest.size() < kLeastWords) {
      ++file.too_short;
      return;
    }
    ngrams.assign(longest);
    add(ngrams.of(0, longest.size()), item, longest.size());
  }

  void add(uint64_t hash, EvaluationMatch item, size_t length) {
    entries.push_back({hash | 1, item});
    lengths.insert(length);
  }

  void finish() {
    const auto key = [](const Entry& e) { return std::tie(e.hash, e.item); };
    std::sort(entries.begin(), entries.end(),
              [&](const Entry& a, const Entry& b) { return key(a) < key(b); });
    entries.erase(std::unique(entries.begin(), entries.end(),
                              [&](const Entry& a, const Entry& b) { return key(a) == key(b); }),
                  entries.end());
    table.assign(std::bit_ceil(2 * entries.size() + 1), 0);
    for (const Entry& entry : entries) {
      size_t slot = slot_of(entry.hash);
      while (table[slot] != 0 && table[slot] != entry.hash) slot = (slot + 1) & (table.size() - 1);
      table[slot] = entry.hash;
    }
  }

  size_t slot_of(uint64_t hash) const { return hash >> 12 & (table.size() - 1); }

  bool holds(uint64_t hash) const {
    for (size_t slot = slot_of(hash); table[slot] != 0; slot = (slot + 1) & (table.size() - 1)) {
      if (table[slot] == hash) return true;
    }
    return false;
  }

  void items_of(uint64_t hash, std::vector<EvaluationMatch>& out) const {
    const auto first = std::lower_bound(entries.begin(), entries.end(), hash,
                                        [](const Entry& entry, uint64_t h) { return entry.hash < h; });
    for (auto entry = first; entry != entries.end() && entry->hash == hash; ++entry)
      out.push_back(entry->item);
  }

  void read_lines(const CorpusChunk& chunk) {
    const std::string_view text = chunk.text();
    int64_t number = std::max<int64_t>(1, chunk.first_line);
    for (size_t begin = 0; begin < text.size(); ++number) {
      const size_t end = std::min(text.find('\n', begin), text.size());
      const std::string_view line = trimmed(text.substr(begin, end - begin));
      begin = end + 1;
      if (line.empty()) continue;
      std::vector<std::string> fields;
      if (chunk.file->format == CorpusFormat::json_lines) {
        collect_strings(parse_json(line, fmt::format("{}, line {}", chunk.file->path.string(), number)),
                        fields);
      } else {
        fields.emplace_back(line);
      }
      add_item(fields);
    }
  }
};

EvaluationTexts::EvaluationTexts(const DecontaminationOptions& options) : index_(std::make_unique<Index>()) {
  if (options.ngram < static_cast<int>(kLeastWords) || options.ngram > 100) {
    throw Error(ErrorKind::usage, fmt::format("runs of {} words tell too little or too much", options.ngram),
                "--decontaminate-ngram", "give 8 to 100; GPT-3 took 13");
  }
  index_->ngram = static_cast<size_t>(options.ngram);
  for (const CorpusFile& file : corpus_files(options.against)) {
    if (file.format == CorpusFormat::parquet) {
      throw Error(ErrorKind::input, "evaluation sets are .jsonl or .txt", file.path.string(),
                  "convert it to .jsonl: one item a line");
    }
    index_->files.push_back({file.path});
    CorpusReader reader({file}, {});
    for (CorpusChunk chunk; reader.next(chunk);) index_->read_lines(chunk);
  }
  index_->finish();
}

EvaluationTexts::~EvaluationTexts() = default;
EvaluationTexts::EvaluationTexts(EvaluationTexts&&) noexcept = default;

const std::vector<EvaluationTexts::FileInfo>& EvaluationTexts::files() const { return index_->files; }

void EvaluationTexts::find(std::string_view text, std::vector<EvaluationMatch>& matches) const {
  thread_local std::vector<uint64_t> words;
  thread_local NgramHashes ngrams;
  matches.clear();
  hash_words(text, words);
  ngrams.assign(words);
  for (const size_t length : index_->lengths) {
    for (size_t i = 0; i + length <= words.size(); ++i) {
      const uint64_t hash = ngrams.of(i, length) | 1;
      if (index_->holds(hash)) index_->items_of(hash, matches);
    }
  }
  std::sort(matches.begin(), matches.end());
  matches.erase(std::unique(matches.begin(), matches.end()), matches.end());
}

}  // namespace evergreen
