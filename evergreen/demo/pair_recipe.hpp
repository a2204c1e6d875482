// How the built-in pair is made: a base model that has read the world's text before the cut-off, and an instruct model tuned
// from it. All figures are fixed here; what is random comes from `seed`.
#pragma once

#include <cstdint>
#include <string>

#include "evergreen/checkpoint/model_config.hpp"
#include "evergreen/train/train_options.hpp"

namespace evergreen {

struct PairRecipe {
  std::string name = "world-llama";
  uint64_t seed = 0;          // of the pair's world, its text, its weights
  int64_t vocab_size = 1200;  // asked of the trainer, special tokens included
  int64_t words = 2'000'000;  // of text before the cut-off
  int64_t instructions = 150 * 32;
  ModelConfig config;  // vocab_size and token ids are filled in
  TrainOptions base, instruct;
};

PairRecipe llama_pair_recipe();
PairRecipe
qwen_pair_recipe();  // the architecture of Qwen 2.5: biases of q, k and v, grouped heads; everything else alike
// "llama" or "qwen"; Error{usage} with the nearest name for another.
PairRecipe pair_recipe(const std::string& name);

// Continued pre-training in the demo: the same for both arms.
TrainOptions demo_cpt_options(uint64_t seed);

// The special tokens of the built-in world, in order of their ids behind the vocabulary, and its chat template (ChatML behind
// a BOS).
inline constexpr const char* kBosToken = "<|begin_of_text|>";
inline constexpr const char* kEndOfTextToken = "<|end_of_text|>";
inline constexpr const char* kTurnStartToken = "<|im_start|>";
inline constexpr const char* kTurnEndToken = "<|im_end|>";
std::string world_chat_template();

}  // namespace evergreen
