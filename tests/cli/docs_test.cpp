// What the documents say of the program and of the sources is so: commands, options, links, quoted code.
#include <algorithm>
#include <map>
#include <regex>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/program.hpp"

namespace evergreen {
using test::Outcome;
using test::run_program;
using testing::HasSubstr;

namespace {

const std::vector<std::string> kCommands = {"update",
                                            "train cpt",
                                            "train sft",
                                            "eval",
                                            "generate",
                                            "chat",
                                            "demo",
                                            "residual graft",
                                            "residual apply",
                                            "residual extract",
                                            "residual inspect",
                                            "residual verify",
                                            "data prepare",
                                            "data inspect",
                                            "study run",
                                            "study report"};

fs::path root() { return fs::path(EVERGREEN_TEST_DATA).parent_path(); }

std::vector<fs::path> documents() {
  std::vector<fs::path> files = {root() / "README.md", root() / "CONTRIBUTING.md"};
  for (const auto& entry : fs::directory_iterator(root() / "docs"))
    if (entry.path().extension() == ".md") files.push_back(entry.path());
  return files;
}

const std::string& help_of(const std::string& command) {
  static std::map<std::string, std::string> helps;
  const auto [found, missing] = helps.try_emplace(command);
  if (missing) found->second = run_program(command + " --help").out;
  return found->second;
}

// The command lines in a text: from "evergreen " in code to the end of the line or of the code; `\` goes on in the next line.
std::vector<std::string> command_lines(std::string text) {
  text = std::regex_replace(text, std::regex(R"(\\\n\s*)"), "");
  const std::regex pattern(R"((?:^    |^        |`|bin/|--no-python )evergreen ([^`\n#]*))",
                           std::regex::multiline);
  std::vector<std::string> lines;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
    lines.push_back((*at)[1]);
  return lines;
}

std::vector<std::string> words_of(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

// "train cpt" of {"train", "cpt", "--model", ...}; empty where there is no such command.
std::string command_of(const std::vector<std::string>& words) {
  std::string name;
  for (const std::string& command : kCommands) {
    const std::vector<std::string> parts = words_of(command);
    const auto same = [](std::string word, const std::string& part) {
      if (word.ends_with(',')) word.pop_back();
      return word == part;
    };
    if (words.size() >= parts.size() && std::equal(parts.begin(), parts.end(), words.begin(),
                                                   [&](const auto& p, const auto& w) { return same(w, p); }))
      name = command;
  }
  return name;
}

// The options of a line that its command does not have.
std::vector<std::string> unknown_options(const std::string& line) {
  const std::vector<std::string> words = words_of(line);
  const std::string command = command_of(words);
  std::vector<std::string> unknown;
  for (const std::string& word : words) {
    static const std::regex option("--[a-z][a-z0-9-]*");
    std::smatch match;
    if (word.rfind("--", 0) != 0 || !std::regex_search(word, match, option)) continue;
    const std::regex in_help(match.str() + "([^a-z0-9-]|$)");
    if (!std::regex_search(help_of(command), in_help)) unknown.push_back(match.str());
  }
  return unknown;
}

}  // namespace

TEST(Documents, EveryCommandLineNamesACommandAndItsOptions) {
  int lines = 0;
  for (const fs::path& document : documents()) {
    for (const std::string& line : command_lines(read_text(document))) {
      if (line.rfind("--", 0) == 0) continue;  // evergreen --version
      EXPECT_NE(command_of(words_of(line)), "") << document << ": evergreen " << line;
      EXPECT_THAT(unknown_options(line), testing::IsEmpty()) << document << ": evergreen " << line;
      ++lines;
    }
  }
  EXPECT_GT(lines, 40);
}

TEST(Documents, AnUnknownCommandAndAnUnknownOptionAreFound) {
  EXPECT_EQ(
      command_lines(
          "Text.\n\n    evergreen grow --base b \\\n        --out u   # a note\n\nand `evergreen chat`."),
      (std::vector<std::string>{"grow --base b --out u   ", "chat"}));
  EXPECT_EQ(command_of({"grow", "--base"}), "");
  EXPECT_EQ(unknown_options("update --base b --bas c"), std::vector<std::string>{"--bas"});
}

TEST(Documents, HelpBeginsWithAnExampleWhoseOptionsExist) {
  for (const std::string& command : kCommands) {
    const std::string& help = help_of(command);
    const size_t example = help.find("Example: evergreen " + command);
    ASSERT_LT(example, help.find("Usage:")) << command;
    const std::string line = help.substr(example + 19, help.find('\n', example) - example - 19);
    EXPECT_THAT(unknown_options(line), testing::IsEmpty()) << line;
  }
}

TEST(Documents, EveryCommandIsInTheReadme) {
  const std::string readme = read_text(root() / "README.md");
  for (const std::string& command : kCommands) {
    for (const std::string& word : words_of(command)) EXPECT_THAT(readme, HasSubstr(word)) << command;
  }
}

TEST(Documents, LinksLeadToFiles) {
  const std::regex link(R"(\]\(([^)#]+)(?:#[^)]*)?\))");
  for (const fs::path& document : documents()) {
    const std::string text = read_text(document);
    for (std::sregex_iterator at(text.begin(), text.end(), link), end; at != end; ++at) {
      const std::string target = (*at)[1];
      if (target.rfind("http", 0) == 0) continue;
      EXPECT_TRUE(fs::exists(document.parent_path() / target)) << document << ": " << target;
    }
  }
}

TEST(Documents, TheLibrarysPageQuotesTheExampleAsItIs) {
  EXPECT_THAT(read_text(root() / "docs/library.md"),
              HasSubstr("```cpp\n" + read_text(root() / "examples/graft/main.cpp") + "```\n"));
}

}  // namespace evergreen
