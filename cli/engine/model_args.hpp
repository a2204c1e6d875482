#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/generate/engine.hpp"

namespace evergreen::cli {

// What eval, generate and chat share: the model and how it runs.
struct ModelArgs {
  fs::path model;
  int threads = 0;
  std::string device = "cpu", dtype = "auto", weights = "full";
  EngineOptions engine;
};

// What is not given is the model's own choice (generation_config.json).
struct SamplingArgs {
  bool greedy = false;
  std::optional<double> temperature, top_p, min_p, repetition_penalty;
  std::optional<int64_t> top_k;
  uint64_t seed = 0;
};

struct EvalArgs {
  ModelArgs model;               // but for its directory
  std::vector<fs::path> models;  // these instead
  std::vector<std::string> tasks;
  std::vector<fs::path> compare;  // two directories of samples, in place of models and tasks
  fs::path data, chat_template;
  std::optional<int64_t> shots;
  uint32_t seed = 1234;
  bool chat = false, multi_turn = false;
  std::string system_prompt, since, text_field = "text";
  int64_t limit = 0, max_new_tokens = 0;
  fs::path out, samples;  // empty: not written
};

struct GenerateArgs {
  ModelArgs model;
  SamplingArgs sampling;
  fs::path prompts, out;
  bool chat = false;
  std::string system_prompt, prompt_field = "prompt";
  std::vector<std::string> stop;
  int64_t max_new_tokens = 256;
};

struct ChatArgs {
  ModelArgs model;
  SamplingArgs sampling;
  std::string system_prompt;
  int64_t max_new_tokens = 1024;
};

}  // namespace evergreen::cli
