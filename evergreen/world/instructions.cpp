#include "evergreen/world/instructions.hpp"

#include <fmt/format.h>

#include "evergreen/base/json.hpp"

namespace evergreen::world {

InstructionExample instruction_example(const World& world, uint64_t stream, uint64_t number) {
  RandomStream random(world.seeds.pair, fmt::format("world.instructions.{}", stream), number);
  const Request request = training_request(world, random);
  return {{{"user", request.user}, {"assistant", request.answer}}, request};
}

std::vector<InstructionExample> make_instructions(const World& world, int64_t count, uint64_t stream) {
  std::vector<InstructionExample> examples;
  for (int64_t i = 0; i < count; ++i)
    examples.push_back(instruction_example(world, stream, static_cast<uint64_t>(i)));
  return examples;
}

std::string to_json_line(const InstructionExample& example) {
  OrderedJson messages = OrderedJson::array();
  for (const ChatMessage& message : example.messages)
    messages.push_back(OrderedJson{{"role", message.role}, {"content", message.content}});
  return OrderedJson{{"messages", messages}}.dump();
}

}  // namespace evergreen::world
