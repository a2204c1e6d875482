#include "evergreen/generate/kept_sequence.hpp"

#include <gtest/gtest.h>

#include "evergreen/generate/engine.hpp"
#include "tests/generate/tiny_model.hpp"
#include "tests/support/errors.hpp"

namespace evergreen {
namespace {

using test::random_tokens;
using test::tiny_decoder;

std::vector<int32_t> joined(std::vector<int32_t> a, const std::vector<int32_t>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

struct Chat {
  const Decoder& decoder;
  EngineOptions options = {};
  KeptSequence kept = {};
  Sampling sampling = {.temperature = 0};

  // Asked with what was kept; the same must come without.
  std::vector<int32_t> ask(const std::vector<int32_t>& prompt, int64_t new_tokens = 5) {
    const GenerationRequest request{.prompt = prompt, .max_new_tokens = new_tokens, .sampling = sampling};
    EngineHooks hooks;
    hooks.kept = &kept;
    const std::vector<int32_t> answer =
        generate(decoder, std::span(&request, 1), options, hooks).front().tokens;
    EXPECT_EQ(answer, generate(decoder, std::span(&request, 1), options).front().tokens);
    return answer;
  }
};

TEST(KeptSequence, TheTurnsOfAConversationAreComputedOnceAndAnswersStayTheSame) {
  const Decoder decoder = tiny_decoder();
  Chat chat{decoder};
  std::vector<int32_t> said;
  for (uint64_t turn = 0; turn < 4; ++turn) {
    const auto before = static_cast<int64_t>(said.size());
    said = joined(said, random_tokens(turn, 7));
    const std::vector<int32_t> answer = chat.ask(said);
    // The last token of an answer was never fed.
    EXPECT_EQ(chat.kept.reused, std::max<int64_t>(0, before - 1)) << turn;
    said = joined(said, answer);
  }
}

TEST(KeptSequence, WhatNoLongerBeginsAlikeIsDropped) {
  const Decoder decoder = tiny_decoder();
  Chat chat{decoder};
  chat.sampling.temperature = 1;
  const std::vector<int32_t> header = random_tokens(1, 19);
  chat.ask(joined(header, random_tokens(2, 9)));
  chat.ask(joined(header, random_tokens(3, 4)));
  EXPECT_EQ(chat.kept.reused, 19);
  chat.ask(header);  // all of it is there; the last token is computed for its logits
  EXPECT_EQ(chat.kept.reused, 18);
  std::vector<int32_t> other = random_tokens(4, 8);
  other[0] = (header[0] + 1) % 97;
  chat.ask(other);
  EXPECT_EQ(chat.kept.reused, 0);
}

TEST(KeptSequence, AConversationThatOutgrowsItsMemoryIsComputedAnew) {
  const Decoder decoder = tiny_decoder();
  const int64_t page = KvCache::page_bytes(decoder.config(), 4);
  const std::vector<int32_t> first = random_tokens(1, 20), longer = joined(first, random_tokens(2, 20));
  Chat roomy{decoder, {.kv_memory_bytes = 4 * page}}, tight{decoder, {.kv_memory_bytes = 3 * page}};
  for (Chat* chat : {&roomy, &tight}) {
    chat->ask(first, 10);
    chat->ask(longer, 9);  // 48 tokens: three pages, and one more while a begun page is copied
  }
  EXPECT_EQ(roomy.kept.reused, 20);
  EXPECT_EQ(tight.kept.reused, 0);
}

TEST(KeptSequence, IsEmptyAfterAnError) {
  const Decoder decoder = tiny_decoder();
  Chat chat{decoder, {.kv_memory_bytes = 3 * KvCache::page_bytes(decoder.config(), 4)}};
  const std::vector<int32_t> prompt = random_tokens(1, 20);
  chat.ask(prompt);
  const GenerationRequest too_long{.prompt = random_tokens(1, 45), .max_new_tokens = 10};
  EngineHooks hooks;
  hooks.kept = &chat.kept;
  test::expect_error(ErrorKind::resource, "are allowed",
                     [&] { generate(decoder, std::span(&too_long, 1), chat.options, hooks); });
  chat.ask(prompt);
  EXPECT_EQ(chat.kept.reused, 0);
}

}  // namespace
}  // namespace evergreen
