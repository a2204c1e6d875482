// Runs the module ifeval over files that are not part of the project, for people and for tools/check_ifeval.py. Not
// installed, not a test.
//
//   ifeval_check verdicts PROMPTS RESPONSES [GOLDEN] [--punkt DIR] [--seeds N]
//       PROMPTS is input_data.jsonl; RESPONSES has JSON lines with response and key or prompt; GOLDEN (default: RESPONSES) has
//       strict and loose by key. Prints the four accuracies, the confusion with the golden verdicts, every verdict that
//       differs, and (--seeds) every verdict that changes with the language detector's seed.
//   ifeval_check features RESPONSES GOLDEN [--punkt DIR]      counts of words, sentences, tokens; language
//   ifeval_check sentences RESPONSES --punkt DIR [--parameters FILE]
//       texts that the library's parameters (or those of FILE) split otherwise than DIR's, and where
//   ifeval_check text [--punkt DIR]                           JSON lines {text} on stdin; what the module makes of each
//   ifeval_check classes                                      classes of all code points, for comparison with Python's
#include <algorithm>
#include <cstdio>
#include <iostream>
#include <map>

#include "evergreen/base/json.hpp"
#include "evergreen/ifeval/check_response.hpp"
#include "evergreen/ifeval/language_detector.hpp"
#include "evergreen/ifeval/prompts.hpp"
#include "evergreen/ifeval/punkt.hpp"
#include "evergreen/ifeval/python_json.hpp"
#include "evergreen/ifeval/python_text.hpp"
#include "evergreen/ifeval/word_tokenizer.hpp"

namespace {

using namespace evergreen;
using namespace evergreen::ifeval;

struct Options {
  std::vector<std::string> files;
  PunktParameters punkt = english_punkt();
  uint32_t seeds = 0;
  PunktParameters ours = english_punkt();
};

Options parse(int argc, char** argv) {
  Options o;
  for (int i = 2; i < argc; ++i) {
    const std::string_view a = argv[i];
    if (a == "--punkt" && i + 1 < argc)
      o.punkt = read_punkt_tab(argv[++i]);
    else if (a == "--parameters" && i + 1 < argc)
      o.ours = parse_punkt(read_text(argv[++i]), "the parameters");
    else if (a == "--seeds" && i + 1 < argc)
      o.seeds = static_cast<uint32_t>(std::stoul(argv[++i]));
    else
      o.files.emplace_back(a);
  }
  return o;
}

std::vector<Json> read_lines(const std::string& path) {
  std::vector<Json> lines;
  const std::string text = read_text(path);
  for (const std::string_view line : split(text, "\n")) {
    if (!strip(line).empty()) lines.push_back(parse_json(line, path));
  }
  return lines;
}

struct Tally {
  size_t prompts = 0, prompt_strict = 0, prompt_loose = 0, instructions = 0, strict = 0, loose = 0;
  size_t confusion[2][2][2] = {};  // [loose][golden][ours]
  size_t random_instructions = 0, differing = 0;
};

void compare(Tally& tally, const Prompt& prompt, size_t i, bool is_loose, bool ours, const Json& golden) {
  const bool theirs = golden.at(is_loose ? "loose" : "strict").at(i).get<bool>();
  ++tally.confusion[is_loose][theirs][ours];
  if (ours == theirs) return;
  const bool random = prompt.instructions[i].random_in_reference;
  tally.differing += !random;
  std::printf("differs  key %lld  %s  %s: golden %s, ours %s%s\n", static_cast<long long>(prompt.key),
              prompt.instructions[i].id.c_str(), is_loose ? "loose" : "strict", theirs ? "yes" : "no",
              ours ? "yes" : "no", random ? "  (the reference draws a random letter)" : "");
}

bool asks_language(const Instruction& instruction) {
  return instruction.id == "language:response_language" || instruction.id == "change_case:english_capital" ||
         instruction.id == "change_case:english_lowercase";
}

void list_seed_changes(const Prompt& prompt, const std::string& response, const Options& o) {
  for (const Instruction& instruction : prompt.instructions) {
    if (!asks_language(instruction)) continue;
    size_t strict = 0, loose = 0;
    for (uint32_t seed = 0; seed < o.seeds; ++seed) {
      const Verdicts v = check_response({&instruction, 1}, response, {&o.punkt, seed});
      strict += v.strict[0];
      loose += v.loose[0];
    }
    if (strict % o.seeds == 0 && loose % o.seeds == 0) continue;
    std::printf(
        "language detector undecided  key %lld  %s: strict yes with %zu of %u seeds, loose with %zu\n",
        static_cast<long long>(prompt.key), instruction.id.c_str(), strict, o.seeds, loose);
  }
}

int verdicts(const Options& o) {
  std::map<int64_t, const Prompt*> by_key;
  std::map<std::string, const Prompt*> by_text;
  const std::vector<Prompt> prompts = read_prompts(o.files.at(0));
  for (const Prompt& p : prompts) by_key[p.key] = by_text[p.text] = &p;
  const std::vector<Json> responses = read_lines(o.files.at(1));
  std::map<int64_t, Json> golden;
  for (const Json& line : o.files.size() > 2 ? read_lines(o.files[2]) : responses) {
    if (line.contains("strict")) golden[line.at("key").get<int64_t>()] = line;
  }
  Tally tally;
  for (size_t n = 0; n < responses.size(); ++n) {
    const Json& line = responses[n];
    const Prompt* prompt = nullptr;
    if (line.contains("key"))
      prompt = by_key[line.at("key").get<int64_t>()];
    else if (const auto found = by_text.find(line.at("prompt").get<std::string>()); found != by_text.end())
      prompt = found->second;
    else if (responses.size() == prompts.size())
      prompt = &prompts[n];  // a prompt that was edited later
    if (prompt == nullptr) {
      std::printf("no prompt for line %zu of the responses\n", n + 1);
      continue;
    }
    const std::string response = line.at("response").get<std::string>();
    const Verdicts v = check_response(prompt->instructions, response, {&o.punkt, 0});
    ++tally.prompts;
    tally.prompt_strict += all_followed(v.strict);
    tally.prompt_loose += all_followed(v.loose);
    const auto known = golden.find(prompt->key);
    for (size_t i = 0; i < prompt->instructions.size(); ++i) {
      ++tally.instructions;
      tally.strict += v.strict[i];
      tally.loose += v.loose[i];
      tally.random_instructions += prompt->instructions[i].random_in_reference;
      if (known == golden.end()) continue;
      compare(tally, *prompt, i, false, v.strict[i], known->second);
      compare(tally, *prompt, i, true, v.loose[i], known->second);
    }
    if (o.seeds > 0) list_seed_changes(*prompt, response, o);
  }
  const auto share = [](size_t a, size_t b) { return static_cast<double>(a) / static_cast<double>(b); };
  std::printf("prompts %zu: strict %.6f, loose %.6f; instructions %zu: strict %.6f, loose %.6f\n",
              tally.prompts, share(tally.prompt_strict, tally.prompts),
              share(tally.prompt_loose, tally.prompts), tally.instructions,
              share(tally.strict, tally.instructions), share(tally.loose, tally.instructions));
  for (const int l : {0, 1}) {
    const auto& c = tally.confusion[l];
    std::printf("%s  golden no: ours no %zu, yes %zu; golden yes: ours no %zu, yes %zu\n",
                l ? "loose " : "strict", c[0][0], c[0][1], c[1][0], c[1][1]);
  }
  std::printf(
      "verdicts that differ: %zu, not counting %zu instructions whose letter the reference draws at random\n",
      tally.differing, tally.random_instructions);
  return tally.differing == 0 ? 0 : 1;
}

int features(const Options& o) {
  const std::vector<Json> responses = read_lines(o.files.at(0)), golden = read_lines(o.files.at(1));
  std::map<std::string, size_t> differing;
  for (size_t n = 0; n < responses.size(); ++n) {
    const std::string text = responses[n].at("response").get<std::string>();
    const Json& g = golden.at(n);
    const auto words = tokenize_words(text, o.punkt);
    const auto capital =
        std::count_if(words.begin(), words.end(), [](const auto& w) { return all_upper(w); });
    const auto check = [&](const char* name, const Json& ours) {
      if (!g.contains(name) || g.at(name) == ours) return;
      ++differing[name];
      std::printf("key %s %s: golden %s, ours %s\n", g.at("key").dump().c_str(), name,
                  g.at(name).dump().c_str(), ours.dump().c_str());
    };
    check("num_words", count_words(text));
    check("num_sentences", split_sentences(text, o.punkt).size());
    check("n_word_tokenize", words.size());
    check("n_capital_words", capital);
    check("isupper", all_upper(text));
    check("islower", all_lower(text));
    const LanguageGuess guess = guess_language(text);
    check("langdetect", guess.undetectable ? Json() : Json(guess.best()));
  }
  for (const auto& [name, count] : differing)
    std::printf("%s differs in %zu of %zu\n", name.c_str(), count, responses.size());
  return differing.empty() ? 0 : 1;
}

int sentences(const Options& o) {
  size_t texts = 0, differing = 0, total = 0;
  for (const Json& line : read_lines(o.files.at(0))) {
    const std::string text = line.at(line.contains("response") ? "response" : "text").get<std::string>();
    const auto ours = split_sentences(text, o.ours), theirs = split_sentences(text, o.punkt);
    ++texts;
    total += theirs.size();
    if (ours == theirs) continue;
    ++differing;
    size_t at = 0;
    while (at < ours.size() && at < theirs.size() && ours[at] == theirs[at]) ++at;
    if (at < ours.size() && at < theirs.size()) {
      const auto& longer = ours[at].size() > theirs[at].size() ? ours[at] : theirs[at];
      const size_t cut = std::min(ours[at].size(), theirs[at].size());
      std::printf("%s  ...%s\n", ours[at].size() > theirs[at].size() ? "ours joins " : "ours splits",
                  std::string(longer.substr(cut > 25 ? cut - 25 : 0, 50)).c_str());
    }
  }
  std::printf("%zu of %zu texts differ (%zu sentences)\n", differing, texts, total);
  return differing == 0 ? 0 : 1;
}

int text(const Options& o) {
  for (std::string line; std::getline(std::cin, line);) {
    const std::string input = parse_json(line, "stdin").at("text").get<std::string>();
    OrderedJson out;
    out["sentences"] = OrderedJson::array();
    for (const std::string_view s : split_sentences(input, o.punkt))
      out["sentences"].push_back(std::string(s));
    out["words"] = tokenize_words(input, o.punkt);
    out["lower"] = lower(input);
    out["strip"] = std::string(strip(input));
    out["isupper"] = all_upper(input);
    out["islower"] = all_lower(input);
    out["num_words"] = count_words(input);
    out["json"] = is_python_json(input);
    const LanguageGuess guess = guess_language(input);
    out["undetectable"] = guess.undetectable;
    out["languages"] = OrderedJson::array();
    for (const auto& l : guess.languages) out["languages"].push_back({l.language, l.probability});
    std::cout << out.dump() << "\n";
  }
  return 0;
}

int classes() {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    std::printf("%x %d%d%d%d%d%d %x\n", static_cast<unsigned>(c), is_word(c), is_decimal(c), is_space(c),
                is_upper(c), is_lower(c), is_title(c), static_cast<unsigned>(simple_lower(c)));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::string command = argc > 1 ? argv[1] : "";
  try {
    const Options o = parse(argc, argv);
    if (command == "verdicts" && o.files.size() >= 2) return verdicts(o);
    if (command == "features" && o.files.size() == 2) return features(o);
    if (command == "sentences" && o.files.size() == 1) return sentences(o);
    if (command == "text") return text(o);
    if (command == "classes") return classes();
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 3;
  }
  std::fprintf(stderr, "usage: see the head of tools/ifeval_check.cpp\n");
  return 2;
}
