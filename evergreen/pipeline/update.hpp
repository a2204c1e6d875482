// The main job as one small plan of stages: base + instruct + new text -> the instruct model, up to date.
//
//   check     inputs, compatibility, disk: before anything is written
//   pair      base and instruct read once: NaN and infinity, |R| / |base|, content hashes
//   tokens    corpus -> cleaned, tokenised, divided: token stores train/ and held_out/; replayed text likewise
//   cpt       continued pre-training of the base                              (arXiv 2410.10739)
//   weights   the trained base in float32, read by both of the next: nothing is rounded twice
//   base      the trained base in the base's own dtype -> OUT/base
//   scale     only where it is searched for: a graft and an evaluation for each candidate (scale_choice.hpp)
//   graft     cpt + scale * (instruct - base)                                 -> OUT
//   layers    where R and the shift of CPT lie
//   evaluate  perplexity on held-out text and the tasks asked for, before and after; a stage for each model
//   report    report.html, report.json, model card; requirements are judged
//
// With several processes all train (TrainOptions::parallel) and rank 0 does the rest, while the others wait for it. The evaluation runs on
// rank 0's device, in bfloat16 where that is a GPU. Report and output are rank 0's; the others return an empty report.
// A rank that throws outside of these stages tells the others by its caller (RankWatch::report).
// State lives in OUT.work/ and becomes OUT by rename. The same call again continues an unfinished work directory.
// `start_from` (an earlier OUT, or its base/) is where CPT begins: the second month goes on with newer text, while the
// residual stays instruct - base.
// A requirement that is not met is told in the report and is no error here: the model is written.
// Errors    Error{input} before anything is written for: a missing or incompatible model, a missing tokenizer, an empty or
//           binary corpus, an OUT that exists; a work directory of other settings or inputs names the setting.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/pipeline/update_options.hpp"
#include "evergreen/train/train.hpp"
#include "evergreen/train/training_needs.hpp"

namespace evergreen {

struct UpdateReport {
  TrainReport train;
  double relative_residual = 0;     // |R| / |base|
  double scale = 1;                 // of the residual, given or found
  std::string json;                 // report.json
  std::string html;                 // report.html
  std::string summary;              // a table for people
  std::vector<std::string> missed;  // requirements, each with what was measured
};

// What trains and evaluates: several processes, each of which calls update() alike, and the device of this one.
struct UpdateRanks {
  ProcessGroups* groups = nullptr;  // null: this process alone
  at::Device device = at::kCPU;
};

UpdateReport update(const UpdateOptions& options, const StopFlag* stop = nullptr,
                    const ProgressFn& progress = {}, const UpdateRanks& ranks = {});

// What update() would need, from the inputs' headers, a sample of the corpus and one training step of this machine.
struct UpdateForecast {
  int64_t parameters = 0, corpus_bytes = 0, tokens = 0, steps = 0;
  uint64_t disk_bytes = 0, disk_free_bytes = 0;
  uint64_t memory_bytes = 0, memory_free_bytes = 0;  // of each process, in training (training_needs.hpp)
  double seconds = 0;
  std::vector<std::string> notes;  // what is special about the pair
  ModelConfig config;              // of the base
  TrainOptions train;              // as asked, with what was left open settled
};
UpdateForecast forecast(const UpdateOptions& options, const RunPlace& place = {});

}  // namespace evergreen
