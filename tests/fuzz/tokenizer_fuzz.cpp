// A tokenizer.json and a text, divided by the first zero byte: loading must end with a tokenizer or an Error, and a tokenizer
// must take any text, of any bytes. The fast way to ids, the way with offsets, decoding and the stream must agree.
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
    for (const bool special : {true, false}) {
      const evergreen::EncodeOptions options{.add_special_tokens = special, .allow_special = special};
      ids.clear();
      const size_t replaced = tokenizer.encode(text, options, ids);
      const auto encoding = tokenizer.encode_with_offsets(text, options);
      if (encoding.ids != ids || encoding.replaced != replaced) __builtin_trap();
      for (const auto& span : encoding.spans) {
        if (span.begin > span.end || span.end > text.size()) __builtin_trap();
      }
    }
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
  static const char* const words[] = {
      R"("normalizer":{"type":"NFC"},)",
      R"("normalizer":{"type":"Sequence","normalizers":[{"type":"NFKC"},{"type":"Lowercase"},{"type":"StripAccents"}]},)",
      R"({"type":"NFD"})",
      R"({"type":"ByteLevel"})",
      R"({"type":"Prepend","prepend":"\u2581"})",
      R"({"type":"Replace","pattern":{"String":" "},"content":"\u2581"})",
      R"({"type":"Replace","pattern":{"Regex":"a*"},"content":"bb"})",
      R"({"type":"Strip","strip_left":true,"strip_right":true})",
      R"({"type":"Digits","individual_digits":true},)",
      R"({"type":"Whitespace"},)",
      R"({"type":"WhitespaceSplit"},)",
      R"({"type":"Punctuation","behavior":"Contiguous"},)",
      R"({"type":"Metaspace","replacement":"\u2581","prepend_scheme":"first","split":true})",
      R"({"type":"Split","pattern":{"Regex":"\p{L}+"},"behavior":"MergedWithNext","invert":true},)",
      R"("decoder":{"type":"Sequence","decoders":[{"type":"ByteFallback"},{"type":"Fuse"},{"type":"Strip","content":" ","start":1,"stop":1}]},)",
      R"({"type":"RobertaProcessing","sep":["a",0],"cls":["b",1]})",
      R"("ignore_merges":true,)",
      R"("byte_fallback":true,)",
      R"("continuing_subword_prefix":"a",)",
      R"("end_of_word_suffix":"b",)",
      R"("unk_token":"a",)",
      R"("fuse_unk":true,)",
      R"("lstrip":true)",
      R"("rstrip":true)",
      R"("normalized":true)",
      R"("single_word":true)",
      R"("add_prefix_space":true)",
      R"("use_regex":true)",
      R"("trim_offsets":true)",
      R"("invert":true)",
      "\"MergedWithPrevious\"",
      "\\\\p{L}+",
      "\\\\w",
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
      "\xE2\x96\x81",
      nullptr};
  return words;
}
