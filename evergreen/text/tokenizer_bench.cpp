// How fast text becomes ids, on one thread, in seconds of the processor (what other programs do meanwhile counts less so).
//
//   tokenizer_bench [--tokenizer FILE] [--megabytes N] [--runs N] [--ids FILE] [--offsets] [TEXT ...]
//
// TEXT: .jsonl (field `text`) or plain text, in documents of about 10 kB; repeated until there are N megabytes (50). Without
// --tokenizer a vocabulary of 8000 tokens is trained on the texts, without TEXT they are generated: then nothing is needed.
// --ids writes the ids of each document (32-bit count, 32-bit ids): tools/bench_tokenizer_rivals.py compares them.
// Before a time is printed, every id is checked to exist and the ids of the first documents to decode to their text, where the
// tokenizer does not normalise. One line of JSON.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/base/file.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/random.hpp"
#include "evergreen/base/usage.hpp"
#include "evergreen/text/bpe_trainer.hpp"
#include "evergreen/text/tokenizer.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

struct Options {
  std::string tokenizer, ids;
  double megabytes = 50;
  int runs = 3;
  bool offsets = false;
  std::vector<std::string> texts;
};

void add_options(CLI::App& program, Options& options) {
  program.add_option("--tokenizer", options.tokenizer,
                     "tokenizer.json; without it one is trained on the texts");
  program.add_option("--megabytes", options.megabytes, "of text, repeated");
  program.add_option("--runs", options.runs, "the best counts");
  program.add_option("--ids", options.ids, "file to write the ids of each document to");
  program.add_flag("--offsets", options.offsets, "byte offsets too");
  program.add_option("TEXT", options.texts,
                     ".jsonl with a field `text`, or plain text; without it texts are generated");
}

// Words whose frequencies fall as those of a language do, in sentences and paragraphs.
std::vector<std::string> generated_documents() {
  RandomStream random(1, "bench.words");
  std::vector<std::string> words;
  for (int i = 0; i < 20000; ++i) {
    std::string word;
    for (uint64_t n = 1 + random.below(4) + random.below(3); n > 0; --n) {
      word += "bcdfghklmnprstvw"[random.below(16)];
      word += "aeiou"[random.below(5)];
    }
    words.push_back(word);
  }
  std::vector<std::string> documents;
  for (int d = 0; d < 400; ++d) {
    std::string text;
    while (text.size() < 10000) {
      const uint64_t bits = random.below(15);  // rank below 2^bits, each power as likely
      text += words[random.below((uint64_t{1} << bits) % words.size() + 1)];
      const uint64_t end = random.below(12);
      text += end == 0 ? ". " : end == 1 ? ", " : " ";
      if (random.below(80) == 0) text += "\n\n";
      if (random.below(40) == 0) text += std::to_string(random.below(5000)) + " ";
    }
    documents.push_back(text);
  }
  return documents;
}

void read_documents(const std::string& path, std::vector<std::string>& documents) {
  const std::string data = read_text(path);
  const bool jsonl = path.ends_with(".jsonl");
  for (size_t at = 0; at < data.size();) {
    size_t end = data.find('\n', jsonl ? at : std::min(at + 10000, data.size()));
    end = std::min(end, data.size() - 1) + 1;
    const std::string part = data.substr(at, end - at);
    if (!jsonl)
      documents.push_back(part);
    else if (part.size() > 1)
      documents.push_back(json_get<std::string>(parse_json(part, path), "text", path));
    at = end;
  }
}

struct Sample {
  std::vector<std::string> documents;
  size_t bytes = 0;
};

Sample sample(const Options& options) {
  std::vector<std::string> documents;
  for (const std::string& path : options.texts) read_documents(path, documents);
  if (documents.empty()) documents = generated_documents();
  Sample sample;
  const auto wanted = static_cast<size_t>(options.megabytes * 1e6);
  for (size_t i = 0; sample.bytes < wanted; ++i) {
    sample.documents.push_back(documents[i % documents.size()]);
    sample.bytes += sample.documents.back().size();
  }
  return sample;
}

std::string trained(const Sample& sample) {
  std::vector<std::string> some(
      sample.documents.begin(),
      sample.documents.begin() + static_cast<std::ptrdiff_t>(std::min<size_t>(200, sample.documents.size())));
  return train_bpe(some, {.vocab_size = 8000});
}

void check(const Tokenizer& tokenizer, const Sample& sample, const std::string& file) {
  const bool normalizes = !parse_json(file, "tokenizer")["normalizer"].is_null();
  for (size_t i = 0; i < std::min<size_t>(200, sample.documents.size()); ++i) {
    std::string repaired;
    append_replacing_ill_formed(repaired, sample.documents[i]);
    const std::vector<int32_t> ids =
        tokenizer.encode(repaired, {.add_special_tokens = false, .allow_special = false});
    for (const int32_t id : ids) {
      if (!tokenizer.id_to_token(id)) throw Error(ErrorKind::internal, fmt::format("there is no id {}", id));
    }
    if (!normalizes && tokenizer.decode(ids) != repaired)
      throw Error(ErrorKind::internal, fmt::format("document {} does not decode to itself", i));
  }
}

void write_ids(const Tokenizer& tokenizer, const Sample& sample, const std::string& path) {
  std::ofstream out(path, std::ios::binary);
  std::vector<int32_t> ids;
  for (const std::string& document : sample.documents) {
    ids.clear();
    tokenizer.encode(document, {.add_special_tokens = false, .allow_special = false}, ids);
    const auto count = static_cast<uint32_t>(ids.size());
    out.write(reinterpret_cast<const char*>(&count), sizeof count);
    out.write(reinterpret_cast<const char*>(ids.data()), static_cast<std::streamsize>(4 * ids.size()));
  }
  if (!out.flush()) throw Error(ErrorKind::io, "cannot write the ids", path);
}

void run(const Options& options) {
  const Sample texts = sample(options);
  const std::string file = options.tokenizer.empty() ? trained(texts) : read_text(options.tokenizer);
  std::vector<double> load_seconds, encode_seconds;
  size_t tokens = 0;
  for (int i = 0; i < options.runs; ++i) {
    const double start = processor_seconds();
    const Tokenizer tokenizer = Tokenizer::from_json(file);
    load_seconds.push_back(processor_seconds() - start);
    if (i == 0) check(tokenizer, texts, file);
    if (i == 0 && !options.ids.empty()) write_ids(tokenizer, texts, options.ids);
    const double begin = processor_seconds();
    std::vector<int32_t> ids;  // of one document, as a caller that goes on with them has it
    tokens = 0;
    for (const std::string& document : texts.documents) {
      ids.clear();
      if (options.offsets) {
        tokens += tokenizer.encode_with_offsets(document, {false, false}).ids.size();
      } else {
        tokenizer.encode(document, {.add_special_tokens = false, .allow_special = false}, ids);
        tokens += ids.size();
      }
    }
    encode_seconds.push_back(processor_seconds() - begin);
  }
  const double best = *std::min_element(encode_seconds.begin(), encode_seconds.end());
  const OrderedJson line = {{"documents", texts.documents.size()},
                            {"megabytes", static_cast<double>(texts.bytes) / 1e6},
                            {"tokens", tokens},
                            {"load_cpu_seconds", *std::min_element(load_seconds.begin(), load_seconds.end())},
                            {"encode_cpu_seconds", encode_seconds},
                            {"megabytes_per_cpu_second", static_cast<double>(texts.bytes) / 1e6 / best},
                            {"tokens_per_cpu_second", static_cast<double>(tokens) / best}};
  std::fputs((line.dump() + "\n").c_str(), stdout);
}

}  // namespace
}  // namespace evergreen

int main(int argc, char** argv) {
  CLI::App program("How fast text becomes ids, on one thread");
  evergreen::Options options;
  evergreen::add_options(program, options);
  CLI11_PARSE(program, argc, argv);
  try {
    evergreen::run(options);
    return 0;
  } catch (const evergreen::Error& error) {
    std::fputs(fmt::format("error: {}\n", error.what()).c_str(), stderr);
    return evergreen::exit_code(error.kind());
  }
}
