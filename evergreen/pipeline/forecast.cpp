#include <algorithm>

#include "evergreen/data/documents.hpp"
#include "evergreen/model/parameter_table.hpp"
#include "evergreen/pipeline/update.hpp"
#include "evergreen/pipeline/update_inputs.hpp"
#include "evergreen/text/tokenizer.hpp"
#include "evergreen/train/speed.hpp"
#include "evergreen/train/training_needs.hpp"

namespace evergreen {
namespace {

constexpr int64_t kSampleBytes = 1 << 20;

// Tokens per byte of stored corpus (so a compressed corpus is counted as it lies on disk), from its beginning.
double tokens_per_byte(const UpdateOptions& options, const Tokenizer& tokenizer) {
  int64_t tokens = 0, bytes = 0;
  uint64_t stored = 0;
  for_each_document(options.recipe.inputs, options.recipe.corpus,
                    [&](std::string_view text, const CorpusPosition& position) {
                      const std::string_view part = text.substr(0, kSampleBytes);
                      tokens += static_cast<int64_t>(tokenizer.encode(part).size() * text.size() /
                                                     std::max<size_t>(1, part.size()));
                      bytes += static_cast<int64_t>(text.size());
                      stored = position.bytes_read;
                      return bytes < kSampleBytes;
                    });
  return static_cast<double>(tokens) / static_cast<double>(std::max<uint64_t>(1, stored));
}

}  // namespace

UpdateForecast forecast(const UpdateOptions& asked, const RunPlace& place) {
  UpdateOptions options = asked;
  const UpdateInputs in = check_update(options);
  UpdateForecast f;
  f.notes = in.notes;
  f.parameters = parameter_count(in.base_config);
  f.corpus_bytes = static_cast<int64_t>(corpus_bytes(options.recipe.inputs));
  f.tokens = static_cast<int64_t>(tokens_per_byte(options, load_tokenizer(options.base)) *
                                  static_cast<double>(f.corpus_bytes) * (1.0 - options.held_out));
  if (options.max_tokens > 0) f.tokens = std::min(f.tokens, options.max_tokens);
  const PackingOptions& packing = options.train.packing;
  const int64_t step_tokens = packing.row_tokens * packing.rows;
  f.steps =
      options.train.steps > 0
          ? options.train.steps
          : std::max<int64_t>(
                1, static_cast<int64_t>(options.train.epochs *
                                        static_cast<double>((f.tokens + step_tokens - 1) / step_tokens)));
  // Tokens twice while they are prepared; saved states; the trained weights in float32, and two models.
  f.disk_bytes =
      static_cast<uint64_t>(f.tokens) * 4 * 2 + saved_states_bytes(in.base_config, options.train, f.steps) +
      static_cast<uint64_t>(f.parameters) * 4 +
      (options.scale_search ? 3 : 2) * in.base_weights.total_bytes();  // one more for the candidates
  f.disk_free_bytes = free_bytes(options.out);
  f.memory_bytes = training_memory(in.base_config, options.train, place).total();
  f.memory_free_bytes = place.free_bytes;
  f.config = in.base_config, f.train = options.train;
  // 6 operations a parameter and token (forward 2, backward 4); half the machine's rate is reached in practice.
  f.seconds = 6.0 * static_cast<double>(f.parameters) * static_cast<double>(f.steps * step_tokens) /
              (0.5 * place.ranks *
               matrix_rate(options.train.precision == Precision::float32 ? at::kFloat : at::kBFloat16));
  return f;
}

}  // namespace evergreen
