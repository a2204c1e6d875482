#include "evergreen/ifeval/punkt_parameters.hpp"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/ifeval/embedded_data.hpp"
#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

uint8_t parse_bits(std::string_view text, const std::string& where) {
  uint8_t bits = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (error != std::errc{} || end != text.data() + text.size()) {
    throw Error(ErrorKind::input, fmt::format("'{}' is not a number of orthographic contexts", text), where);
  }
  return bits;
}

// Calls `visit(line, where)` for each line that is not empty.
template <class Visit>
void each_line(std::string_view text, const std::string& where, Visit visit) {
  size_t number = 0;
  for (std::string_view line : split(text, "\n")) {
    ++number;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) visit(line, fmt::format("{}, line {}", where, number));
  }
}

void each_word(std::string_view line, const auto& visit) {
  for (const std::string_view word : split(line, " ")) {
    if (!word.empty()) visit(word);
  }
}

void parse_contexts(PunktParameters& p, std::string_view line, const std::string& where) {
  const size_t space = line.find(' ');
  const uint8_t bits = parse_bits(line.substr(0, space), where);
  if (space == line.npos) return;
  each_word(line.substr(space), [&](std::string_view word) { p.contexts.emplace(word, bits); });
}

std::string wrapped(const std::set<std::string_view>& words, const std::string& lead) {
  constexpr size_t kLine = 120;
  std::string out, line = lead;
  for (const std::string_view word : words) {
    if (line.size() + word.size() > kLine && line != lead) {
      out += line + "\n";
      line = lead;
    }
    if (!line.empty()) line += ' ';
    line += word;
  }
  return line == lead ? out : out + line + "\n";
}

std::set<std::string_view> sorted(const TextSet& words) { return {words.begin(), words.end()}; }

}  // namespace

uint8_t PunktParameters::context(std::string_view type) const {
  const auto found = contexts.find(type);
  return found == contexts.end() ? uint8_t{0} : found->second;
}

bool PunktParameters::is_collocation(std::string_view first, std::string_view second) const {
  if (collocations.empty()) return false;
  return collocations.contains(std::string(first).append(1, '\t').append(second));
}

const PunktParameters& english_punkt() {
  static const PunktParameters parameters =
      parse_punkt(punkt_english_file(), "the library's punkt_english.txt");
  return parameters;
}

PunktParameters read_punkt_tab(const fs::path& folder) {
  PunktParameters p;
  const auto read = [&](const char* name, const auto& visit) {
    each_line(read_text(folder / name), (folder / name).string(), visit);
  };
  const auto require_tab = [](std::string_view line, const std::string& where) {
    const size_t tab = line.find('\t');
    if (tab == line.npos)
      throw Error(ErrorKind::input, "the line has no tab", where, "a file of NLTK's punkt_tab");
    return tab;
  };
  read("abbrev_types.txt", [&](std::string_view line, const std::string&) { p.abbreviations.emplace(line); });
  read("sent_starters.txt",
       [&](std::string_view line, const std::string&) { p.sentence_starters.emplace(line); });
  read("collocations.tab", [&](std::string_view line, const std::string& where) {
    require_tab(line, where);
    p.collocations.emplace(line);
  });
  read("ortho_context.tab", [&](std::string_view line, const std::string& where) {
    const size_t tab = require_tab(line, where);
    p.contexts.emplace(line.substr(0, tab), parse_bits(line.substr(tab + 1), where));
  });
  return p;
}

PunktParameters parse_punkt(std::string_view text, const std::string& where) {
  PunktParameters p;
  std::string section;
  each_line(text, where, [&](std::string_view line, const std::string& place) {
    if (line.starts_with("# ")) return;
    if (line.starts_with('[') && line.ends_with(']')) {
      section = line;
    } else if (section == "[abbreviations]") {
      each_word(line, [&](std::string_view word) { p.abbreviations.emplace(word); });
    } else if (section == "[sentence starters]") {
      each_word(line, [&](std::string_view word) { p.sentence_starters.emplace(word); });
    } else if (section == "[collocations]") {
      p.collocations.emplace(line);
    } else if (section == "[contexts]") {
      parse_contexts(p, line, place);
    } else {
      throw Error(ErrorKind::input, "the line is in no section of Punkt parameters", place);
    }
  });
  return p;
}

std::string format_punkt(const PunktParameters& p) {
  std::map<uint8_t, std::set<std::string_view>> by_bits;
  for (const auto& [word, bits] : p.contexts) by_bits[bits].insert(word);
  std::string out = "[abbreviations]\n" + wrapped(sorted(p.abbreviations), "");
  out += "\n[sentence starters]\n" + wrapped(sorted(p.sentence_starters), "");
  out += "\n[collocations]\n";
  for (const std::string_view pair : sorted(p.collocations)) out += std::string(pair) + "\n";
  out += "\n[contexts]\n";
  for (const auto& [bits, words] : by_bits) out += wrapped(words, fmt::format("{}", bits));
  return out;
}

}  // namespace evergreen::ifeval
