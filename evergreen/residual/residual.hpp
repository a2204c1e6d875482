// The instruction residual: what instruction tuning added to a base model's weights.
//
//   extract   R = instruct - base                                arXiv 2410.10739, eq. 1
//   apply     updated = new_base + scale * R                     arXiv 2410.10739, eq. 2
//   graft     updated = new_base + scale * (instruct - base)     both at once: exact, and no residual on disk
//
// apply takes several residuals: updated = new_base + scale * sum of weight_k * R_k, or a merge of them (merge.hpp).
//
// Numbers   float64 and one rounding, as residual_kernel.hpp defines it. A stored residual is float32 unless asked
//           otherwise; what that loses is measured. scale 1 is the paper's; scale 0 copies new_base bit for bit.
// Output    a directory that appears whole or not at all. An updated model has the configuration of the new base with
//           the end-of-text tokens of the instruct model, and the instruct model's tokenizer, chat template
//           and generation settings; so has a residual, for apply. evergreen.json holds the hashes of inputs and output.
// Rows      of embeddings belong together by their tokens (row_alignment.hpp).
// Memory    constant (combine.hpp). A run that was killed or interrupted goes on where it was; several processes may do a share
//           of the work each.
// Errors    Error{input} before the first byte is written, for all that can be known then: inputs that do not fit
//           together (compatibility.hpp), missing tokenizer, existing output. What shows only in the weights
//           (NaN, a value too large) leaves no output behind either.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/progress.hpp"
#include "evergreen/base/stop.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/residual/combine.hpp"
#include "evergreen/residual/residual_report.hpp"
#include "evergreen/residual/scale_rules.hpp"

namespace evergreen {

inline constexpr const char* kResidualMetadataKey = "evergreen";
inline constexpr const char* kResidualMetadataValue = "residual";

struct ResidualOptions {
  double scale = 1;         // of apply and graft
  ScaleRules rules = {};    // other scales for some tensors
  MergeOptions merge = {};  // of apply: what becomes of several residuals
  AddedTokens added_tokens = AddedTokens::error;
  std::optional<Dtype> dtype =
      {};                    // of the output; empty: float32 for a residual, as the new base for a model
  fs::path files_from = {};  // of apply: where tokenizer and chat template are; empty: the first residual
  bool model_files = true;   // false: weights alone, without configuration, tokenizer and card
  std::string command = {};  // as typed, for evergreen.json and the card
  std::optional<PartOf> part =
      {};               // only this share of the work, by one of several processes; nothing is published
  bool finish = false;  // all shares must be done: verify that and publish
  uint64_t max_shard_bytes = uint64_t{5} << 30;
  uint64_t journal_bytes = WriterOptions{}.journal_bytes;  // of output between two records of what is done
  bool sync = true;
  int threads = 0;
  ProgressFn progress = {};
  const StopFlag* stop = nullptr;
};

// One of several residuals that are added together: a stored one, or one of another kind (residual_source.hpp).
struct WeightedResidual {
  const CheckpointReader* reader = nullptr;
  double weight = 1;
  const ResidualSource* source = nullptr;  // in place of `reader`
};

// What extract would find in its inputs' headers and files: throws where they do not fit together, returns notes.
std::vector<std::string> require_pair(const CheckpointReader& base, const CheckpointReader& instruct,
                                      const ResidualOptions& options = {});

// The same, and all weights are read: Error{input} for NaN and infinity. Nothing is written.
struct PairMeasure {
  ResidualReport report;
  std::string base_hash, instruct_hash;  // content hashes
};
PairMeasure measure_pair(const CheckpointReader& base, const CheckpointReader& instruct,
                         const ResidualOptions& options = {});

ResidualReport extract(const CheckpointReader& base, const CheckpointReader& instruct, const fs::path& out,
                       const ResidualOptions& options = {});
ResidualReport apply(const CheckpointReader& new_base, const std::vector<WeightedResidual>& residuals,
                     const fs::path& out, const ResidualOptions& options = {});
ResidualReport apply(const CheckpointReader& new_base, const CheckpointReader& residual, const fs::path& out,
                     const ResidualOptions& options = {});
ResidualReport graft(const CheckpointReader& new_base, const CheckpointReader& base,
                     const CheckpointReader& instruct, const fs::path& out,
                     const ResidualOptions& options = {});

}  // namespace evergreen
