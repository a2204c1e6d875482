#include <algorithm>
#include <charconv>
#include <memory>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/engine/engine_commands.hpp"
#include "cli/engine/ranks.hpp"
#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/data/tokenize_chat.hpp"
#include "evergreen/pipeline/cpt.hpp"
#include "evergreen/pipeline/model_to_train.hpp"

namespace evergreen::cli {
namespace {

Dtype saved_dtype(const TrainArgs& args, const ModelConfig& config) {
  if (args.dtype.empty()) return config.dtype.value_or(Dtype::f32);
  const std::optional<Dtype> dtype = dtype_from_option(args.dtype);
  if (dtype && has_arithmetic(*dtype)) return *dtype;
  throw Error(ErrorKind::usage, fmt::format("'{}' is not a dtype to save a model in", args.dtype), {},
              "bf16, f16, f32 or f64");
}

// "DIR:0.95", or a directory alone.
PreparedSource parse_source(const std::string& text) {
  PreparedSource source{text, 1, text};
  const size_t colon = text.rfind(':');
  if (fs::exists(text) || colon == std::string::npos) return source;
  source.directory = source.name = text.substr(0, colon);
  const char* const end = text.data() + text.size();
  const auto [last, error] = std::from_chars(text.data() + colon + 1, end, source.weight);
  if (error == std::errc() && last == end) return source;
  throw Error(ErrorKind::usage, fmt::format("'{}' is not a directory with a weight", text), "--tokens",
              "write DIR, or DIR:0.95");
}

std::vector<PreparedSource> prepared_sources(const TrainArgs& args, const ModelConfig& config) {
  std::vector<PreparedSource> sources;
  for (const std::string& text : args.tokens) {
    sources.push_back(parse_source(text));
    const fs::path& directory = sources.back().directory;
    const TokenStore store(directory / "train");
    if (store.vocab_size() <= config.vocab_size) continue;
    throw Error(ErrorKind::input,
                fmt::format("the tokens are of a vocabulary of {}, the model has {} rows", store.vocab_size(),
                            config.vocab_size),
                directory.string(), "prepare the corpus with this model's tokenizer");
  }
  return sources;
}

// What is trained on; made in `tokens` unless it is prepared already.
std::vector<PreparedSource> sources_of(const TrainArgs& args, const ModelConfig& config,
                                       const fs::path& tokens, Console& console) {
  if (!args.tokens.empty()) return prepared_sources(args, config);
  const uint64_t seed = args.options.packing.seed;
  if (!args.chat) {
    prepare_for(config, {args.recipe, args.model, args.held_out, 0, seed, args.threads}, tokens,
                &console.stop, console.progress());
  } else if (!is_token_store(tokens / "train") || !is_token_store(tokens / "held_out")) {
    fs::create_directories(tokens);
    tokenize_chats(args.recipe.inputs, args.model, tokens, {config.vocab_size, args.held_out, seed},
                   &console.stop);
  }
  return {{tokens}};
}

ProvenanceInput corpus_input(const TrainArgs& args, const std::vector<PreparedSource>& sources) {
  if (args.tokens.empty()) {
    return {"corpus", fmt::format("{}", fmt::join(args.recipe.inputs, ", ")),
            to_string(corpus_hash(args.recipe.inputs))};
  }
  std::string hashes;
  for (const PreparedSource& source : sources)
    hashes += to_string(TokenStore(source.directory / "train").hash());
  return {"tokens", fmt::format("{}", fmt::join(args.tokens, ", ")), to_string(hash_text(hashes))};
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

struct Work {
  const TrainArgs& args;
  Console& console;
  ProcessGroups* groups;
  at::Device device;
  fs::path model = args.out / "model";

  void run(const ModelConfig& config, const TrainOptions& options) const;
  std::vector<PreparedSource> sources(const ModelConfig& config) const;
  void save(const Decoder& decoder, const TrainReport& report, Dtype dtype,
            const Provenance& provenance) const;
  template <class T>
  std::string found_once(const char* what, const T& find) const {
    return groups == nullptr ? find() : groups->rank_zero_finds(what, find);
  }
};

// Rank 0 prepares, others take what it made.
std::vector<PreparedSource> Work::sources(const ModelConfig& config) const {
  const fs::path tokens = args.out / "tokens";
  found_once("tokens", [&] {
    sources_of(args, config, tokens, console);
    return std::string();
  });
  return args.tokens.empty() ? std::vector<PreparedSource>{{tokens}} : prepared_sources(args, config);
}

void Work::save(const Decoder& decoder, const TrainReport& report, Dtype dtype,
                const Provenance& provenance) const {
  SaveModelOptions options{dtype, args.model, {}, {}, provenance};
  save_from_state(options, report, args.options);
  found_once("model", [&] {
    save_model(decoder, model, options);
    return std::string();
  });
}

void Work::run(const ModelConfig& config, const TrainOptions& options) const {
  const Dtype dtype = saved_dtype(args, config);
  const std::string model_hash =
      found_once("hash", [&] { return to_string(CheckpointReader(args.model).content_hash(args.threads)); });
  const std::vector<PreparedSource> prepared = sources(config);
  Decoder decoder = decoder_to_train(args.model, options, groups, device);
  const TrainReport report =
      continue_pretraining(decoder, model_hash, prepared, args.out, options, &console.stop,
                           console.progress(), rank_share(args.model, options, groups));
  Provenance provenance;
  provenance.command = console.command;
  provenance.inputs = {{"model", args.model.string(), model_hash}, corpus_input(args, prepared)};
  provenance.seed = args.options.packing.seed;
  save(decoder, report, dtype, provenance);
  if (groups == nullptr || groups->rank() == 0)
    console.result(report_text(report, model), report_json(report, model));
}

}  // namespace

void use_threads(int threads) { at::set_num_threads(thread_count(threads)); }

void run_train(const TrainArgs& args, Console& console) {
  const std::unique_ptr<ProcessGroups> groups = join_run(args.options.parallel, console);
  work_as_rank(groups.get(), [&](ProcessGroups* run) {
    use_threads(threads_of(args.threads, run));
    const Work work{args, console, run, device_of(args.device, run)};
    if (fs::exists(work.model))
      throw Error(ErrorKind::input, "the run is finished already", work.model.string(),
                  "name another --out, or delete it");
    const ModelConfig config = read_model_config(args.model);
    TrainOptions options = args.options;
    settle_row_tokens(options.packing, config, args.model);
    settle_speed(options, work.device, console);
    if (args.recipe.inputs.empty() && args.tokens.empty())
      throw Error(ErrorKind::usage, "there is nothing to train on", {}, "give --corpus, or --tokens");
    if (!args.chat && args.tokens.empty()) require_readable_corpus(args.recipe);
    if (!fs::exists(args.out / "settings.json"))  // else it goes on, with settings that are fixed
      require_training_memory(config, options, run_place(work.device, run));
    work.run(config, options);
  });
}

}  // namespace evergreen::cli
