#include "evergreen/data/prepared_output.hpp"

#include <algorithm>

#include "evergreen/base/random.hpp"
#include "evergreen/data/work_state.hpp"

namespace evergreen {
namespace {

constexpr const char* kContaminatedFile = "contaminated.jsonl";
constexpr const char* kTextsFile = "held_out.jsonl";

}  // namespace

void PreparedOutput::AppendedFile::open(const fs::path& path, uint64_t size) {
  if (size == 0) fs::remove(path);
  file = File(path, size == 0 ? File::Mode::create : File::Mode::read_write);
  file.resize(size);
  bytes = size;
}

void PreparedOutput::AppendedFile::append(std::string_view text) {
  file.write_at(bytes, as_bytes(text));
  bytes += text.size();
}

PreparedOutput::PreparedOutput(const PrepareInputs& inputs, const fs::path& directory,
                               const std::optional<std::string>& saved)
    : inputs_(inputs), options_(*inputs.options), directory_(directory), sieve_(inputs.options->recipe) {
  const fs::path train = directory / "train", held_out = directory / "held_out";
  const int64_t vocab = options_.vocab_size, shard = options_.shard_tokens;
  if (inputs_.evaluation != nullptr) {
    for (const EvaluationTexts::FileInfo& file : inputs_.evaluation->files())
      touched_.emplace_back(static_cast<size_t>(file.items));
    touching_documents_.resize(touched_.size());
  }
  if (!saved) {
    train_.emplace(train, vocab, shard);
    held_out_.emplace(held_out, vocab, shard);
    held_out_texts_.open(directory / kTextsFile, 0);
    if (inputs_.evaluation != nullptr) contaminated_.open(directory / kContaminatedFile, 0);
    return;
  }
  const Json state = Json::parse(*saved);
  train_.emplace(train, vocab, shard, store_state_from(state.at("train")));
  held_out_.emplace(held_out, vocab, shard, store_state_from(state.at("held_out")));
  held_out_texts_.open(directory / kTextsFile, state.at("held_out_bytes"));
  counts_ = counts_from(state.at("counts"));
  drawn_ = state.at("drawn");
  text_bytes_ = state.at("text_bytes");
  held_out_text_bytes_ = state.at("held_out_text_bytes");
  cleaned_ = state.at("cleaned");
  if (inputs_.evaluation == nullptr) return;
  contaminated_.open(directory / kContaminatedFile, state.at("contaminated_bytes"));
  reread_contamination();
}

bool PreparedOutput::needs_no_end() const { return options_.held_out <= 0 || held_out_->documents() > 0; }

bool PreparedOutput::draw_held_out() {
  const uint64_t number = drawn_++;
  return options_.held_out > 0 && held_out_->documents() < options_.max_held_out_documents &&
         RandomStream(options_.seed, "data.held_out", number).uniform() < options_.held_out;
}

void PreparedOutput::hold_out(std::string_view text, std::span<const uint32_t> tokens) {
  held_out_->add(tokens);
  held_out_texts_.append(OrderedJson({{"text", text}}).dump() + "\n");
  held_out_text_bytes_ += static_cast<int64_t>(text.size());
}

void PreparedOutput::add_pending() {
  train_->add(pending_tokens_);
  pending_tokens_.clear();
}

bool PreparedOutput::add(const PreparedChunk& chunk) {
  counts_.add(chunk.counts);
  note_contamination(chunk);
  if (!pending_tokens_.empty()) add_pending();
  const std::span<const uint32_t> tokens(chunk.tokens), lengths(chunk.lengths);
  size_t run_first = 0, run_begin = 0, run_end = 0;  // documents for training that are not written yet
  size_t i = 0;
  const auto write_run = [&] {
    if (i > run_first)
      train_->add(tokens.subspan(run_begin, run_end - run_begin), lengths.subspan(run_first, i - run_first));
  };
  for (; i < chunk.kept.size(); ++i) {
    const auto in_run = static_cast<int64_t>(run_end - run_begin);
    if (options_.max_tokens > 0 && train_->tokens() + in_run >= options_.max_tokens) break;
    const std::span<const uint32_t> document = tokens.subspan(run_end, lengths[i]);
    if (draw_held_out()) {
      write_run();
      hold_out(sieve_.text_again(chunk.raw, chunk.kept[i]), document);
      run_first = i + 1;
      run_begin = run_end + lengths[i];
    } else {
      text_bytes_ += chunk.text_bytes[i];
    }
    run_end += lengths[i];
    cleaned_ += chunk.changed[i];
  }
  if (!needs_no_end() && i > run_first) {
    --i;  // kept back: if it stays the last one its end is held out
    run_end -= lengths[i];
    pending_tokens_.assign(tokens.begin() + static_cast<std::ptrdiff_t>(run_end),
                           tokens.begin() + static_cast<std::ptrdiff_t>(run_end + lengths[i]));
    pending_text_ = sieve_.text_again(chunk.raw, chunk.kept[i]);
  }
  write_run();
  return !(options_.max_tokens > 0 &&
           train_->tokens() + static_cast<int64_t>(pending_tokens_.size()) >= options_.max_tokens);
}

// A small corpus may have drawn no document: the last one's end is held out then, at a white space.
void PreparedOutput::hold_out_the_end() {
  const std::string_view text = pending_text_;
  const size_t size = text.find_last_not_of(" \t\r\n") + 1;
  const auto share = static_cast<size_t>(static_cast<double>(size) * options_.held_out);
  const size_t cut = text.find_last_of(" \n", size - std::max<size_t>(1, share));
  if (cut == std::string_view::npos || cut == 0 || cut + 1 >= text.size()) return;
  std::vector<int32_t> ids;
  std::vector<uint32_t> end;
  pending_tokens_.clear();
  append_document_tokens(options_, *inputs_.tokenizer, text.substr(0, cut), ids, pending_tokens_);
  append_document_tokens(options_, *inputs_.tokenizer, text.substr(cut + 1), ids, end);
  text_bytes_ -= static_cast<int64_t>(text.size() - cut);
  hold_out(text.substr(cut + 1), end);
}

void PreparedOutput::count_touched(const ContaminatedDocument& document) {
  ++contaminated_documents_;
  for (size_t i = 0; i < document.items.size(); ++i) {
    const EvaluationMatch& match = document.items[i];
    touched_.at(match.file).at(match.item) = true;
    if (i == 0 || document.items[i - 1].file != match.file) ++touching_documents_[match.file];
  }
}

void PreparedOutput::note_contamination(const PreparedChunk& chunk) {
  for (const ContaminatedDocument& document : chunk.contaminated) {
    count_touched(document);
    OrderedJson items = OrderedJson::array();
    for (const EvaluationMatch& match : document.items) items.push_back({match.file, match.item});
    contaminated_.append(
        OrderedJson({{"file", chunk.raw.file->path.string()}, {"line", document.line}, {"items", items}})
            .dump() +
        "\n");
  }
}

void PreparedOutput::reread_contamination() {
  const fs::path path = directory_ / kContaminatedFile;
  const std::string text = read_text(path);
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    ContaminatedDocument document;
    const Json line = parse_json(text.substr(begin, end - begin), path.string());
    for (const Json& item : line.at("items")) document.items.push_back({item.at(0), item.at(1)});
    count_touched(document);
    begin = end + 1;
  }
}

std::optional<std::string> PreparedOutput::synced_state() {
  if (!pending_tokens_.empty()) return std::nullopt;
  held_out_texts_.file.sync();
  if (inputs_.evaluation != nullptr) contaminated_.file.sync();
  OrderedJson state = {{"train", to_json(train_->synced_state())},
                       {"held_out", to_json(held_out_->synced_state())},
                       {"held_out_bytes", held_out_texts_.bytes},
                       {"contaminated_bytes", contaminated_.bytes},
                       {"counts", to_json(counts_)},
                       {"drawn", drawn_},
                       {"text_bytes", text_bytes_},
                       {"held_out_text_bytes", held_out_text_bytes_},
                       {"cleaned", cleaned_}};
  return state.dump();
}

PrepareReport PreparedOutput::finish() {
  if (!pending_tokens_.empty()) {
    hold_out_the_end();
    add_pending();
  }
  PrepareReport report;
  report.records = counts_.records;
  report.documents = train_->documents();
  report.tokens = train_->tokens();
  report.text_bytes = text_bytes_;
  report.held_out_documents = held_out_->documents();
  report.held_out_tokens = held_out_->tokens();
  report.held_out_text_bytes = held_out_text_bytes_;
  report.cleaned = cleaned_;
  report.contaminated = contaminated_documents_;
  report.dropped = counts_.dropped;
  report.bad = counts_.bad;
  for (size_t i = 0; i < touched_.size(); ++i) {
    const EvaluationTexts::FileInfo& file = inputs_.evaluation->files()[i];
    report.evaluation.push_back({file.path.string(), file.items, file.too_short,
                                 std::count(touched_[i].begin(), touched_[i].end(), true),
                                 touching_documents_[i]});
  }
  train_->finish();
  held_out_->finish();
  held_out_texts_.file.sync();
  if (inputs_.evaluation != nullptr) contaminated_.file.sync();
  return report;
}

}  // namespace evergreen
