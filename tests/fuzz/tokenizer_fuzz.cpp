// A tokenizer.json and a text, divided by the first zero byte: loading must end with a tokenizer or an Error,
// and a tokenizer must take any text, of any bytes.
#include <cstdint>
#include <string_view>

#include "evergreen/base/error.hpp"
#include "evergreen/text/tokenizer.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\0'), input.size());
  const std::string_view text = end < input.size() ? input.substr(end + 1) : input.substr(0, 200);
  try {
    const auto tokenizer = evergreen::Tokenizer::from_json(input.substr(0, end));
    std::vector<int32_t> ids;
    tokenizer.encode(text, {.add_special_tokens = true, .allow_special = true}, ids);
    tokenizer.encode(text, {.add_special_tokens = false, .allow_special = false}, ids);
    const std::string decoded = tokenizer.decode(ids);
    evergreen::StreamDecoder stream(tokenizer);
    std::string streamed;
    for (const int32_t id : ids) streamed += stream.push(id);
    if (streamed + stream.finish() != decoded) __builtin_trap();
  } catch (const evergreen::Error&) {
  }
  return 0;
}

extern "C" const char* const* evergreen_fuzz_words() {
  static const char* const words[] = {"\"normalizer\":{\"type\":\"NFC\"},",
                                      "\"ignore_merges\":true,",
                                      "\"unk_token\":\"a\",",
                                      "\"fuse_unk\":true,",
                                      "{\"type\":\"Digits\",\"individual_digits\":true},",
                                      "\"lstrip\":true",
                                      "\"rstrip\":true",
                                      "\"normalized\":true",
                                      "\"single_word\":true",
                                      "\"add_prefix_space\":true",
                                      "\"use_regex\":true",
                                      "\"invert\":true",
                                      "\"MergedWithPrevious\"",
                                      "\"Contiguous\"",
                                      "\\\\p{L}+",
                                      "\\\\s*",
                                      "(?i:",
                                      "[^",
                                      "null",
                                      "-1",
                                      "99999999999",
                                      "1e9",
                                      "\xC3\xA9",
                                      "e\xCC\x81",
                                      "\xE2\x82",
                                      nullptr};
  return words;
}
