// Makes the library's English Punkt parameters. Not installed, not a test.
//
//   punkt_train WORDS TEXT... > parameters      options: --share S, --min N (see PunktTraining)
//
// WORDS: abbreviations, separated by spaces; lines "##number## ..." with words before which a number ends no sentence; "# "
// comments. TEXT: .jsonl with a field text, or plain text.
#include <cstdio>
#include <string>
#include <vector>

#include "evergreen/base/file.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/ifeval/punkt_tokens.hpp"
#include "evergreen/ifeval/punkt_trainer.hpp"
#include "evergreen/ifeval/python_text.hpp"

int main(int argc, char** argv) {
  using namespace evergreen;
  using namespace evergreen::ifeval;
  try {
    std::fputs(
        "# English parameters of the Punkt tokenizer: words by hand (tools/punkt_english_words.txt), "
        "sentence starters and contexts\n"
        "# learned by tools/punkt_train.cpp from Wikinews 2019-2020 (CC BY 2.5). See PROVENANCE.md.\n",
        stdout);
    PunktTraining options{.only_lower = true};
    std::vector<std::string> files;
    for (int i = 1; i < argc; ++i) {
      const std::string a = argv[i];
      if (a == "--share" && i + 1 < argc)
        options.context_share = std::stod(argv[++i]);
      else if (a == "--min" && i + 1 < argc)
        options.min_occurrences = std::stoll(argv[++i]);
      else
        files.push_back(a);
    }
    if (files.size() < 2) throw Error(ErrorKind::usage, "punkt_train WORDS TEXT...");
    TextSet abbreviations, collocations;
    const std::string list = read_text(files[0]);
    for (const std::string_view line : split(list, "\n")) {
      if (line.starts_with("# ")) continue;
      const std::vector<std::string_view> words = split(line, " ");
      for (const std::string_view word : words) {
        if (words[0] != kPunktNumber && !word.empty()) abbreviations.emplace(word);
        if (words[0] == kPunktNumber && word != words[0])
          collocations.insert(std::string(kPunktNumber) + "\t" + std::string(word));
      }
    }
    PunktTrainer trainer(std::move(abbreviations));
    for (size_t i = 1; i < files.size(); ++i) {
      const std::string text = read_text(files[i]);
      if (!files[i].ends_with(".jsonl")) {
        trainer.add(text);
        continue;
      }
      for (const std::string_view line : split(text, "\n")) {
        if (!line.empty()) trainer.add(parse_json(line, files[i]).at("text").get<std::string>());
      }
    }
    PunktParameters parameters = trainer.parameters(options);
    parameters.collocations = std::move(collocations);
    std::fputs(format_punkt(parameters).c_str(), stdout);
    return 0;
  } catch (const std::exception& e) {
    std::fprintf(stderr, "error: %s\n", e.what());
    return 3;
  }
}
