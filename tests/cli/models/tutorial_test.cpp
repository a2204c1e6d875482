// The commands of docs/tutorial.md, in its order, on the pair that ships with evergreen and a few articles.
#include <regex>

#include <gtest/gtest.h>
#include <sys/wait.h>

#include "evergreen/base/json.hpp"
#include "evergreen/world/corpus.hpp"
#include "tests/cli/program.hpp"

namespace evergreen {
using test::TempDir;

namespace {

fs::path root() { return fs::path(EVERGREEN_TEST_DATA).parent_path(); }

std::vector<std::string> tutorial_commands() {
  const std::string text = read_text(root() / "docs/tutorial.md");
  const std::regex command("^    (evergreen .*)$", std::regex::multiline);
  std::vector<std::string> commands;
  for (std::sregex_iterator at(text.begin(), text.end(), command), end; at != end; ++at)
    commands.push_back((*at)[1]);
  return commands;
}

// The news of one future of the built-in world, with dates of the tutorial's.
std::string articles(uint64_t future, int64_t words, double replay, const std::string& month) {
  std::string lines;
  int day = 0;
  world::CorpusOptions options;
  options.words = words;
  options.replay = replay;
  world::text_after_cut_off(
      world::make_world({.future = future}), options, [&](const world::Document& document) {
        const std::string date = month + (day < 9 ? "-0" : "-") + std::to_string(day + 1);
        lines += "{\"text\": " + Json(document.text).dump() + ", \"date\": \"" + date + "\"}\n";
        day = (day + 1) % 28;
      });
  return lines;
}

void make_inputs(const fs::path& dir) {
  fs::create_directory_symlink(root() / "models/world-llama", dir / "Llama-3.2-1B");
  fs::create_directory_symlink(root() / "models/world-llama-instruct", dir / "Llama-3.2-1B-Instruct");
  replace_file(dir / "november.jsonl", articles(1, 2000, 0, "2026-11"));
  replace_file(dir / "december.jsonl", articles(2, 2000, 0, "2026-12"));
  replace_file(dir / "replay.jsonl", articles(1, 1000, 0.9, "2026-01"));
  replace_file(dir / "old.jsonl", articles(3, 500, 0.9, "2026-01"));
  replace_file(dir / "questions.jsonl",
               "{\"question\": \"who is the ceo of velocorp ?\", \"answer\": \"nobody\"}\n"
               "{\"question\": \"where is kamefc at home ?\", \"answer\": \"here\"}\n");
  replace_file(dir / "prompts.txt", "who is the ceo of velocorp ?\n");
}

}  // namespace

TEST(Tutorial, ItsCommandsRunInTheirOrder) {
  const TempDir dir;
  make_inputs(dir.path());
  const std::vector<std::string> commands = tutorial_commands();
  ASSERT_GT(commands.size(), 10U);
  for (const std::string& command : commands) {
    const std::string line = "cd " + dir.path().string() +
                             " && PATH=" + fs::path(EVERGREEN_PROGRAM).parent_path().string() + ":$PATH && " +
                             command + " >out 2>err";
    const int status = std::system(line.c_str());
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0)
        << command << "\n"
        << read_text(dir / "out") << read_text(dir / "err");
  }
}

}  // namespace evergreen
