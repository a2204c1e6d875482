// Examples for instruction tuning: one request and its answer as a chat, about answered entities only; 65 %
// facts in one of twelve formats, 35 % word tasks and refusals. A function of the pair seed, the stream and the number alone.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "evergreen/world/requests.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

struct ChatMessage {
  std::string role, content;  // "user" or "assistant"
};
struct InstructionExample {
  std::vector<ChatMessage> messages;
  Request request;  // what it was made from
};

InstructionExample instruction_example(const World& world, uint64_t stream, uint64_t number);
std::vector<InstructionExample> make_instructions(const World& world, int64_t count, uint64_t stream = 0);

// {"messages": [{"role": ..., "content": ...}, ...]} without a newline.
std::string to_json_line(const InstructionExample& example);

}  // namespace evergreen::world
