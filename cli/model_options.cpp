#include "cli/model_options.hpp"

#include "cli/validators.hpp"

namespace evergreen::cli {

void add_model_options(CLI::App& command, ModelArgs& args) {
  command.add_option("--model", args.model, "checkpoint directory")->required();
  command.add_option("--threads", args.threads, "0: one for each core")->check(not_negative());
  command
      .add_option("--device", args.device,
                  "cpu, cuda, cuda:N; a model that one GPU cannot hold is divided by layers among several: "
                  "cuda:0,cuda:1, or cuda:all. Nothing has run on a GPU yet")
      ->capture_default_str();
  command
      .add_option(
          "--dtype", args.dtype,
          "of weights and computation: float32, bfloat16, or auto: float32 on a CPU, bfloat16 on a GPU. "
          "On a CPU bfloat16 halves the memory of the weights and leaves the fast path")
      ->check(CLI::IsMember({"auto", "float32", "bfloat16"}))
      ->capture_default_str();
  command
      .add_option(
          "--weights", args.weights,
          "full: as --dtype says; int8 in float32 on a CPU: faster, and what it costs in perplexity is "
          "measured and told")
      ->check(CLI::IsMember({"full", "int8"}))
      ->capture_default_str()
      ->group("Engine");
  const auto add = [&](const char* name, int64_t& target, const char* help) {
    return command.add_option(name, target, help)->group("Engine");
  };
  add("--max-sequences", args.engine.max_sequences, "texts generated at the same time")->check(positive());
  add("--token-budget", args.engine.token_budget, "tokens of one forward pass")->check(positive());
  add("--max-length", args.engine.max_length,
      "tokens of the longest sequence; 0: what the model was made for")
      ->check(not_negative());
  add("--kv-memory", args.engine.kv_memory_bytes,
      "bytes for keys and values of past tokens, as in 2GB; 0: no bound")
      ->transform(CLI::AsSizeValue(true));
}

void add_sampling_options(CLI::App& command, SamplingArgs& args) {
  const auto add = [&](const char* name, auto& target, const char* help) {
    return command.add_option(name, target, help)->group("Sampling");
  };
  command.add_flag("--greedy", args.greedy, "always the most likely token")->group("Sampling");
  add("--temperature", args.temperature,
      "0: greedy; as generation_config.json says unless given, as all below");
  add("--top-k", args.top_k, "sample from the k most likely tokens; 0: all");
  add("--top-p", args.top_p, "sample from the fewest tokens that reach this probability");
  add("--min-p", args.min_p, "drop tokens below this share of the most likely one");
  add("--repetition-penalty", args.repetition_penalty,
      "makes tokens that were there already less likely; 1: none");
  add("--seed", args.seed, "of the samples");
}

}  // namespace evergreen::cli
