#include "evergreen/data/duplicate_scan.hpp"

#include <chrono>

#include "evergreen/data/commit_log.hpp"
#include "evergreen/data/ordered_pipeline.hpp"
#include "evergreen/data/work_state.hpp"

namespace evergreen {
namespace {

constexpr const char* kCountsFile = "chunks.counts";  // uint32 each: documents of a chunk
constexpr const char* kDropsFile = "duplicates.drops";

struct ScannedChunk {
  CorpusChunk raw;
  SieveCounts counts;
  DuplicateKeys keys;
};

class Scan {
 public:
  Scan(const CorpusRecipe& recipe, const std::vector<CorpusFile>& files, const fs::path& work,
       double commit_seconds)
      : recipe_(recipe), work_(work), commit_seconds_(commit_seconds), log_(work / "scan.log") {
    ReadPosition position;
    int64_t documents = 0;
    if (log_.last()) {
      const Json state = Json::parse(*log_.last());
      position = position_from(state.at("position"));
      counts_ = counts_from(state.at("counts"));
      documents = state.at("documents");
      chunks_ = state.at("chunks");
    }
    const fs::path counts = work / kCountsFile;
    chunk_counts_ = File(counts, fs::exists(counts) ? File::Mode::read_write : File::Mode::create);
    chunk_counts_.resize(chunks_ * sizeof(uint32_t));
    keys_.emplace(work, recipe.dedup, documents);
    reader_.emplace(files, field_names(recipe), position);
  }

  int64_t run(int threads, const StopFlag* stop, const ProgressFn& progress) {
    const int workers = thread_count(threads);
    std::vector<DocumentSieve> sieves;
    std::vector<DuplicateKeyMaker> makers;
    for (int i = 0; i < workers; ++i) {
      sieves.emplace_back(recipe_);
      makers.emplace_back(recipe_.dedup);
    }
    OrderedStages<ScannedChunk> stages;
    stages.read = [&](ScannedChunk& chunk) { return reader_->next(chunk.raw); };
    stages.work = [&](ScannedChunk& chunk, int worker) {
      const auto w = static_cast<size_t>(worker);
      chunk.counts.clear();
      chunk.keys.clear();
      sieves[w].for_each(chunk.raw, chunk.counts, [&](const SievedDocument& document) {
        makers[w].append(document.text, chunk.keys);
        return true;
      });
    };
    stages.write = [&](ScannedChunk& chunk) {
      take(chunk);
      if (progress)
        progress({"look for duplicates", static_cast<double>(chunk.raw.stored_bytes),
                  static_cast<double>(reader_->total_bytes()), "bytes", ""});
      throw_if_stopped(stop, "looking for duplicates");
      return true;
    };
    run_ordered(stages, workers);
    commit({reader_->files().size(), 0, 0});
    return keys_->documents();
  }

 private:
  void take(const ScannedChunk& chunk) {
    counts_.add(chunk.counts);
    const MaxBad max_bad(recipe_.corpus.max_bad);
    require_bearable(counts_.bad, counts_.records, max_bad, false, recipe_.corpus.text_field,
                     recipe_.corpus.date_field);
    const auto documents = static_cast<uint32_t>(chunk.keys.exact.size());
    chunk_counts_.write_at(chunks_++ * sizeof(uint32_t), std::as_bytes(std::span(&documents, 1)));
    keys_->append(chunk.keys);
    if (std::chrono::steady_clock::now() - committed_ >= std::chrono::duration<double>(commit_seconds_))
      commit(chunk.raw.end);
  }

  void commit(const ReadPosition& position) {
    keys_->sync();
    chunk_counts_.sync();
    OrderedJson state = {{"position", to_json(position)},
                         {"counts", to_json(counts_)},
                         {"documents", keys_->documents()},
                         {"chunks", chunks_}};
    log_.commit(state.dump());
    committed_ = std::chrono::steady_clock::now();
  }

  const CorpusRecipe& recipe_;
  fs::path work_;
  double commit_seconds_;
  CommitLog log_;
  SieveCounts counts_;
  uint64_t chunks_ = 0;
  File chunk_counts_;
  std::optional<DuplicateKeyFiles> keys_;
  std::optional<CorpusReader> reader_;
  std::chrono::steady_clock::time_point committed_ = std::chrono::steady_clock::now();
};

template <class T>
std::vector<T> read_all(const fs::path& path) {
  const File file(path, File::Mode::read);
  std::vector<T> values(file.size() / sizeof(T));
  file.read_at(0, std::as_writable_bytes(std::span(values)));
  return values;
}

}  // namespace

DuplicateDecisions scan_duplicates(const CorpusRecipe& recipe, const std::vector<CorpusFile>& files,
                                   const fs::path& work, int threads, double commit_seconds,
                                   const StopFlag* stop, const ProgressFn& progress) {
  if (!fs::exists(work / kDropsFile)) {
    const int64_t documents = Scan(recipe, files, work, commit_seconds).run(threads, stop, progress);
    const std::vector<Drop> drops = find_duplicates(work, recipe.dedup, documents, stop);
    replace_file(work / kDropsFile, {reinterpret_cast<const char*>(drops.data()), drops.size()});
    remove_duplicate_keys(work);
  }
  DuplicateDecisions decisions;
  decisions.first_document.push_back(0);
  for (const uint32_t count : read_all<uint32_t>(work / kCountsFile))
    decisions.first_document.push_back(decisions.first_document.back() + count);
  decisions.drops = read_all<Drop>(work / kDropsFile);
  return decisions;
}

}  // namespace evergreen
