#include "evergreen/generate/text_model.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/kernels/gpu.hpp"
#include "evergreen/model/device_memory.hpp"

namespace evergreen {
namespace {

std::vector<int32_t> stop_tokens(const ModelConfig& config, const GenerationConfig& generation,
                                 const Tokenizer& tokenizer) {
  std::vector<int32_t> tokens = generation.eos_token_ids;
  for (const int64_t id : config.eos_token_ids) tokens.push_back(static_cast<int32_t>(id));
  if (const std::optional<int32_t> eos = tokenizer.eos_id()) tokens.push_back(*eos);
  std::sort(tokens.begin(), tokens.end());
  tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
  return tokens;
}

Placement placement_of(const ModelConfig& config, const ModelPlace& place) {
  if (place.devices.front().is_cpu()) return on_one_device(config, at::kCPU);
  std::vector<DeviceRoom> rooms;
  for (const at::Device& device : place.devices)
    rooms.push_back({device, usable_bytes(device, free_device_bytes(device))});
  return place_blocks(config, c10::elementSize(place.type), rooms);
}

}  // namespace

TextModel make_text_model(std::string name, std::shared_ptr<const Decoder> decoder,
                          const fs::path& directory) {
  Tokenizer tokenizer = load_tokenizer(directory);
  const int64_t rows = decoder->config().vocab_size;
  if (tokenizer.vocab_size() > rows) {
    throw Error(ErrorKind::input,
                fmt::format("the tokenizer has {} tokens, the model {}", tokenizer.vocab_size(), rows),
                directory.string(), "the tokenizer must be the model's own");
  }
  std::optional<ChatTemplate> chat_template;
  if (has_chat_template(directory)) chat_template = load_chat_template(directory);
  GenerationConfig generation = read_generation_config(directory);
  std::vector<int32_t> stops = stop_tokens(decoder->config(), generation, tokenizer);
  return {std::move(name),          std::move(decoder),    std::move(tokenizer),
          std::move(chat_template), std::move(generation), std::move(stops)};
}

ModelPlace usual_place(at::Device device) { return {{device}, device.is_cpu() ? at::kFloat : at::kBFloat16}; }

std::string place_text(const Decoder& decoder) {
  const std::vector<at::Device> devices = decoder.parameters().placement().devices();
  const std::string type = decoder.type() == at::kFloat ? "float32" : "bfloat16";
  if (devices.front().is_cpu()) return type;
  const std::string name = kernels::gpu_name(devices.front().index());
  return devices.size() == 1 ? fmt::format("{} on {}", type, name)
                             : fmt::format("{} on {} GPUs: {}", type, devices.size(), name);
}

TextModel load_text_model(const fs::path& directory, const ModelPlace& place) {
  const CheckpointReader reader(directory);
  const ModelConfig config = read_model_config(reader.directory());
  require_parameters(reader, config);
  auto decoder = std::make_shared<const Decoder>(
      config, load_parameters(reader, config, place.type, placement_of(config, place)));
  return make_text_model(directory.string(), std::move(decoder), reader.directory());
}

std::vector<int32_t> encode_rendered(const TextModel& model, std::string_view rendered) {
  return model.tokenizer.encode(rendered, {.add_special_tokens = false});
}

std::vector<int32_t> encode_prompt(const TextModel& model, std::string_view text) {
  std::vector<int32_t> tokens = encode_rendered(model, text);
  const std::span<const int32_t> prefix = model.tokenizer.prefix_ids();
  const bool present =
      tokens.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), tokens.begin());
  if (!present) tokens.insert(tokens.begin(), prefix.begin(), prefix.end());
  return tokens;
}

std::string render_chat(const TextModel& model, std::span<const ChatMessage> messages) {
  if (!model.chat_template) {
    throw Error(ErrorKind::usage, "the model has no chat template", model.name,
                "give a raw prompt, or the instruct model");
  }
  ChatOptions options = chat_options(model.tokenizer);
  options.add_generation_prompt = true;
  return model.chat_template->render(messages, options);
}

int32_t prefix_token(const TextModel& model) {
  if (const std::optional<int32_t> bos = model.tokenizer.bos_id()) return *bos;
  if (const std::optional<int64_t> bos = model.decoder->config().bos_token_id)
    return static_cast<int32_t>(*bos);
  if (const std::optional<int32_t> eos = model.tokenizer.eos_id()) return *eos;
  if (!model.stop_tokens.empty()) return model.stop_tokens.front();
  throw Error(ErrorKind::input,
              "the model names no BOS and no EOS token: nothing can predict the first token of a text",
              model.name, "add bos_token to tokenizer_config.json");
}

}  // namespace evergreen
