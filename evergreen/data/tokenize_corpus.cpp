#include "evergreen/data/tokenize_corpus.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "evergreen/base/error.hpp"
#include "evergreen/base/json.hpp"
#include "evergreen/base/parallel.hpp"
#include "evergreen/base/random.hpp"

namespace evergreen {
namespace {

constexpr size_t kBatchBytes = size_t{4} << 20;

// Documents are gathered, encoded on all threads, and stored in their order.
class Tokenization {
 public:
  Tokenization(const Tokenizer& tokenizer, const fs::path& directory, const TokenizeOptions& options)
      : tokenizer_(tokenizer),
        options_(options),
        train_(directory / "train.tok", options.vocab_size),
        held_out_(directory / "held_out.tok", options.vocab_size),
        held_out_texts_(directory / "held_out.jsonl.partial", fresh(directory / "held_out.jsonl.partial")),
        directory_(directory) {}

  void add(std::string_view text) {
    batch_.emplace_back(text);
    batch_bytes_ += text.size();
    if (batch_bytes_ >= kBatchBytes) flush();
  }
  bool full() const { return options_.max_tokens > 0 && train_.tokens() >= options_.max_tokens; }

  TokenizeReport finish() {
    flush();
    if (held_out_.documents() == 0) hold_out_the_end();
    report_.documents = train_.documents();
    report_.tokens = train_.tokens();
    report_.held_out_documents = held_out_.documents();
    report_.held_out_tokens = held_out_.tokens();
    train_.finish();
    held_out_.finish();
    held_out_texts_.sync();
    held_out_texts_.close();
    fs::rename(directory_ / "held_out.jsonl.partial", directory_ / "held_out.jsonl");
    return report_;
  }

 private:
  static File::Mode fresh(const fs::path& path) {
    fs::remove(path);
    return File::Mode::create;
  }

  std::vector<uint32_t> encode(std::string_view text) const {
    std::vector<int32_t> ids;
    tokenizer_.encode(text, {.add_special_tokens = false, .allow_special = false}, ids);
    std::vector<uint32_t> tokens = options_.marks.before;
    tokens.insert(tokens.end(), ids.begin(), ids.end());
    tokens.insert(tokens.end(), options_.marks.after.begin(), options_.marks.after.end());
    for (const uint32_t token : tokens) {
      if (static_cast<int64_t>(token) < options_.vocab_size) continue;
      throw Error(
          ErrorKind::input,
          fmt::format("the tokenizer gives token {}, the model has {} rows", token, options_.vocab_size), {},
          "use the tokenizer of this model");
    }
    return tokens;
  }

  bool is_held_out(int64_t document) const {
    return held_out_.documents() < options_.max_held_out_documents &&
           RandomStream(options_.seed, "data.held_out", static_cast<uint64_t>(document)).uniform() <
               options_.held_out;
  }

  void flush() {
    std::vector<std::vector<uint32_t>> encoded(batch_.size());
    parallel_for(static_cast<int64_t>(batch_.size()), options_.threads, [&](int64_t i) {
      encoded[static_cast<size_t>(i)] = encode(batch_[static_cast<size_t>(i)]);
    });
    for (size_t i = 0; i < batch_.size() && !full(); ++i) {
      if (is_held_out(seen_++)) {
        hold_out(batch_[i], encoded[i]);
      } else {
        train_.add(encoded[i]);
        report_.text_bytes += static_cast<int64_t>(batch_[i].size());
        last_text_ = batch_[i];
      }
    }
    batch_.clear();
    batch_bytes_ = 0;
  }

  void hold_out(const std::string& text, const std::vector<uint32_t>& tokens) {
    held_out_.add(tokens);
    held_out_texts_.write(OrderedJson({{"text", text}}).dump() + "\n");
    report_.held_out_text_bytes += static_cast<int64_t>(text.size());
  }

  // A small corpus may have drawn no document: the last one's end is held out then, at a white space.
  void hold_out_the_end() {
    if (options_.held_out <= 0 || train_.documents() == 0) return;
    const size_t size = last_text_.find_last_not_of(" \t\r\n") + 1;
    const auto share = static_cast<size_t>(static_cast<double>(size) * options_.held_out);
    const size_t cut = last_text_.find_last_of(" \n", size - std::max<size_t>(1, share));
    if (cut == std::string::npos || cut == 0) return;
    const std::string end = last_text_.substr(cut + 1);
    if (end.empty()) return;
    train_.replace_last(encode(last_text_.substr(0, cut)));
    report_.text_bytes -= static_cast<int64_t>(last_text_.size() - cut);
    hold_out(end, encode(end));
  }

  const Tokenizer& tokenizer_;
  const TokenizeOptions& options_;
  TokenStoreWriter train_, held_out_;
  File held_out_texts_;
  fs::path directory_;
  std::vector<std::string> batch_;
  size_t batch_bytes_ = 0;
  int64_t seen_ = 0;
  std::string last_text_;
  TokenizeReport report_;
};

}  // namespace

DocumentMarks document_marks(const Tokenizer& tokenizer, std::optional<int64_t> end_of_text) {
  DocumentMarks marks;
  for (const int32_t id : tokenizer.prefix_ids()) marks.before.push_back(static_cast<uint32_t>(id));
  if (end_of_text) marks.after.push_back(static_cast<uint32_t>(*end_of_text));
  return marks;
}

TokenizeReport tokenize_corpus(const fs::path& corpus, const Tokenizer& tokenizer, const fs::path& directory,
                               const TokenizeOptions& options, const StopFlag* stop,
                               const ProgressFn& progress) {
  const double total = static_cast<double>(corpus_bytes(corpus));
  Tokenization tokenization(tokenizer, directory, options);
  for_each_document(corpus, options.corpus, [&](std::string_view text, const CorpusPosition& position) {
    throw_if_stopped(stop, "tokenising");
    tokenization.add(text);
    if (progress)
      progress({"tokenise", std::min(total, static_cast<double>(position.bytes_read)), total, "bytes", ""});
    return !tokenization.full();
  });
  return tokenization.finish();
}

}  // namespace evergreen
