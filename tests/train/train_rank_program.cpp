// One rank of the tests of parallel training: train_rank_program RUN STORE [KEY=VALUE ...]. Without a launcher's variables: alone.
#include <cstdio>
#include <map>
#include <string>

#include <fmt/format.h>
#include <sys/resource.h>

#include "tests/train/tiny_run.hpp"

namespace evergreen {
namespace {

using Settings = std::map<std::string, std::string>;

int64_t number(const Settings& settings, const std::string& key, int64_t otherwise) {
  const auto found = settings.find(key);
  return found == settings.end() ? otherwise : std::stoll(found->second);
}

void say(const std::string& text) {
  std::fputs((text + "\n").c_str(), stdout);
  std::fflush(stdout);
}

// The shape "40m" of train_bench, for measurements (tools/measure_parallel.sh).
ModelConfig config_of(const Settings& settings) {
  ModelConfig config = test::tiny_config(number(settings, "untied", 0) != 0);
  if (number(settings, "size_40m", 0) == 0) return config;
  config.hidden_size = 512, config.num_layers = 8, config.num_heads = 8, config.num_kv_heads = 4,
  config.head_dim = 64;
  config.intermediate_size = 1408, config.vocab_size = 32000, config.max_position_embeddings = 4096;
  return config;
}

// Of all threads of this process so far.
double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

TrainOptions options_of(const Settings& settings) {
  TrainOptions options = test::tiny_options();
  options.steps = number(settings, "steps", options.steps);
  options.packing.rows = number(settings, "rows", options.packing.rows);
  options.packing.row_tokens = number(settings, "row_tokens", options.packing.row_tokens);
  options.micro_rows = number(settings, "micro", 0);
  options.validation_tokens = number(settings, "validation_tokens", options.validation_tokens);
  options.save_every = number(settings, "save_every", 0);
  if (settings.contains("recompute")) options.recompute = recompute_level_from_name(settings.at("recompute"));
  options.ema_decay = number(settings, "ema", 0) != 0 ? 0.8 : 0;
  if (settings.contains("precision")) options.precision = precision_from_name(settings.at("precision"));
  options.offload_optimizer = number(settings, "offload", 0) != 0;
  options.low_rank = {.rank = number(settings, "lora", 0), .alpha = 4};
  if (settings.contains("mode")) options.parallel.mode = parallel_mode_from_name(settings.at("mode"));
  return options;
}

int run(const fs::path& directory, const fs::path& store_path, const Settings& settings) {
  try {
    if (number(settings, "make_store", 0) != 0) {
      test::write_tiny_store(store_path, 4000);
      return 0;
    }
    const auto environment = process_environment();
    std::optional<ProcessGroups> groups;
    if (environment) {
      groups.emplace(*environment,
                     ProcessGroupsOptions{static_cast<double>(number(settings, "timeout", 20)), 60,
                                          static_cast<int>(number(settings, "shard_ranks", 0))});
    }
    const TokenStore store(store_path);
    const bool alone = !groups;
    TrainInputs inputs{{{&store}}, {{"new", &store}}, "model-hash", alone ? nullptr : &*groups};
    const TrainOptions options = options_of(settings);
    const ModelConfig config = config_of(settings);
    Decoder decoder(config, init_parameters(config, 1, trained_type(options.precision)));
    StopFlag stop;
    if (number(settings, "stop_rank", -1) == (alone ? 0 : groups->rank())) stop.request();
    const int64_t last = options.steps;
    const TrainReport report =
        train(directory, decoder, inputs, options, &stop, [&](const ProgressUpdate& update) {
          say(fmt::format("{} of {}, cpu {:.3f}", update.detail, last, cpu_seconds()));
        });
    say(fmt::format("finished {} steps, loss {:.9f}, validation {:.9f}", report.steps, report.final_loss,
                    report.last_validation.loss.at("new")));
    if (groups) say(fmt::format("bytes {}", groups->bytes_sent()));
    return 0;
  } catch (const Error& error) {
    say(error.what());
    return exit_code(error.kind());
  }
}

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  std::map<std::string, std::string> settings;
  for (int i = 3; i < argc; ++i) {
    const std::string text(argv[i]);
    settings[text.substr(0, text.find('='))] = text.substr(text.find('=') + 1);
  }
  return evergreen::run(argv[1], argv[2], settings);
}
