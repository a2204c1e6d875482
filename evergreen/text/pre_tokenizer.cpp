#include "evergreen/text/pre_tokenizer.hpp"

namespace evergreen {
namespace {

using WordFn = PreTokenizer::WordFn;

struct Piece {
  size_t begin = 0, end = 0;
  bool delimiter = false;
};

size_t after_character(std::string_view text, size_t at) {
  do ++at;
  while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0) == 0x80);
  return at;
}

// Cuts `text` into matches and what lies between them, in order, without gaps.
template <class Body>
void for_each_piece(const SplitStep& step, Pattern::Search& search, std::string_view text, Body&& body) {
  size_t done = 0, from = 0;
  bool any = false;
  Pattern::Match match;
  while (from <= text.size() && search.next(text, from, match)) {
    if (match.end == match.begin && any &&
        match.end == done) {  // empty, right after a match: it does not count
      from = after_character(text, match.end);
      continue;
    }
    if (match.begin > done) body(Piece{done, match.begin, step.invert});
    body(Piece{match.begin, match.end, !step.invert});
    any = true;
    done = from = match.end;
  }
  if (done < text.size()) body(Piece{done, text.size(), step.invert});
}

// Joins pieces as the behaviour asks, then hands on those that are not empty.
class Joiner {
 public:
  Joiner(SplitBehavior behavior, std::string_view text, const WordFn& body)
      : behavior_(behavior), text_(text), body_(body) {}

  void add(const Piece& piece) {
    const bool joins = holding_ && joins_held(piece);
    if (joins) {
      held_.end = piece.end;
    } else {
      flush();
      held_ = piece;
      holding_ = true;
    }
    last_delimiter_ = piece.delimiter;
  }

  void flush() {
    if (holding_ && held_.end > held_.begin) body_(text_.substr(held_.begin, held_.end - held_.begin));
    holding_ = false;
  }

 private:
  bool joins_held(const Piece& piece) const {
    switch (behavior_) {
      case SplitBehavior::merged_with_previous:
        return piece.delimiter && !last_delimiter_;
      case SplitBehavior::merged_with_next:
        return !piece.delimiter && last_delimiter_;
      case SplitBehavior::contiguous:
        return piece.delimiter == last_delimiter_;
      default:
        return false;
    }
  }

  SplitBehavior behavior_;
  std::string_view text_;
  const WordFn& body_;
  Piece held_;
  bool holding_ = false, last_delimiter_ = false;
};

void apply_pattern(const SplitStep& step, Pattern::Search& search, std::string_view text,
                   const WordFn& body) {
  const auto give = [&](const Piece& piece) {
    if (piece.end > piece.begin) body(text.substr(piece.begin, piece.end - piece.begin));
  };
  if (step.behavior == SplitBehavior::isolated) {
    for_each_piece(step, search, text, give);
  } else if (step.behavior == SplitBehavior::removed) {
    for_each_piece(step, search, text, [&](const Piece& piece) {
      if (!piece.delimiter) give(piece);
    });
  } else {
    Joiner joiner(step.behavior, text, body);
    for_each_piece(step, search, text, [&](const Piece& piece) { joiner.add(piece); });
    joiner.flush();
  }
}

using Searches = std::vector<std::unique_ptr<Pattern::Search>>;

void apply(const std::vector<SplitStep>& steps, const Searches& searches, size_t at, std::string_view text,
           const WordFn& body) {
  if (at == steps.size()) return body(text);
  const SplitStep& step = steps[at];
  const WordFn next = [&](std::string_view piece) { apply(steps, searches, at + 1, piece, body); };
  std::string prefixed;
  if (step.add_prefix_space && !text.starts_with(' ')) {
    prefixed.append(" ").append(text);
    text = prefixed;
  }
  if (step.pattern) {
    apply_pattern(step, *searches[at], text, next);
  } else {
    next(text);
  }
}

}  // namespace

void PreTokenizer::split(std::string_view text, const WordFn& body) const {
  if (text.empty()) return;
  Searches searches;
  for (const SplitStep& step : steps_) {
    searches.push_back(step.pattern ? std::make_unique<Pattern::Search>(*step.pattern) : nullptr);
  }
  apply(steps_, searches, 0, text, body);
}

}  // namespace evergreen
