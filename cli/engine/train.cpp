#include <ATen/Parallel.h>
#include <fmt/format.h>

#include "cli/engine/engine_commands.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/data/tokenize_chat.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/model_directory.hpp"

namespace evergreen::cli {
namespace {

Dtype saved_dtype(const TrainArgs& args, const ModelConfig& config) {
  if (args.dtype.empty()) return config.dtype.value_or(Dtype::f32);
  const std::optional<Dtype> dtype = dtype_from_option(args.dtype);
  if (dtype && has_arithmetic(*dtype)) return *dtype;
  throw Error(ErrorKind::usage, fmt::format("'{}' is not a dtype to save a model in", args.dtype), {},
              "bf16, f16, f32 or f64");
}

void tokenize(const TrainArgs& args, const ModelConfig& config, const fs::path& tokens, Console& console) {
  if (fs::exists(tokens / "train.tok") && fs::exists(tokens / "held_out.tok")) return;
  const uint64_t seed = args.options.packing.seed;
  if (!args.chat) {
    tokenize_for(config, {args.corpus, args.model, args.text_field, args.held_out, 0, seed, args.threads},
                 tokens, &console.stop, console.progress());
    return;
  }
  fs::create_directories(tokens);
  tokenize_chats(args.corpus, args.model, tokens, {config.vocab_size, args.held_out, seed}, &console.stop);
}

std::string report_text(const TrainReport& report, const fs::path& model) {
  std::string text = fmt::format("{} steps, {} tokens, loss {:.4f} -> {:.4f}\n", report.steps, report.tokens,
                                 report.first_loss, report.final_loss);
  for (const auto& [name, loss] : report.last_validation.loss) {
    text += fmt::format("held-out {} text: loss {:.4f} -> {:.4f}\n", name,
                        report.first_validation.loss.at(name), loss);
  }
  return text + fmt::format("model: {}\n", model.string());
}

std::string report_json(const TrainReport& report, const fs::path& model) {
  return to_text({{"steps", report.steps},
                  {"tokens", report.tokens},
                  {"first_loss", report.first_loss},
                  {"final_loss", report.final_loss},
                  {"seconds", report.seconds},
                  {"validation", report.last_validation.loss},
                  {"model", model.string()}});
}

}  // namespace

void use_threads(int threads) { at::set_num_threads(thread_count(threads)); }

void run_train(const TrainArgs& args, Console& console) {
  use_threads(args.threads);
  const fs::path model = args.out / "model";
  if (fs::exists(model))
    throw Error(ErrorKind::input, "the run is finished already", model.string(),
                "name another --out, or delete it");
  const ModelConfig config = read_model_config(args.model);
  const Dtype dtype = saved_dtype(args, config);
  TrainOptions options = args.options;
  settle_row_tokens(options.packing, config, args.model);
  if (!args.chat) require_readable_corpus(args.corpus, args.text_field);
  const std::string model_hash = to_string(CheckpointReader(args.model).content_hash(args.threads));
  tokenize(args, config, args.out / "tokens", console);
  Decoder decoder = load_decoder(args.model);
  const TrainReport report = continue_pretraining(decoder, model_hash, args.out / "tokens", args.out, options,
                                                  &console.stop, console.progress());
  Provenance provenance;
  provenance.command = console.command;
  provenance.inputs = {{"model", args.model.string(), model_hash},
                       {"corpus", args.corpus.string(), to_string(corpus_hash(args.corpus))}};
  provenance.seed = args.options.packing.seed;
  save_model(decoder, model, {dtype, args.model, {}, {}, provenance});
  console.result(report_text(report, model), report_json(report, model));
}

}  // namespace evergreen::cli
