// From tokens back to text: the decoder of a tokenizer.json.
//
// One way for a whole list of tokens and for a stream of them: each step takes tokens as they come and hands on what can no
// longer change. What a step can only say at the end (a replacement in text that was fused, say) waits for the end.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "evergreen/text/pattern.hpp"

namespace evergreen {

namespace decoder {
struct ByteLevel {};
struct ByteFallback {};
struct Fuse {};
struct JoinWithSpaces {};  // what happens where there is no decoder
struct Replace {
  Pattern pattern;
  std::string content;
};
struct Strip {
  char32_t content;
  size_t start, stop;  // the most characters that go
};
struct Metaspace {
  std::string replacement;
  bool drop_first;  // the first token loses it, in others it becomes a space
};
using Step = std::variant<ByteLevel, ByteFallback, Fuse, JoinWithSpaces, Replace, Strip, Metaspace>;
}  // namespace decoder

using DecoderSteps = std::vector<decoder::Step>;

// One list of tokens on its way through the steps, which must outlive it.
class DecoderRun {
 public:
  explicit DecoderRun(const DecoderSteps& steps);
  std::string push(std::string_view token);
  std::string finish();

 private:
  struct Stage {
    bool fused = false;    // what comes in are pieces of one token, not tokens
    std::string held;      // what waits
    size_t tokens = 0;     // seen so far
    size_t stripped = 0;   // characters taken off the beginning of a fused token
    bool started = false;  // of a fused token: something that stays has come
  };
  void push(size_t at, std::string_view token, std::string& out);
  void finish(size_t at, std::string& out);
  bool waits_for_the_end(size_t at) const;
  struct Push;
  struct Finish;

  const DecoderSteps* steps_;
  std::vector<Stage> stages_;
};

}  // namespace evergreen
