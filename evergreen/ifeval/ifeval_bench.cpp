// Responses a second of IFEval's checker.
//
//   ifeval_bench                                          its parts, on a text made here
//   ifeval_bench --responses PROMPTS RESPONSES [--runs N] all responses of a file (key or prompt, response), from the line
//       of the prompts file to the verdicts, CPU seconds and verdicts as one JSON line: for tools/bench_ifeval.py
#include <cstdio>
#include <map>

#include <benchmark/benchmark.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/usage.hpp"
#include "evergreen/ifeval/check_response.hpp"
#include "evergreen/ifeval/language_detector.hpp"
#include "evergreen/ifeval/prompts.hpp"
#include "evergreen/ifeval/punkt.hpp"
#include "evergreen/ifeval/python_text.hpp"
#include "evergreen/ifeval/word_tokenizer.hpp"

namespace evergreen::ifeval {
namespace {

std::string sample_text() {
  std::string text;
  for (int i = 1; i <= 20; ++i) {
    text += fmt::format(
        "Paragraph {}. Mr. Jones \"saw\" the U.S. team at 4.30 p.m.; they didn't win, did they?\n\n* *One* "
        "of {} points\n",
        i, i);
  }
  return text;
}

void sentences(benchmark::State& state) {
  const std::string text = sample_text();
  for (auto _ : state) benchmark::DoNotOptimize(split_sentences(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
void words(benchmark::State& state) {
  const std::string text = sample_text();
  for (auto _ : state) benchmark::DoNotOptimize(tokenize_words(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
void language(benchmark::State& state) {
  const std::string text = sample_text();
  for (auto _ : state) benchmark::DoNotOptimize(guess_language(text));
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * text.size()));
}
BENCHMARK(sentences);
BENCHMARK(words);
BENCHMARK(language);

std::vector<std::string> lines_of(const std::string& path) {
  std::vector<std::string> lines;
  const std::string text = read_text(path);
  for (const std::string_view line : split(text, "\n")) {
    if (!strip(line).empty()) lines.emplace_back(line);
  }
  return lines;
}

struct Work {
  std::string prompt_line, response;
};

// In the order of the responses; those without a prompt are left out.
std::vector<Work> pair_up(const std::string& prompts, const std::string& responses) {
  std::map<std::string, std::string> by_key, by_text;
  for (const std::string& line : lines_of(prompts)) {
    const Json prompt = parse_json(line, prompts);
    by_key[prompt.at("key").dump()] = line;
    by_text[prompt.at("prompt").get<std::string>()] = line;
  }
  std::vector<Work> work;
  for (const std::string& line : lines_of(responses)) {
    const Json r = parse_json(line, responses);
    const auto& known = r.contains("key") ? by_key : by_text;
    const auto found = known.find(r.contains("key") ? r.at("key").dump() : r.at("prompt").get<std::string>());
    if (found != known.end()) work.push_back({found->second, r.at("response").get<std::string>()});
  }
  return work;
}

int check_file(const std::string& prompts, const std::string& responses, int runs) {
  const std::vector<Work> work = pair_up(prompts, responses);
  guess_language("The profiles are read at the first call.");
  tokenize_words("So are the \"parameters\" of Punkt and the patterns.");
  double best = 0;
  OrderedJson verdicts;
  for (int run = 0; run < runs; ++run) {
    std::vector<Verdicts> found;
    const double start = processor_seconds();
    for (const Work& w : work)
      found.push_back(check_response(parse_prompt(w.prompt_line, prompts).instructions, w.response));
    const double seconds = processor_seconds() - start;
    if (run == 0 || seconds < best) best = seconds;
    verdicts = OrderedJson::array();
    for (const Verdicts& v : found) verdicts.push_back({{"strict", v.strict}, {"loose", v.loose}});
  }
  const OrderedJson out{{"responses", work.size()}, {"cpu_seconds", best}, {"verdicts", verdicts}};
  std::fputs((out.dump() + "\n").c_str(), stdout);
  return 0;
}

}  // namespace
}  // namespace evergreen::ifeval

int main(int argc, char** argv) {
  if (argc >= 4 && std::string_view(argv[1]) == "--responses") {
    try {
      return evergreen::ifeval::check_file(argv[2], argv[3], argc >= 6 ? std::stoi(argv[5]) : 5);
    } catch (const std::exception& e) {
      std::fprintf(stderr, "error: %s\n", e.what());
      return 3;
    }
  }
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
