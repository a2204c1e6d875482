// The study as a user runs it, on the shipped pair: killed at random moments it comes to the results of a run that was left alone.
#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evergreen/base/hash.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"
#include "tests/cli/program.hpp"

namespace evergreen {
namespace {

using test::run_program;
using test::TempDir;
using testing::HasSubstr;

std::string plan_text() {
  const std::string models = fs::path(EVERGREEN_TEST_DATA).parent_path() / "models";
  return "sizes = [384, 768]\nseeds = [1]\n[world]\nitems = 2\n[[family]]\nname = "
         "\"f\"\n[[family.version]]\nname = \"v1\"\n"
         "base = \"" +
         models + "/world-llama\"\ninstruct = \"" + models +
         "/world-llama-instruct\"\n"
         "[cpt]\nrows = 4\nrow-tokens = 96\nlearning-rate = 3e-4\nreplay = 0.3\n";
}

// Starts the program and leaves it alone.
pid_t start(const fs::path& plan, const fs::path& out) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  const int null = ::open("/dev/null", O_RDWR);
  ::dup2(null, 1), ::dup2(null, 2);
  ::execl(EVERGREEN_PROGRAM, EVERGREEN_PROGRAM, "study", "run", plan.c_str(), "--out", out.c_str(),
          "--threads", "1", static_cast<char*>(nullptr));
  ::_exit(127);
}

// Of every step by its key: what it came to, and the hash of the model it made.
std::map<std::string, std::string> results(const fs::path& study) {
  std::map<std::string, std::string> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(study / "results")) {
    const Json json = read_json(entry.path() / "result.json");
    std::string& text = all[entry.path().filename().string()] =
        json.at("label").get<std::string>() + json.at("result").dump();
    if (fs::exists(entry.path() / "model" / "model.safetensors"))
      text += to_string(hash_file(entry.path() / "model" / "model.safetensors"));
  }
  return all;
}

}  // namespace

TEST(Study, KilledAtRandomMomentsItComesToTheSameResultsAndReport) {
  const TempDir dir;
  const fs::path plan = dir / "plan.toml", whole = dir / "whole", killed = dir / "killed";
  replace_file(plan, plan_text());
  const auto begin = std::chrono::steady_clock::now();
  const auto outcome =
      run_program("study run " + plan.string() + " --threads 1 --json --quiet --out " + whole.string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  EXPECT_EQ(parse_json(outcome.out, "stdout").at("findings").size(), 8U);
  for (const char* file : {"index.html", "report.md", "scores.csv", "costs.csv", "findings.csv"})
    EXPECT_TRUE(fs::exists(whole / "report" / file)) << file;

  RandomStream stream(5, "kills");
  int kills = 0;
  for (bool finished = false; !finished;) {
    const pid_t child = start(plan, killed);
    // Some early, some late; longer and longer, so that it ends on a busy machine too.
    std::this_thread::sleep_for(seconds * (0.1 + 0.3 * stream.uniform()) * (1 + 0.2 * kills));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    finished = WIFEXITED(status);
    if (finished) {
      EXPECT_EQ(WEXITSTATUS(status), 0);
    } else {
      ++kills;
    }
    ASSERT_LT(kills, 40) << "it makes no progress";
  }
  EXPECT_GE(kills, 1);
  EXPECT_EQ(results(killed), results(whole));
  EXPECT_EQ(read_text(killed / "report" / "scores.csv"), read_text(whole / "report" / "scores.csv"));
}

// A plan on files: corpus, replay, chats, a task of one's own, one by name with its folder.
TEST(Study, OnFilesItHasTheSameArms) {
  const TempDir dir;
  std::string news, chats, questions;
  for (int i = 0; i < 120; ++i) {
    news += "{\"text\": \"the city of velo " + std::to_string(i) +
            " opened a bridge . the mayor spoke of rain .\"}\n";
    chats +=
        R"({"messages": [{"role": "user", "content": "say yes"}, {"role": "assistant", "content": "yes"}]})"
        "\n";
  }
  for (int i = 0; i < 3; ++i) questions += "{\"question\": \"say yes\", \"answer\": \"yes\"}\n";
  replace_file(dir / "news.jsonl", news);
  replace_file(dir / "old.jsonl", news);
  replace_file(dir / "chats.jsonl", chats);
  replace_file(dir / "questions.jsonl", questions);
  fs::create_directories(dir / "data" / "BoolQ");
  replace_file(dir / "data" / "BoolQ" / "val.jsonl",
               "{\"question\": \"is it rain\", \"passage\": \"rain .\", \"answer\": true}\n"
               "{\"question\": \"is it snow\", \"passage\": \"rain .\", \"answer\": false}\n");
  std::string plan = plan_text();
  plan.replace(plan.find("[world]\nitems = 2\n"), 18, "tasks = [\"qa:questions.jsonl\"]\n");
  plan +=
      "[[evaluation]]\ntasks = [\"boolq\"]\ndata = \"data\"\nchat = false\n"
      "[corpus]\ninputs = [\"news.jsonl\"]\nreplay = [\"old.jsonl\"]\nold-text = \"old.jsonl\"\ninstructions "
      "= \"chats.jsonl\"\n"
      "[sft]\nrows = 2\nrow-tokens = 96\nlearning-rate = 1e-4\n[arms]\nsft-steps = [1]\n"
      "[scores]\ninstruction = \"qa:questions,exact_match,strict\"\nknowledge = "
      "\"qa:questions,f1,normalized\"\n"
      "quality = \"perplexity:old,token_perplexity,none\"\n";
  replace_file(dir / "plan.toml", plan);
  const auto outcome = run_program("study run " + (dir / "plan.toml").string() +
                                   " --threads 1 --quiet --out " + (dir / "out").string());
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const std::string scores = read_text(dir / "out" / "report" / "scores.csv");
  for (const char* arm : {"base,", "instruct,", "instruct + CPT,", "base + CPT,", "(base + CPT) + R,",
                          "\"base + CPT + SFT, 1 steps\","})
    EXPECT_THAT(scores, HasSubstr(std::string("f,v1,") + arm));
  EXPECT_THAT(scores, HasSubstr("perplexity:new,token_perplexity,none"));
  EXPECT_THAT(scores, HasSubstr("perplexity:old,token_perplexity,none"));
  EXPECT_THAT(scores, HasSubstr("boolq,acc,none"));
}

// The snapshot of a longer run, and the same number of steps trained alone (a plan without the smaller size), are the same weights.
TEST(Study, ASnapshotIsTheRunThatNeverStopped) {
  const TempDir dir;
  replace_file(dir / "plan.toml", plan_text());
  const std::string run =
      "study run " + (dir / "plan.toml").string() + " --threads 1 --quiet --out " + (dir / "out").string();
  ASSERT_EQ(run_program(run).exit_code, 0);
  ASSERT_EQ(run_program(run + " --set sizes=[768]").exit_code, 0);
  std::map<std::string, std::string> models;  // by label: the chained and the unchained step have the same
  int pairs = 0;
  for (const fs::directory_entry& entry : fs::directory_iterator(dir / "out" / "results")) {
    const auto label = read_json(entry.path() / "result.json").at("label").get<std::string>();
    if (label.rfind("CPT of", 0) != 0 || label.find("768 tokens") == std::string::npos) continue;
    const std::string hash = to_string(hash_file(entry.path() / "model" / "model.safetensors"));
    const auto [other, is_new] = models.emplace(label, hash);
    if (is_new) continue;
    EXPECT_EQ(other->second, hash) << label;
    ++pairs;
  }
  EXPECT_EQ(pairs, 2) << "of base and instruct";
}

}  // namespace evergreen
