#include "evergreen/data/prepare_corpus.hpp"

#include <chrono>

#include <fmt/format.h>

#include "evergreen/base/human.hpp"
#include "evergreen/data/commit_log.hpp"
#include "evergreen/data/ordered_pipeline.hpp"
#include "evergreen/data/prepared_output.hpp"
#include "evergreen/data/work_state.hpp"

namespace evergreen {
namespace {

using Clock = std::chrono::steady_clock;

// All that the output depends on.
std::string plan_text(const PrepareOptions& o) {
  OrderedJson plan(recipe_settings(o.recipe));
  plan["corpus"] = corpus_fingerprint(o.recipe.inputs);
  plan["tokenizer"] = o.tokenizer_hash;
  plan["marks"] = {o.marks.before, o.marks.after};
  plan["vocab-size"] = o.vocab_size;
  plan["held-out"] = o.held_out;
  plan["max-held-out"] = o.max_held_out_documents;
  plan["max-tokens"] = o.max_tokens;
  plan["seed"] = o.seed;
  plan["shard-tokens"] = o.shard_tokens;
  return to_text(plan);
}

// Goes on with the work that is there if it is the same.
void open_work(const fs::path& directory, const std::string& plan) {
  const fs::path file = directory / "work" / "plan.json";
  if (fs::exists(file) && read_text(file) == plan) return;
  fs::remove_all(directory / "work");
  fs::create_directories(directory / "work");
  for (const char* name : {"report.json", "contaminated.jsonl"}) fs::remove(directory / name);
  replace_file(file, plan);
}

class Preparation {
 public:
  Preparation(const PrepareInputs& inputs, const std::vector<CorpusFile>& files, const fs::path& directory)
      : inputs_(inputs),
        options_(*inputs.options),
        log_(directory / "work" / "write.log"),
        output_(inputs, directory, log_.last() ? std::optional(output_state()) : std::nullopt) {
    ReadPosition position;
    if (log_.last()) {
      const Json state = Json::parse(*log_.last());
      position = position_from(state.at("position"));
      next_chunk_ = state.at("chunk");
    }
    reader_.emplace(files, field_names(options_.recipe), position);
  }

  PrepareReport run(const StopFlag* stop, const ProgressFn& progress) {
    const int workers = thread_count(options_.threads);
    std::vector<ChunkWorker> chunk_workers;
    for (int i = 0; i < workers; ++i) chunk_workers.emplace_back(inputs_);
    OrderedStages<PreparedChunk> stages;
    stages.read = [&](PreparedChunk& chunk) {
      chunk.number = next_chunk_++;
      return reader_->next(chunk.raw);
    };
    stages.work = [&](PreparedChunk& chunk, int worker) {
      chunk_workers[static_cast<size_t>(worker)].prepare(chunk);
    };
    stages.write = [&](PreparedChunk& chunk) { return write(chunk, stop, progress); };
    run_ordered(stages, workers);
    check_bad(true);
    PrepareReport report = output_.finish();
    report.files = static_cast<int64_t>(reader_->files().size());
    return report;
  }

 private:
  std::string output_state() const { return Json::parse(*log_.last()).at("output").dump(); }

  void check_bad(bool at_end) const {
    const SieveCounts& counts = output_.counts();
    require_bearable(counts.bad, counts.records, MaxBad(options_.recipe.corpus.max_bad), at_end,
                     options_.recipe.corpus.text_field, options_.recipe.corpus.date_field);
  }

  bool write(const PreparedChunk& chunk, const StopFlag* stop, const ProgressFn& progress) {
    const bool go_on = output_.add(chunk);
    check_bad(false);
    if (progress)
      progress({"prepare", static_cast<double>(chunk.raw.stored_bytes),
                static_cast<double>(reader_->total_bytes()), "bytes", rates()});
    const bool stopped = stop != nullptr && stop->requested();
    const bool due = Clock::now() - committed_ >= std::chrono::duration<double>(options_.commit_seconds);
    if (go_on && (stopped || due)) commit(chunk);
    if (stopped) {
      throw Error(ErrorKind::interrupted, "preparing the corpus was interrupted", {},
                  "the state is saved: run the same command again to go on");
    }
    return go_on;
  }

  void commit(const PreparedChunk& chunk) {
    committed_ = Clock::now();
    const std::optional<std::string> state = output_.synced_state();
    if (!state) return;
    OrderedJson line = {{"position", to_json(chunk.raw.end)},
                        {"chunk", chunk.number + 1},
                        {"output", OrderedJson::parse(*state)}};
    log_.commit(line.dump());
  }

  std::string rates() {
    if (!first_documents_) first_documents_ = output_.documents(), first_tokens_ = output_.tokens();
    const double seconds = std::chrono::duration<double>(Clock::now() - started_).count();
    if (seconds < 0.5) return {};
    const auto rate = [&](int64_t now, int64_t first) {
      return human_count(static_cast<double>(now - first) / seconds);
    };
    return fmt::format("{} documents/s  {} tokens/s", rate(output_.documents(), *first_documents_),
                       rate(output_.tokens(), first_tokens_));
  }

  PrepareInputs inputs_;
  const PrepareOptions& options_;
  CommitLog log_;
  PreparedOutput output_;
  std::optional<CorpusReader> reader_;
  uint64_t next_chunk_ = 0;
  Clock::time_point started_ = Clock::now(), committed_ = started_;
  std::optional<int64_t> first_documents_;
  int64_t first_tokens_ = 0;
};

// Why there is not one document, in words of what the user gave.
[[noreturn]] void throw_empty(const PrepareReport& report, const CorpusRecipe& recipe) {
  std::string reasons;
  for (size_t i = 1; i < kDropReasons; ++i) {
    if (report.dropped[i] > 0)
      reasons += fmt::format("{}{}: {}", reasons.empty() ? "" : ", ", drop_name(static_cast<Drop>(i)),
                             report.dropped[i]);
  }
  const std::string corpus = recipe.inputs.front();
  if (report.records == 0 || report.dropped[static_cast<size_t>(Drop::empty)] == report.records)
    throw Error(ErrorKind::input, "the corpus is empty: it has no document with text", corpus);
  throw Error(ErrorKind::input, fmt::format("none of {} documents is left ({})", report.records, reasons),
              corpus, "loosen what is asked of a document");
}

}  // namespace

PrepareReport prepare_corpus(const PrepareOptions& options, const Tokenizer& tokenizer,
                             const fs::path& directory, const StopFlag* stop, const ProgressFn& progress) {
  require_valid(options.recipe);
  const std::vector<CorpusFile> files = corpus_files(options.recipe.inputs);
  const std::string plan = plan_text(options), plan_hash = to_string(hash_text(plan));
  const fs::path report_file = directory / "report.json";
  if (fs::exists(report_file)) {
    if (PrepareReport done = read_report(report_file); done.plan == plan_hash) {
      std::error_code read_only;  // a kill behind the report leaves the work's state: of no use any more
      fs::remove_all(directory / "work", read_only);
      return done;
    }
  }
  open_work(directory, plan);
  PrepareInputs inputs{&options, &tokenizer};
  DuplicateDecisions duplicates;
  if (options.recipe.dedup.kind != DedupKind::none) {
    duplicates = scan_duplicates(options.recipe, files, directory / "work", options.threads,
                                 options.commit_seconds, stop, progress);
    inputs.duplicates = &duplicates;
  }
  std::optional<EvaluationTexts> evaluation;
  if (!options.recipe.decontamination.against.empty())
    inputs.evaluation = &evaluation.emplace(options.recipe.decontamination);
  PrepareReport report = Preparation(inputs, files, directory).run(stop, progress);
  if (report.documents == 0) throw_empty(report, options.recipe);
  report.plan = plan_hash;
  replace_file(report_file, report_json(report));
  fs::remove_all(directory / "work");
  return report;
}

}  // namespace evergreen
