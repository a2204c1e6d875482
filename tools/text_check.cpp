// Runs the module text for tools/check_text.py, which compares it with the references. Not installed, not a test.
//
//   text_check tokenize FILE OPTIONS   documents on stdin, each a 32-bit length and that many bytes; for each a 32-bit
//                                      count and that many 32-bit ids on stdout. OPTIONS: letters, a add
//                                      special tokens, s allow special tokens in text, o offsets behind the ids (pairs
//                                      of 32 bits), d the decoded text behind that (a 32-bit length and bytes)
//   text_check decode FILE OPTIONS     lists of ids on stdin, each a 32-bit count and that many ids; for each a text on
//                                      stdout as above. OPTIONS: s skip special tokens
#include <cstdio>
#include <cstring>
#include <ctime>
#include <iostream>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/text/chat_template.hpp"
#include "evergreen/text/tokenizer.hpp"

namespace {

// Of the processor: what other programs do meanwhile does not count.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

std::vector<std::string> read_documents() {
  std::vector<std::string> documents;
  uint32_t size = 0;
  while (std::cin.read(reinterpret_cast<char*>(&size), sizeof size)) {
    std::string text(size, '\0');
    std::cin.read(text.data(), size);
    documents.push_back(std::move(text));
  }
  return documents;
}

void put_number(size_t number) {
  const auto value = static_cast<uint32_t>(number);
  std::cout.write(reinterpret_cast<const char*>(&value), sizeof value);
}

void put_text(const std::string& text) {
  put_number(text.size());
  std::cout.write(text.data(), static_cast<std::streamsize>(text.size()));
}

// decode() and the stream, which must be the same.
std::string decode_both_ways(const evergreen::Tokenizer& tokenizer, const std::vector<int32_t>& ids,
                             bool skip_special) {
  evergreen::StreamDecoder stream(tokenizer, skip_special);
  std::string streamed;
  for (const int32_t id : ids) streamed += stream.push(id);
  streamed += stream.finish();
  const std::string text = tokenizer.decode(ids, skip_special);
  if (text != streamed) throw evergreen::Error(evergreen::ErrorKind::internal, "a stream gives another text");
  return text;
}

int tokenize(const std::string& path, const std::string& letters) {
  const std::string file = evergreen::read_text(path);
  const double load_start = processor_seconds();
  const auto tokenizer = evergreen::Tokenizer::from_json(file, {}, path);
  const double load_seconds = processor_seconds() - load_start;
  const auto has = [&](char letter) { return letters.find(letter) != std::string::npos; };
  const evergreen::EncodeOptions options{.add_special_tokens = has('a'), .allow_special = has('s')};
  const std::vector<std::string> documents = read_documents();
  std::vector<int32_t> all;
  std::vector<size_t> ends;
  size_t bytes = 0;
  const double start = processor_seconds();
  for (const std::string& text : documents) {
    tokenizer.encode(text, options, all);
    ends.push_back(all.size());
    bytes += text.size();
  }
  const double seconds = processor_seconds() - start;
  std::fprintf(stderr, "load %.3f s, %zu bytes, %zu tokens, %.3f s, %.1f MB/s\n", load_seconds, bytes,
               all.size(), seconds, static_cast<double>(bytes) / seconds / 1e6);
  for (size_t i = 0, begin = 0; i < documents.size(); begin = ends[i++]) {
    const std::vector<int32_t> ids(all.begin() + static_cast<std::ptrdiff_t>(begin),
                                   all.begin() + static_cast<std::ptrdiff_t>(ends[i]));
    put_number(ids.size());
    std::cout.write(reinterpret_cast<const char*>(ids.data()), static_cast<std::streamsize>(4 * ids.size()));
    if (has('o')) {
      const auto encoding = tokenizer.encode_with_offsets(documents[i], options);
      if (encoding.ids != ids)
        throw evergreen::Error(evergreen::ErrorKind::internal, "with offsets the ids differ");
      for (const auto& span : encoding.spans) put_number(span.begin), put_number(span.end);
    }
    if (has('d')) put_text(decode_both_ways(tokenizer, ids, false));
  }
  return 0;
}

int decode(const std::string& path, const std::string& letters) {
  const auto tokenizer = evergreen::Tokenizer::from_json(evergreen::read_text(path), {}, path);
  uint32_t count = 0;
  while (std::cin.read(reinterpret_cast<char*>(&count), sizeof count)) {
    std::vector<int32_t> ids(count);
    std::cin.read(reinterpret_cast<char*>(ids.data()), static_cast<std::streamsize>(4 * ids.size()));
    put_text(decode_both_ways(tokenizer, ids, letters.find('s') != std::string::npos));
  }
  return 0;
}

evergreen::Json render_one(const evergreen::OrderedJson& request) {
  evergreen::Json answer;
  try {
    const evergreen::ChatTemplate chat(evergreen::read_text(request["template"].get<std::string>()));
    evergreen::ChatOptions options;
    options.bos_token = request["bos_token"];
    options.eos_token = request["eos_token"];
    options.add_generation_prompt = request["add_generation_prompt"];
    options.now = evergreen::CalendarTime{2024, 7, 26, 12, 34, 56};
    if (!request["tools"].is_null()) options.tools_json = request["tools"].dump();
    answer["rendered"] = chat.render_json(request["messages"].dump(), options);
    answer["spans"] = evergreen::Json::array();
    if (options.add_generation_prompt) return answer;
    try {
      for (const auto& span : chat.render_spans_json(request["messages"].dump(), options).assistant) {
        answer["spans"].push_back({span.begin, span.end});
      }
    } catch (const evergreen::Error& error) {
      answer["no_spans"] = error.problem();
    }
  } catch (const evergreen::Error& error) {
    answer["error"] = error.problem();
    answer["where"] = error.where();
  }
  return answer;
}

int render() {
  for (std::string line; std::getline(std::cin, line);) {
    std::cout << render_one(evergreen::OrderedJson::parse(line)).dump() << "\n";
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    if (argc == 4 && std::strcmp(argv[1], "tokenize") == 0) return tokenize(argv[2], argv[3]);
    if (argc == 4 && std::strcmp(argv[1], "decode") == 0) return decode(argv[2], argv[3]);
    if (argc == 2 && std::strcmp(argv[1], "render") == 0) return render();
    std::fprintf(stderr, "usage: text_check tokenize FILE OPTIONS | decode FILE OPTIONS | render\n");
    return 2;
  } catch (const evergreen::Error& error) {
    std::fprintf(stderr, "error: %s\n", error.what());
    return evergreen::exit_code(error.kind());
  }
}
