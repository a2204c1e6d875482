// A model with all that turns text into its tokens and back: decoder, tokenizer, chat template, stop tokens.
//
// Prompts   raw text gets what the tokenizer itself puts before a text (a BOS, where it does), once: a
//           text that already starts with it gets no second. A conversation is the template's text as it
//           is, with the assistant's turn opened; nothing is put before it.
// Stop      the end-of-text and end-of-turn tokens of config.json, generation_config.json and tokenizer_config.json.
// Errors    those of the files; Error{input} where the tokenizer has more tokens than the model;
//           Error{usage} for a conversation with a model that has no chat template.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "evergreen/base/file.hpp"
#include "evergreen/generate/generation_config.hpp"
#include "evergreen/model/decoder.hpp"
#include "evergreen/text/chat_template.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace evergreen {

struct TextModel {
  std::string name;
  std::shared_ptr<const Decoder> decoder;
  Tokenizer tokenizer;
  std::optional<ChatTemplate> chat_template;
  GenerationConfig generation;
  std::vector<int32_t> stop_tokens;
};

// What a model is computed on and in: of several devices each takes some of the layers (model/placement.hpp).
struct ModelPlace {
  std::vector<at::Device> devices = {at::kCPU};
  at::ScalarType type = at::kFloat;
};
// One device in the dtype that is usual for it: float32 on a CPU, bfloat16 on a GPU.
ModelPlace usual_place(at::Device device);
// "float32", "bfloat16 on NVIDIA H100 80GB HBM3", "bfloat16 on 2 GPUs: NVIDIA H100 80GB HBM3".
std::string place_text(const Decoder& decoder);

// Weights are converted to the dtype of `place`, slice by slice on their way to their device. Error{resource} where GPUs lack the memory.
TextModel load_text_model(const fs::path& directory, const ModelPlace& place = {});

// A decoder that is in memory already, with the files of `directory` for the rest.
TextModel make_text_model(std::string name, std::shared_ptr<const Decoder> decoder,
                          const fs::path& directory);

std::vector<int32_t> encode_prompt(const TextModel& model, std::string_view text);
// The conversation as text, the assistant's turn opened.
std::string render_chat(const TextModel& model, std::span<const ChatMessage> messages);
std::vector<int32_t> encode_rendered(const TextModel& model, std::string_view rendered);

// What predicts the first token of a text: BOS, else EOS.
int32_t prefix_token(const TextModel& model);

}  // namespace evergreen
