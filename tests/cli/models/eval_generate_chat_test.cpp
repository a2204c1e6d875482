// eval, generate and chat as a user runs them, on a small random model.
#include <csignal>
#include <utility>

#include <ATen/Parallel.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evergreen/base/json.hpp"
#include "evergreen/generate/text_generation.hpp"
#include "tests/cli/program.hpp"
#include "tests/pipeline/tiny_pair.hpp"
#include "tests/support/rank_processes.hpp"

namespace evergreen {
using test::Outcome;
using test::run_program;
using test::TempDir;
using testing::HasSubstr;

namespace {

class ModelCommands : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    dir_ = new TempDir();
    test::make_tiny_pair(dir_->path());
    test::make_tiny_pair(*dir_ / "long", 1 << 20);
    // The model says again what it hears last: after the end-of-text token its answers would be empty.
    const std::string config = path("long/instruct/tokenizer_config.json"), end = "+ eos_token";
    std::string text = read_text(config);
    replace_file(config, text.replace(text.find(end), end.size(), "+ ' rain'"));
    replace_file(*dir_ / "held.jsonl", test::tiny_corpus(5, 4));
    replace_file(
        *dir_ / "qa.jsonl",
        "{\"question\": \"the river\", \"answer\": \"town\"}\n{\"question\": \"rain\", \"answer\": \"a\"}\n");
    replace_file(*dir_ / "prompts.txt", "the river\n\na new bridge\n");
    replace_file(
        *dir_ / "prompts.jsonl",
        "{\"prompt\": \"the river\"}\n{\"messages\": [{\"role\": \"user\", \"content\": \"rain\"}]}\n");
  }
  static void TearDownTestSuite() { delete dir_; }
  static std::string path(const std::string& name) { return (*dir_ / name).string(); }
  static std::string model() { return " --threads 1 --model " + path("instruct"); }

  static TempDir* dir_;
};
TempDir* ModelCommands::dir_ = nullptr;

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t at = 0; at < text.size();) {
    const size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

}  // namespace

TEST_F(ModelCommands, EvalPrintsATableAndWritesResultsAndSamples) {
  const std::string tasks = " --tasks perplexity:" + path("held.jsonl") + ",qa:" + path("qa.jsonl");
  const Outcome outcome = run_program("eval --chat --max-new-tokens 4" + model() + tasks + " --out " +
                                      path("r.json") + " --samples " + path("samples"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("byte_perplexity,none"));
  const Json results = read_json(path("r.json"));
  EXPECT_GT(results["results"]["perplexity:held"]["byte_perplexity,none"].get<double>(), 1);
  EXPECT_EQ(results["n-samples"]["qa:qa"]["effective"], 2);
  std::map<std::string, fs::path> samples;  // by what stands before the date
  for (const auto& entry : fs::directory_iterator(path("samples")))
    samples[entry.path().filename().string().substr(0, entry.path().filename().string().rfind('_'))] =
        entry.path();
  ASSERT_TRUE(samples.contains("samples_qa_qa") && samples.contains("samples_perplexity_held") &&
              samples.contains("results"));
  EXPECT_EQ(lines_of(read_text(samples["samples_qa_qa"])).size(), 4U);  // two items, two filters
  const Outcome again = run_program("eval" + model() + tasks + " --out " + path("r.json"));
  EXPECT_EQ(again.exit_code, 3);
  EXPECT_THAT(again.err, HasSubstr("exists already"));
}

TEST_F(ModelCommands, EvalComparesModelsOnTheSameItems) {
  const std::string models = " --threads 1 --model " + path("base") + " --model " + path("instruct"),
                    tasks = " --tasks perplexity:" + path("held.jsonl") + ",qa:" + path("qa.jsonl");
  const Outcome outcome = run_program("eval --chat --chat-template " + path("instruct") +
                                      " --max-new-tokens 4" + models + tasks + " --samples " + path("two"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("95 % interval"));
  const Outcome compared =
      run_program("eval --json --compare " + path("two/instruct") + " " + path("two/base"));
  ASSERT_EQ(compared.exit_code, 0) << compared.err;
  const Json rows = parse_json(compared.out, "stdout")["comparisons"];
  EXPECT_EQ(rows.size(), 7U);  // four perplexities, three scores of the questions
  const Outcome list = run_program("eval --tasks list");
  EXPECT_THAT(list.out, HasSubstr("truthfulqa_mc2"));
  const Outcome none = run_program("eval --model " + path("base"));
  EXPECT_EQ(none.exit_code, 2);
  EXPECT_THAT(none.err, HasSubstr("--tasks"));
}

TEST_F(ModelCommands, EvalGivesMachinesTheSameAsJson) {
  const Outcome outcome =
      run_program("eval --json --limit 2" + model() + " --tasks perplexity:" + path("held.jsonl"));
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(parse_json(outcome.out, "stdout")["n-samples"]["perplexity:held"]["effective"], 2);
}

TEST_F(ModelCommands, EvalBySeveralProcessesGivesWhatOneGives) {
  const std::string tasks = "perplexity:" + path("held.jsonl") + ",qa:" + path("qa.jsonl");
  const Outcome one = run_program("eval --json --chat --max-new-tokens 6" + model() + " --tasks " + tasks);
  ASSERT_EQ(one.exit_code, 0) << one.err;
  const std::string out = path("by_ranks.json");
  test::RankProcesses ranks(EVERGREEN_PROGRAM, 2,
                            {"eval", "--chat", "--max-new-tokens", "6", "--threads", "1", "--model",
                             path("instruct"), "--tasks", tasks, "--out", out});
  const std::vector<test::RankResult> results = ranks.wait(120);
  for (const test::RankResult& result : results) ASSERT_EQ(result.exit_code, 0) << result.output;
  EXPECT_THAT(results[0].output, HasSubstr("exact_match"));
  EXPECT_THAT(results[1].output, testing::Not(HasSubstr("exact_match")));
  Json expected = parse_json(one.out, "stdout"), found = read_json(out);
  for (Json* results_json : {&expected, &found}) {
    results_json->erase("date");
    results_json->erase("total_evaluation_time_seconds");
  }
  EXPECT_EQ(found, expected);
}

TEST_F(ModelCommands, WhatInt8WeightsCostIsToldAndRecorded) {
  const Outcome eval =
      run_program("eval --json --weights int8" + model() + " --tasks perplexity:" + path("held.jsonl"));
  ASSERT_EQ(eval.exit_code, 0) << eval.err;
  EXPECT_THAT(eval.err, HasSubstr("int8: perplexity "));
  EXPECT_THAT(parse_json(eval.out, "stdout")["config"]["weights"].get<std::string>(),
              HasSubstr("the same most likely token at"));
  const Outcome generated = run_program("generate --weights int8 --max-new-tokens 5" + model() +
                                        " --prompts " + path("prompts.txt"));
  ASSERT_EQ(generated.exit_code, 0) << generated.err;
  EXPECT_EQ(lines_of(generated.out).size(), 2U);
  EXPECT_EQ(run_program("chat --weights int8 --max-new-tokens 2" + model(), "rain\n").exit_code, 0);
  EXPECT_EQ(run_program("chat --weights int4" + model(), "").exit_code, 2);
}

TEST_F(ModelCommands, InBfloat16TheyGiveWhatTheEngineGivesInIt) {
  const std::string how = " --dtype bfloat16" + model();
  const Outcome generated =
      run_program("generate --greedy --max-new-tokens 8" + how + " --prompts " + path("prompts.txt"));
  ASSERT_EQ(generated.exit_code, 0) << generated.err;
  const TextModel narrow = load_text_model(path("instruct"), {{at::kCPU}, at::kBFloat16});
  EXPECT_EQ(narrow.decoder->type(), at::kBFloat16);
  at::set_num_threads(1);
  std::vector<TextRequest> requests;
  for (const char* prompt : {"the river", "a new bridge"})
    requests.push_back({.prompt = encode_prompt(narrow, prompt), .max_new_tokens = 8, .id = requests.size()});
  const std::vector<TextAnswer> expected = generate_text(narrow, requests);
  const std::vector<std::string> lines = lines_of(generated.out);
  ASSERT_EQ(lines.size(), 2U);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(parse_json(lines[i], "answer")["text"], expected[i].text);

  const std::string perplexity = " --tasks perplexity:" + path("held.jsonl");
  const auto evaluated = [&](const std::string& options) {
    const Outcome outcome = run_program("eval --json" + options + perplexity);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return parse_json(outcome.out, "stdout");
  };
  replace_file(*dir_ / "narrow.toml", "dtype = \"bfloat16\"\ndevice = \"cpu\"\n");
  const Json wide = evaluated(model()), rounded = evaluated(how),
             by_file = evaluated(" --config " + path("narrow.toml") + model());
  EXPECT_EQ(wide["config"]["weights"], "float32");
  EXPECT_EQ(rounded["config"]["weights"], "bfloat16");
  const auto value = [](const Json& results) {
    return results["results"]["perplexity:held"]["byte_perplexity,none"].get<double>();
  };
  EXPECT_NEAR(value(rounded) / value(wide), 1, 0.01);
  EXPECT_NE(value(rounded), value(wide));
  EXPECT_EQ(value(by_file), value(rounded));
  const Outcome chat = run_program("chat --max-new-tokens 3" + how, "rain\nthe river\n");
  EXPECT_EQ(chat.exit_code, 0) << chat.err;
  EXPECT_EQ(lines_of(chat.out).size(), 2U);
}

TEST_F(ModelCommands, DevicesThatCannotServeAreToldBeforeTheModelIsRead) {
  const std::string prompts = " --threads 1 --model nowhere --prompts " + path("prompts.txt");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"--device gpu", "'gpu' is not a device"},
      {"--device cuda:0,cuda:0", "cuda:0 is named twice"},
      {"--device cpu,cuda:0", "stand alone"},
      {"--device cuda:0,cuda:1 --weights int8", "int8 weights are computed with in float32 on a CPU"},
      {"--dtype bfloat16 --weights int8", "int8 weights are computed with in float32 on a CPU"},
      {"--dtype float8", "float8"}};
  for (const auto& [options, words] : cases) {
    const Outcome outcome = run_program("generate " + options + prompts);
    EXPECT_EQ(outcome.exit_code, 2) << options << ": " << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr(words)) << options;
  }
  const Outcome absent =
      run_program("generate --device cuda:99" + prompts);  // with a GPU, without, without its libraries
  EXPECT_EQ(absent.exit_code, 2) << absent.err;
  EXPECT_THAT(absent.err, testing::AnyOf(HasSubstr("there is no GPU 99"), HasSubstr("no GPU is found"),
                                         HasSubstr("is not installed")));
  EXPECT_EQ(run_program("chat --device gpu --model nowhere").exit_code, 2);
  EXPECT_EQ(
      run_program("eval --device gpu --model nowhere --tasks perplexity:" + path("held.jsonl")).exit_code, 2);
}

TEST_F(ModelCommands, AMisspeltTaskGetsTheNearestName) {
  const Outcome outcome = run_program("eval" + model() + " --tasks perplexty:x.txt");
  EXPECT_EQ(outcome.exit_code, 2);
  EXPECT_THAT(outcome.err, HasSubstr("did you mean 'perplexity'?"));
}

TEST_F(ModelCommands, GenerateAnswersEveryPrompt) {
  for (const char* prompts : {"prompts.txt", "prompts.jsonl"}) {
    const Outcome outcome =
        run_program("generate --max-new-tokens 5" + model() + " --prompts " + path(prompts));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
    const std::vector<std::string> lines = lines_of(outcome.out);
    ASSERT_EQ(lines.size(), 2U);
    for (const std::string& line : lines) EXPECT_LE(parse_json(line, "answer")["tokens"].get<int>(), 5);
    EXPECT_EQ(parse_json(lines[0], "answer")["prompt"], "the river");
  }
}

TEST_F(ModelCommands, GenerateSamplesBySeed) {
  const std::string command =
      "generate --max-new-tokens 12 --temperature 1.5" + model() + " --prompts " + path("prompts.txt");
  const std::string first = run_program(command + " --seed 1").out;
  EXPECT_EQ(first, run_program(command + " --seed 1 --max-sequences 1").out);
  EXPECT_NE(first, run_program(command + " --seed 2").out);
}

TEST_F(ModelCommands, ChatReadsLinesFromAPipe) {
  const Outcome outcome = run_program("chat --max-new-tokens 1" + model(),
                                      "the river\n/rest\n/reset\n/system be brief\nrain\n/exit\nnot read\n");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(lines_of(outcome.out).size(), 2U) << outcome.out;
  EXPECT_THAT(outcome.err, HasSubstr("did you mean '/reset'?"));
  EXPECT_EQ(run_program("chat" + model(), "").exit_code, 0);
}

// A session with the program that is read while it runs.
class ChatSession {
 public:
  explicit ChatSession(const std::vector<std::string>& arguments) {
    int in[2], out[2];
    if (::pipe(in) != 0 || ::pipe(out) != 0) throw std::runtime_error("no pipe");
    process_ = ::fork();
    if (process_ == 0) {
      ::dup2(in[0], STDIN_FILENO);
      ::dup2(out[1], STDOUT_FILENO);
      for (const int file : {in[0], in[1], out[0], out[1]}) ::close(file);
      std::vector<char*> argv{const_cast<char*>(EVERGREEN_PROGRAM)};
      for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
      argv.push_back(nullptr);
      ::execv(EVERGREEN_PROGRAM, argv.data());
      ::_exit(127);
    }
    ::close(in[0]);
    ::close(out[1]);
    to_ = in[1];
    from_ = out[0];
  }
  ~ChatSession() {
    if (process_ > 0) ::kill(process_, SIGKILL), ::waitpid(process_, nullptr, 0);
    ::close(to_);
    ::close(from_);
  }

  void say(const std::string& line) const {
    ASSERT_EQ(::write(to_, line.data(), line.size()), static_cast<ssize_t>(line.size()));
  }
  void interrupt() const { ::kill(process_, SIGINT); }
  std::string hear() const {  // some bytes; empty at the end
    char buffer[256];
    const ssize_t count = ::read(from_, buffer, sizeof buffer);
    return {buffer, static_cast<size_t>(std::max<ssize_t>(0, count))};
  }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(process_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  pid_t process_ = -1;
  int to_ = -1, from_ = -1;
};

// The model has room for a million tokens: an answer that is not stopped takes minutes.
TEST_F(ModelCommands, AnInterruptStopsTheAnswerAndNotTheChat) {
  ChatSession chat({"chat", "--threads", "1", "--greedy", "--kv-memory", "1GB", "--max-new-tokens", "1000000",
                    "--model", path("long/instruct")});
  for (int turn = 0; turn < 2; ++turn) {
    chat.say("the river\n");
    std::string heard = chat.hear();
    ASSERT_FALSE(heard.empty());
    chat.interrupt();
    while (!heard.ends_with('\n')) {
      const std::string more = chat.hear();
      ASSERT_FALSE(more.empty()) << "the program has ended";
      heard += more;
    }
  }
  chat.say("/exit\n");
  EXPECT_EQ(chat.wait(), 0);
}

TEST_F(ModelCommands, ChatRemembersWhatWasSaidUntilReset) {
  const auto answers = [&](const std::string& input) {
    return lines_of(run_program("chat --max-new-tokens 8 --temperature 0" + model(), input).out);
  };
  const std::vector<std::string> told = answers("a new bridge\nrain\n/reset\nrain\n"),
                                 fresh = answers("rain\n");
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[2], fresh[0]);
  const std::vector<std::string> briefed = answers("/system the mayor spoke\nrain\n");
  EXPECT_EQ(briefed, answers("/system the mayor spoke\nrain\n"));
  EXPECT_EQ(briefed[0],
            lines_of(run_program("chat --max-new-tokens 8 --temperature 0 --system-prompt 'the mayor spoke'" +
                                     model(),
                                 "rain\n")
                         .out)[0]);
}

TEST_F(ModelCommands, GenerateStopsAtAStringAndPenalisesRepetition) {
  const std::string command = "generate --max-new-tokens 12" + model() + " --prompts " + path("prompts.txt");
  const auto text = [&](const std::string& more) {
    const Outcome outcome = run_program(command + more);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return parse_json(lines_of(outcome.out).at(0), "answer");
  };
  const std::string free = text("")["text"];
  ASSERT_GE(free.size(), 4U);
  const std::string stop = free.substr(free.size() / 2, 2);
  const Json stopped = text(" --stop '" + stop + "'");
  EXPECT_EQ(stopped["text"], free.substr(0, free.find(stop)));
  EXPECT_EQ(stopped["finish"], "stop_string");
  EXPECT_NE(text(" --repetition-penalty 5")["text"], free);
  EXPECT_EQ(run_program(command + " --repetition-penalty 0").exit_code, 2);
}

TEST_F(ModelCommands, TooLittleMemoryForTheCacheIsSaidBeforeTheWork) {
  const Outcome outcome =
      run_program("generate --kv-memory 64" + model() + " --prompts " + path("prompts.txt"));
  EXPECT_EQ(outcome.exit_code, 5);
  EXPECT_THAT(outcome.err, HasSubstr("64 are allowed"));
}

TEST_F(ModelCommands, AChatLongerThanTheContextForgetsItsOldestExchanges) {
  std::string input;
  for (int i = 0; i < 12; ++i) input += "the river town mayor opened a new bridge today\n";
  const Outcome outcome = run_program("chat --max-new-tokens 4" + model(), input);
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("no longer fit and are forgotten"));
}

}  // namespace evergreen
