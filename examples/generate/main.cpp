// Asks a model one question, by its chat template, and prints the answer as it comes.
//
//   generate_example MODEL QUESTION
#include <cstdio>
#include <string>
#include <vector>

#include <evergreen/base/error.hpp>
#include <evergreen/generate/text_generation.hpp>

namespace {

void answer(const evergreen::TextModel& model, const std::string& question) {
  const std::vector<evergreen::ChatMessage> conversation = {{.role = "user", .content = question}};
  evergreen::TextRequest request;
  request.prompt = evergreen::encode_rendered(model, evergreen::render_chat(model, conversation));
  request.max_new_tokens = 64;
  request.sampling.temperature = 0;  // always the most likely token
  evergreen::TextHooks hooks;
  hooks.on_text = [](size_t, std::string_view piece) {
    std::fwrite(piece.data(), 1, piece.size(), stdout);
    return true;  // go on
  };
  const std::vector<evergreen::TextAnswer> answers =
      evergreen::generate_text(model, {&request, 1}, {}, hooks);
  std::printf("\n(%zu tokens, %s)\n", answers[0].tokens.size(), answers[0].finish.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: generate_example MODEL QUESTION\n", stderr);
    return 2;
  }
  try {
    answer(evergreen::load_text_model(argv[1]), argv[2]);
    return 0;
  } catch (const evergreen::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return evergreen::exit_code(error.kind());
  }
}
