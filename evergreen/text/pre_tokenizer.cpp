#include "evergreen/text/pre_tokenizer.hpp"

#include <algorithm>
#include <memory>

#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

struct Piece {
  size_t begin = 0, end = 0;
  bool delimiter = false;
};

template <class Body>
void for_each_known(KnownPattern pattern, std::string_view text, Body&& body) {
  const char* const begin = text.data();
  const char* const end = begin + text.size();
  with_splitter(pattern, end, [&](const auto& splitter) {
    for (const char* at = begin; at < end;) {
      const char* const next = splitter.next(at);
      body(Pattern::Match{static_cast<size_t>(at - begin), static_cast<size_t>(next - begin)});
      at = next;
    }
  });
}

template <class Body>
void for_each_match_of(const SplitStep& step, std::string_view text, Body&& body) {
  if (const auto* known = std::get_if<KnownPattern>(&step.pattern)) return for_each_known(*known, text, body);
  if (const auto* function = std::get_if<MatchFn>(&step.pattern))
    return for_each_match(text, *function, body);
  Pattern::Search search(std::get<Pattern>(step.pattern));
  for_each_match(
      text,
      [&](std::string_view in, size_t from, Pattern::Match& match) { return search.next(in, from, match); },
      body);
}

// Cuts `text` into matches and what lies between them, in order, without gaps.
template <class Body>
void for_each_piece(const SplitStep& step, std::string_view text, Body&& body) {
  size_t done = 0;
  for_each_match_of(step, text, [&](const Pattern::Match& match) {
    if (match.begin > done) body(Piece{done, match.begin, step.invert});
    body(Piece{match.begin, match.end, !step.invert});
    done = match.end;
  });
  if (done < text.size()) body(Piece{done, text.size(), step.invert});
}

// Joins pieces as the behaviour asks, then hands on those that are not empty.
template <class Body>
class Joiner {
 public:
  Joiner(SplitBehavior behavior, const Body& body) : behavior_(behavior), body_(body) {}

  void add(const Piece& piece) {
    if (behavior_ == SplitBehavior::removed && piece.delimiter) return;
    if (holding_ && joins_held(piece)) {
      held_.end = piece.end;
    } else {
      flush();
      held_ = piece;
      holding_ = true;
    }
    last_delimiter_ = piece.delimiter;
  }

  void flush() {
    if (holding_ && held_.end > held_.begin) body_(held_.begin, held_.end);
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
  const Body& body_;
  Piece held_;
  bool holding_ = false, last_delimiter_ = false;
};

// Calls body(begin, end) for each piece that the step makes.
template <class Body>
void apply_split(const SplitStep& step, std::string_view text, const Body& body) {
  Joiner<Body> joiner(step.behavior, body);
  for_each_piece(step, text, [&](const Piece& piece) { joiner.add(piece); });
  joiner.flush();
}

const SplitStep& gpt2_step() {
  static const SplitStep step{KnownPattern::gpt2};
  return step;
}

using Steps = std::vector<PreTokenizerStep>;

void split_views(const Steps& steps, size_t at, std::string_view text, const PreTokenizer::WordFn& body) {
  if (at == steps.size()) return body(text);
  const auto* split = std::get_if<SplitStep>(&steps[at]);
  std::string prefixed;
  if (split == nullptr) {
    const auto& byte_level = std::get<ByteLevelStep>(steps[at]);
    if (byte_level.add_prefix_space && !text.starts_with(' ')) text = prefixed.append(" ").append(text);
    if (!byte_level.use_regex) return split_views(steps, at + 1, text, body);
    split = &gpt2_step();
  }
  apply_split(*split, text, [&](size_t begin, size_t end) {
    split_views(steps, at + 1, text.substr(begin, end - begin), body);
  });
}

struct SplitPieces {
  const AlignedText& text;
  std::vector<AlignedText>& out;
  void by(const SplitStep& step) const {
    apply_split(step, text.text(), [&](size_t begin, size_t end) { out.push_back(text.slice(begin, end)); });
  }
};

void apply_step(const SplitStep& step, AlignedText& text, std::vector<AlignedText>& out) {
  SplitPieces{text, out}.by(step);
}

void apply_step(const ByteLevelStep& step, AlignedText& text, std::vector<AlignedText>& out) {
  if (step.add_prefix_space && !text.text().starts_with(' ')) text.prepend(" ");
  const size_t first = out.size();
  if (step.use_regex) {
    SplitPieces{text, out}.by(gpt2_step());
  } else {
    out.push_back(std::move(text));
  }
  for (size_t i = first; i < out.size(); ++i) out[i].to_byte_level();
}

bool next_space(std::string_view text, size_t from, Pattern::Match& match) {
  const size_t found = text.find(' ', from);
  match = {found, found + 1};
  return found != std::string_view::npos;
}

void apply_step(const MetaspaceStep& step, AlignedText& text, std::vector<AlignedText>& out) {
  using Prepend = MetaspaceStep::Prepend;
  text.replace(next_space, step.replacement);
  const bool wanted =
      step.prepend == Prepend::always || (step.prepend == Prepend::first && text.origin() == 0);
  if (wanted && !text.text().starts_with(step.replacement)) text.prepend(step.replacement);
  if (!step.split) return out.push_back(std::move(text));
  const auto give = [&](size_t begin, size_t end) { out.push_back(text.slice(begin, end)); };
  Joiner joiner(SplitBehavior::merged_with_next, give);
  const std::string& in = text.text();
  for (size_t done = 0; done < in.size();) {
    const size_t found = std::min(in.find(step.replacement, done), in.size());
    if (found > done) joiner.add({done, found, false});
    done = std::min(found + step.replacement.size(), in.size());
    if (done > found) joiner.add({found, done, true});
  }
  joiner.flush();
}

}  // namespace

SplitStep SplitStep::from_regex(const std::string& regex, SplitBehavior behavior, bool invert,
                                const std::string& where) {
  if (const auto known = known_pattern(regex)) return {*known, behavior, invert};
  return {Pattern(regex, where), behavior, invert};
}

std::optional<KnownPattern> SplitStep::plain() const {
  const auto* known = std::get_if<KnownPattern>(&pattern);
  const bool whole = behavior == SplitBehavior::isolated || (behavior == SplitBehavior::removed && invert);
  return known != nullptr && whole ? std::optional(*known) : std::nullopt;
}

PreTokenizer::PreTokenizer(std::vector<PreTokenizerStep> steps) : steps_(std::move(steps)) {}

bool PreTokenizer::ends_in_byte_level() const {
  if (steps_.empty() || !std::holds_alternative<ByteLevelStep>(steps_.back())) return false;
  return std::all_of(steps_.begin(), steps_.end() - 1,
                     [](const PreTokenizerStep& step) { return std::holds_alternative<SplitStep>(step); });
}

void PreTokenizer::split(std::string_view text, const WordFn& body) const {
  if (!text.empty()) split_views(steps_, 0, text, body);
}

std::vector<AlignedText> PreTokenizer::split(AlignedText text) const {
  std::vector<AlignedText> pieces, next;
  if (!text.empty()) pieces.push_back(std::move(text));
  for (const PreTokenizerStep& step : steps_) {
    next.clear();
    for (AlignedText& piece : pieces)
      std::visit([&](const auto& one) { apply_step(one, piece, next); }, step);
    std::erase_if(next, [](const AlignedText& piece) { return piece.empty(); });
    pieces.swap(next);
  }
  return pieces;
}

}  // namespace evergreen
