#include "evergreen/text/decoder.hpp"

#include <charconv>
#include <utility>

#include "evergreen/text/byte_level.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

// The byte that "<0x41>" stands for; -1: another token. As Rust reads the digits, "+A" is a number too.
int fallback_byte(std::string_view token) {
  if (token.size() != 6 || !token.starts_with("<0x") || token.back() != '>') return -1;
  std::string_view digits = token.substr(3, 2);
  if (digits.starts_with('+')) digits.remove_prefix(1);
  unsigned value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, 16);
  return error == std::errc() && end == digits.data() + digits.size() ? static_cast<int>(value) : -1;
}

std::string fallback_text(const std::string& bytes) {
  if (valid_utf8_prefix(bytes) == bytes.size()) return bytes;
  std::string text;
  for (size_t i = 0; i < bytes.size(); ++i) append_utf8(text, 0xFFFD);
  return text;
}

std::string replaced(const decoder::Replace& step, std::string_view token) {
  std::string text;
  if (token.empty()) return text;
  size_t done = 0;
  Pattern::Search search(step.pattern);
  for_each_match(
      token,
      [&](std::string_view in, size_t from, Pattern::Match& match) { return search.next(in, from, match); },
      [&](const Pattern::Match& match) {
        text.append(token.substr(done, match.begin - done)).append(step.content);
        done = match.end;
      });
  return text.append(token.substr(done));
}

std::string stripped(const decoder::Strip& step, std::string_view token) {
  for (size_t i = 0; i < step.start && !token.empty(); ++i) {
    const Utf8Char first = decode_utf8(token, 0);
    if (first.code != step.content) break;
    token.remove_prefix(first.bytes);
  }
  for (size_t i = 0; i < step.stop && !token.empty(); ++i) {
    const size_t last = previous_character(token, token.size());
    if (decode_utf8(token, last).code != step.content) break;
    token = token.substr(0, last);
  }
  return std::string(token);
}

std::string without_metaspace(const decoder::Metaspace& step, std::string_view token, bool first) {
  std::string text;
  for (size_t at = 0; at < token.size();) {
    if (token.substr(at).starts_with(step.replacement)) {
      if (!first || !step.drop_first) text.push_back(' ');
      at += step.replacement.size();
    } else {
      text.push_back(token[at++]);
    }
  }
  return text;
}

}  // namespace

// What a step does with one token, or with one piece of a fused one.
struct DecoderRun::Push {
  DecoderRun& run;
  size_t at;
  std::string_view token;
  std::string& out;

  Stage& stage() const { return run.stages_[at]; }
  void hand_on(std::string_view text) const { run.push(at + 1, text, out); }

  void operator()(const decoder::ByteLevel&) const {
    std::string bytes;
    if (!append_from_byte_level(token, bytes)) bytes = token;
    stage().held += bytes;
    hand_on(take_complete_utf8(stage().held));
  }
  void operator()(const decoder::ByteFallback&) const {
    if (const int byte = fallback_byte(token); byte >= 0) {
      stage().held.push_back(static_cast<char>(byte));
      return;
    }
    if (!stage().held.empty()) hand_on(fallback_text(std::exchange(stage().held, {})));
    hand_on(token);
  }
  void operator()(const decoder::Fuse&) const { hand_on(token); }
  void operator()(const decoder::JoinWithSpaces&) const {
    hand_on(stage().tokens > 1 ? " " + std::string(token) : std::string(token));
  }
  void operator()(const decoder::Replace& step) const { hand_on(replaced(step, token)); }
  void operator()(const decoder::Strip& step) const {
    if (!stage().fused) return hand_on(stripped(step, token));
    std::string_view rest = token;
    while (!stage().started && !rest.empty()) {
      const Utf8Char first = decode_utf8(rest, 0);
      stage().started = first.code != step.content || stage().stripped == step.start;
      if (stage().started) break;
      ++stage().stripped;
      rest.remove_prefix(first.bytes);
    }
    hand_on(rest);
  }
  void operator()(const decoder::Metaspace& step) const {
    hand_on(without_metaspace(step, token, stage().fused || stage().tokens == 1));
  }
};

// What a step still has to say when all tokens have come.
struct DecoderRun::Finish {
  DecoderRun& run;
  size_t at;
  std::string& out;

  Stage& stage() const { return run.stages_[at]; }
  void hand_on(std::string_view text) const { run.push(at + 1, text, out); }

  void operator()(const decoder::ByteLevel&) const {
    std::string text;
    append_replacing_ill_formed(text, stage().held);
    hand_on(text);
  }
  void operator()(const decoder::ByteFallback&) const {
    if (!stage().held.empty()) hand_on(fallback_text(stage().held));
  }
  void operator()(const auto&) const {}
};

DecoderRun::DecoderRun(const DecoderSteps& steps) : steps_(&steps), stages_(steps.size()) {
  bool fused = false;
  for (size_t at = 0; at < steps.size(); ++at) {
    stages_[at].fused = fused;
    fused = fused || std::holds_alternative<decoder::ByteLevel>(steps[at]) ||
            std::holds_alternative<decoder::Fuse>(steps[at]) ||
            std::holds_alternative<decoder::JoinWithSpaces>(steps[at]);
  }
}

bool DecoderRun::waits_for_the_end(size_t at) const {
  if (!stages_[at].fused) return false;
  const decoder::Step& step = (*steps_)[at];
  if (const auto* strip = std::get_if<decoder::Strip>(&step)) return strip->stop > 0;
  return !std::holds_alternative<decoder::Fuse>(step) && !std::holds_alternative<decoder::Metaspace>(step);
}

void DecoderRun::push(size_t at, std::string_view token, std::string& out) {
  if (at == stages_.size()) {
    out += token;
    return;
  }
  ++stages_[at].tokens;
  if (waits_for_the_end(at)) {
    stages_[at].held += token;
    return;
  }
  std::visit(Push{*this, at, token, out}, (*steps_)[at]);
}

void DecoderRun::finish(size_t at, std::string& out) {
  if (at == stages_.size()) return;
  if (waits_for_the_end(at) && stages_[at].tokens > 0) {
    stages_[at].fused = false;  // now it is one token
    stages_[at].tokens = 1;
    const std::string token = std::exchange(stages_[at].held, {});
    std::visit(Push{*this, at, token, out}, (*steps_)[at]);
  }
  std::visit(Finish{*this, at, out}, (*steps_)[at]);
  finish(at + 1, out);
}

std::string DecoderRun::push(std::string_view token) {
  std::string out;
  push(0, token, out);
  return out;
}

std::string DecoderRun::finish() {
  std::string out;
  finish(0, out);
  return out;
}

}  // namespace evergreen
