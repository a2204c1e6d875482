// The golden files of tools/make_ifeval_goldens.py.
#pragma once

#include <string>
#include <vector>

#include "evergreen/base/json.hpp"
#include "evergreen/ifeval/python_text.hpp"
#include "tests/support/data.hpp"

namespace evergreen::ifeval::test {

inline std::vector<Json> golden_lines(const std::string& name) {
  const fs::path path = evergreen::test::golden_path("ifeval/" + name);
  const std::string file = read_text(path);
  std::vector<Json> lines;
  for (const std::string_view line : split(file, "\n")) {
    if (!line.empty()) lines.push_back(parse_json(line, path.string()));
  }
  return lines;
}

// Texts with what the reference's helpers make of them.
inline const std::vector<Json>& golden_texts() {
  static const std::vector<Json> texts = golden_lines("texts.jsonl");
  return texts;
}

inline std::string text_of(const Json& golden) { return golden.at("text").get<std::string>(); }

}  // namespace evergreen::ifeval::test
