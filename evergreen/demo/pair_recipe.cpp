#include "evergreen/demo/pair_recipe.hpp"

#include "evergreen/base/error.hpp"
#include "evergreen/base/nearest.hpp"

namespace evergreen {
namespace {

constexpr int64_t kRowTokens = 96, kRows = 32;

ModelConfig llama_config() {
  ModelConfig config;
  config.family = ModelFamily::llama;
  config.architecture = "LlamaForCausalLM";
  config.hidden_size = 160;
  config.intermediate_size = 448;
  config.num_layers = 4;
  config.num_heads = config.num_kv_heads = 5;
  config.head_dim = 32;
  config.max_position_embeddings = 256;
  config.rms_norm_eps = 1e-5;
  config.rope_theta = 10000;
  config.tie_word_embeddings = true;
  return config;
}

}  // namespace

PairRecipe llama_pair_recipe() {
  PairRecipe recipe;
  recipe.config = llama_config();
  recipe.base.packing = {.row_tokens = kRowTokens, .rows = kRows, .seed = recipe.seed};
  recipe.base.steps = 2200;
  recipe.base.schedule = {.kind = ScheduleKind::cosine, .peak = 3e-3, .min_ratio = 0.1, .warmup_steps = 100};
  recipe.base.optimizer = {.beta1 = 0.9, .beta2 = 0.98, .weight_decay = 0.1};
  recipe.base.validate_every = 200;
  recipe.base.save_every = 200;
  recipe.instruct.packing = {
      .row_tokens = kRowTokens, .rows = 16, .method = PackingMethod::whole, .seed = recipe.seed};
  recipe.instruct.steps = 150;
  recipe.instruct.schedule = {
      .kind = ScheduleKind::cosine, .peak = 3e-4, .min_ratio = 0.1, .warmup_steps = 10};
  recipe.instruct.optimizer = {.beta1 = 0.9, .beta2 = 0.98, .weight_decay = 0.0};
  recipe.instruct.validate_every = 50;
  return recipe;
}

PairRecipe qwen_pair_recipe() {
  PairRecipe recipe = llama_pair_recipe();
  recipe.name = "world-qwen";
  recipe.config.family = ModelFamily::qwen2;
  recipe.config.architecture = "Qwen2ForCausalLM";
  recipe.config.num_heads = 10;
  recipe.config.num_kv_heads = 5;
  recipe.config.head_dim = 16;
  recipe.config.rms_norm_eps = 1e-6;
  recipe.config.qkv_bias = true;
  return recipe;
}

PairRecipe pair_recipe(const std::string& name) {
  if (name == "llama") return llama_pair_recipe();
  if (name == "qwen") return qwen_pair_recipe();
  throw Error(ErrorKind::usage, "there is no built-in pair '" + name + "'", {},
              suggest_name(name, {"llama", "qwen"}));
}

TrainOptions demo_cpt_options(uint64_t seed) {
  TrainOptions options;
  options.packing = {.row_tokens = kRowTokens, .rows = kRows, .seed = seed};
  options.schedule = {.kind = ScheduleKind::constant, .peak = 3e-4, .warmup_steps = 10};
  options.optimizer = {.beta1 = 0.9, .beta2 = 0.98, .weight_decay = 0.0};
  options.validate_every = 0;
  return options;
}

// The space before a message makes its first word the same token as in running text.
std::string world_chat_template() {
  return "{{ bos_token }}{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n ' + "
         "message['content'] + "
         "'<|im_end|>' + '\\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' "
         "}}{% endif %}";
}

}  // namespace evergreen
