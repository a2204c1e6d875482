#include "evergreen/ifeval/punkt.hpp"

#include <algorithm>
#include <optional>

#include "evergreen/ifeval/python_text.hpp"

namespace evergreen::ifeval {
namespace {

bool is_end_mark(std::string_view token) { return token == "." || token == "?" || token == "!"; }

bool is_ellipsis(std::string_view token) {
  return token.size() >= 2 && token.find_first_not_of('.') == token.npos;
}

// Does the token begin a sentence, as far as its case tells (section 4.1.1)? Nothing: it does not tell.
std::optional<bool> by_orthography(const PunktToken& token, const PunktParameters& p) {
  if (token.text.size() == 1 && std::string_view(";:,.!?").find(token.text[0]) != std::string_view::npos)
    return false;
  const uint8_t context = p.context(token.type_no_sentence_period());
  if (token.first_upper() && (context & ortho::kLower) != 0 && (context & ortho::kInsideUpper) == 0)
    return true;
  if (token.first_lower() && ((context & ortho::kUpper) != 0 || (context & ortho::kBeginLower) == 0))
    return false;
  return std::nullopt;
}

void mark_abbreviation(PunktToken& token) {
  token.sentence_break = false;
  token.abbreviation = true;
}

// The second pass: what follows may change what the word alone said.
void annotate_by_next(PunktToken& token, const PunktToken& next, const PunktParameters& p) {
  if (!token.period_final()) return;
  if (!p.collocations.empty() && p.is_collocation(token.type_no_period(), next.type_no_sentence_period())) {
    return mark_abbreviation(token);
  }
  const bool initial = token.is_initial();
  if ((token.abbreviation || token.ellipsis) && !initial) {
    if (by_orthography(next, p) == true ||
        (next.first_upper() && p.sentence_starters.contains(next.type_no_sentence_period()))) {
      token.sentence_break = true;
      return;
    }
  }
  if (!initial && !token.is_number()) return;
  const std::optional<bool> starts = by_orthography(next, p);
  if (starts == false) return mark_abbreviation(token);
  // J. Bach: an initial before a word that is always capitalised.
  if (!starts && initial && next.first_upper() &&
      (p.context(next.type_no_sentence_period()) & ortho::kLower) == 0) {
    mark_abbreviation(token);
  }
}

bool contains_break(std::string_view context, const PunktParameters& p) {
  std::vector<PunktToken> tokens = punkt_tokens(context);
  for (PunktToken& token : tokens) annotate_by_type(token, p);
  for (size_t i = 0; i + 1 < tokens.size(); ++i) {
    annotate_by_next(tokens[i], tokens[i + 1], p);
    if (tokens[i].sentence_break) return true;  // and a token comes after it
  }
  return false;
}

struct Span {
  size_t begin = 0, end = 0;
};

// A mark that may end a sentence, with the word before it and what comes after.
struct Candidate {
  size_t mark = 0;       // the byte of the mark
  size_t word = 0;       // where the word before it begins
  size_t after_end = 0;  // the end of the closing mark or of the next word
  size_t next_word = 0;  // where the next word begins; 0: a closing mark follows at once
};

size_t skip(std::string_view text, size_t at, bool spaces) {
  while (at < text.size()) {
    const Utf8Char c = char_at(text, at);
    if (is_regex_space(c.code) != spaces) break;
    at += c.bytes;
  }
  return at;
}

std::optional<Candidate> candidate_at(std::string_view text, size_t at) {
  if (at + 1 >= text.size()) return std::nullopt;
  const Utf8Char after = char_at(text, at + 1);
  if (is_punkt_non_word(after.code)) return Candidate{at, 0, at + 1 + after.bytes, 0};
  if (!is_regex_space(after.code)) return std::nullopt;
  const size_t word = skip(text, at + 1, true);
  if (word == text.size()) return std::nullopt;
  return Candidate{at, 0, skip(text, word, false), word};
}

// The word before a mark is looked for back to the last mark only. Where no white space lies between (or only its first
// byte is one) it begins where that mark's word began: NLTK does so, and joins "acting!!!" to one.
size_t word_before(std::string_view text, size_t mark, Span last_word) {
  const std::string_view before = text.substr(last_word.end, mark - last_word.end);
  const size_t space = before.find_last_of(" \t\n\r\v\f");
  if (space == before.npos || space == 0) return last_word.begin;
  return last_word.end + space + 1;
}

// Of candidates whose words overlap the last one counts.
std::vector<Candidate> candidates(std::string_view text) {
  std::vector<Candidate> found;
  std::optional<Candidate> last;
  Span last_word;
  for (size_t at = find_any(text, ".?!"); at != text.npos; at = find_any(text, ".?!", at + 1)) {
    std::optional<Candidate> now = candidate_at(text, at);
    if (!now) continue;
    now->word = word_before(text, at, last_word);
    if (last && last_word.end <= now->word) found.push_back(*last);
    last = now;
    last_word = {now->word, at};
  }
  if (last) found.push_back(*last);
  return found;
}

std::vector<Span> cut(std::string_view text, const PunktParameters& p) {
  std::vector<Span> spans;
  size_t begin = 0;
  for (const Candidate& c : candidates(text)) {
    if (!contains_break(text.substr(c.word, c.after_end - c.word), p)) continue;
    spans.push_back({begin, c.mark + 1});
    begin = c.next_word > 0 ? c.next_word : c.mark + 1;
  }
  spans.push_back({begin, strip_end(text).size()});
  return spans;
}

bool is_closing(char32_t c) {
  return c == '"' || c == '\'' || c == ')' || c == ']' || c == '}' || c == 0x2018 || c == 0x2019 ||
         c == 0x201C || c == 0x201D || c == 0xAB || c == 0xBB;
}

// Closing marks at the start of `next` that belong to the sentence before: {their end, the end of the white space after}.
std::optional<Span> misplaced_marks(std::string_view next) {
  for (size_t at = 0; at < next.size();) {
    const Utf8Char c = char_at(next, at);
    if (!is_closing(c.code)) return std::nullopt;
    at += c.bytes;
    const size_t space_end = skip(next, at, true);
    if (space_end > at || at == next.size() || next.substr(at, 2) == "--") return Span{at, space_end};
  }
  return std::nullopt;
}

}  // namespace

void annotate_by_type(PunktToken& token, const PunktParameters& p) {
  if (is_end_mark(token.text)) {
    token.sentence_break = true;
  } else if (is_ellipsis(token.text)) {
    token.ellipsis = true;
  } else if (token.period_final() && !token.text.ends_with("..")) {
    const std::string word = lower(token.text.substr(0, token.text.size() - 1));
    const std::string_view last_part = std::string_view(word).substr(word.rfind('-') + 1);
    if (p.abbreviations.contains(word) || p.abbreviations.contains(last_part))
      token.abbreviation = true;
    else
      token.sentence_break = true;
  }
}

std::vector<std::string_view> split_sentences(std::string_view text, const PunktParameters& parameters) {
  const std::vector<Span> spans = cut(text, parameters);
  std::vector<std::string_view> sentences;
  const auto add = [&](size_t begin, size_t end) {
    sentences.push_back(text.substr(begin, std::max(begin, end) - begin));
  };
  size_t moved = 0;
  for (size_t i = 0; i < spans.size(); ++i) {
    const size_t begin = std::min(spans[i].begin + moved, text.size());
    moved = 0;
    if (i + 1 < spans.size()) {
      const Span next = spans[i + 1];
      const auto marks =
          misplaced_marks(text.substr(next.begin, std::max(next.end, next.begin) - next.begin));
      if (marks) {
        add(begin, next.begin + marks->begin);
        moved = marks->end;
        continue;
      }
    }
    if (begin < spans[i].end) add(begin, spans[i].end);
  }
  return sentences;
}

}  // namespace evergreen::ifeval
