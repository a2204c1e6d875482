// engine_timing MODEL REQUESTS THREADS: the engine on lists of tokens, timed, so that tools/bench_generate_rivals.py can put the
// same lists to a rival. REQUESTS is a JSON file:
//
//   {"prompts": [[token, ...], ...], "new_tokens": 128, "batch": 16, "repeat": 3}   greedy generation, `batch` at a time
//   {"pairs": [[[token, ...], [token, ...]], ...], "repeat": 1}                     log p(second | first)
//
// Prints one JSON object: "cpu_s" and "wall_s" of each repetition, loading not counted, and "tokens" or "log_likelihoods" and "greedy".
#include <chrono>
#include <fstream>
#include <string>

#include <ATen/Parallel.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/checkpoint/reader.hpp"
#include "evergreen/generate/score.hpp"
#include "evergreen/model/decoder.hpp"

namespace evergreen {
namespace {

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + 1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// Of this program alone: ru_maxrss is inherited from what started it.
int64_t peak_mb() {
  std::ifstream in("/proc/self/status");
  std::string name, rest;
  for (int64_t kilobytes = 0; in >> name; std::getline(in, rest)) {
    if (name == "VmHWM:" && in >> kilobytes) return kilobytes / 1024;
  }
  return 0;
}

std::vector<Generation> answer(const Decoder& decoder, const Json& asked) {
  const auto new_tokens = json_get<int64_t>(asked, "new_tokens", "REQUESTS");
  std::vector<GenerationRequest> requests;
  for (const Json& prompt : asked.at("prompts"))
    requests.push_back(
        {.prompt = prompt.get<std::vector<int32_t>>(), .max_new_tokens = new_tokens, .id = requests.size()});
  return generate(decoder, requests, {.max_sequences = json_get<int64_t>(asked, "batch", "REQUESTS")});
}

std::vector<Score> likelihoods(const Decoder& decoder, const Json& asked) {
  std::vector<ScoreRequest> requests;
  for (const Json& pair : asked.at("pairs"))
    requests.push_back({pair.at(0).get<std::vector<int32_t>>(), pair.at(1).get<std::vector<int32_t>>()});
  return score(decoder, requests);
}

int run(const fs::path& model, const fs::path& file, int threads) {
  at::set_num_threads(threads);
  const CheckpointReader reader(model);
  const ModelConfig config = read_model_config(reader.directory());
  const Decoder decoder(config, load_parameters(reader, config, at::kFloat));
  const Json asked = read_json(file);
  OrderedJson out = {{"cpu_s", OrderedJson::array()}, {"wall_s", OrderedJson::array()}};
  for (int64_t i = 0; i < json_get_or<int64_t>(asked, "repeat", 1, "REQUESTS"); ++i) {
    const double cpu = cpu_seconds();
    const auto start = std::chrono::steady_clock::now();
    OrderedJson tokens = OrderedJson::array(), sums = OrderedJson::array(), greedy = OrderedJson::array();
    if (asked.contains("prompts")) {
      for (const Generation& g : answer(decoder, asked)) tokens.push_back(g.tokens);
    } else {
      for (const Score& s : likelihoods(decoder, asked))
        sums.push_back(s.log_likelihood), greedy.push_back(s.is_greedy);
    }
    out["cpu_s"].push_back(cpu_seconds() - cpu);
    out["wall_s"].push_back(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
    out["tokens"] = tokens, out["log_likelihoods"] = sums, out["greedy"] = greedy;
  }
  out["peak_mb"] = peak_mb();
  fmt::print("{}\n", out.dump());
  return 0;
}

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  if (argc != 4) {
    fmt::print(stderr, "usage: engine_timing MODEL REQUESTS THREADS\n");
    return 2;
  }
  try {
    return evergreen::run(argv[1], argv[2], std::stoi(argv[3]));
  } catch (const evergreen::Error& error) {
    fmt::print(stderr, "error: {}\n", error.what());
    return evergreen::exit_code(error.kind());
  }
}
