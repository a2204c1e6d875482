#include "evergreen/text/bpe_merger.hpp"

#include <algorithm>
#include <queue>

namespace evergreen {
namespace {

uint64_t key_of(int32_t left, int32_t right) {
  return (static_cast<uint64_t>(static_cast<uint32_t>(left)) << 32) | static_cast<uint32_t>(right);
}
int32_t left_of(uint64_t key) { return static_cast<int32_t>(key >> 32); }
int32_t right_of(uint64_t key) { return static_cast<int32_t>(key); }

// A pair with the words that it was seen in. Its count may be out of date when it is taken: then it is put back.
struct Candidate {
  uint64_t pair;
  int64_t count;
  std::vector<uint32_t> words;
};

struct ComesLater {
  bool operator()(const Candidate& a, const Candidate& b) const {
    return a.count != b.count ? a.count < b.count : a.pair > b.pair;
  }
};

class Merger {
 public:
  Merger(std::vector<CountedWord> words, BpeVocabulary& vocabulary)
      : words_(std::move(words)), vocabulary_(vocabulary) {
    for (uint32_t w = 0; w < words_.size(); ++w) {
      const std::vector<int32_t>& symbols = words_[w].symbols;
      for (size_t i = 0; i + 1 < symbols.size(); ++i)
        change(key_of(symbols[i], symbols[i + 1]), words_[w].count, w);
    }
    queue_touched();
  }

  std::vector<BpeMerge> run(int32_t vocab_size, int64_t min_frequency) {
    std::vector<BpeMerge> merges;
    while (static_cast<int32_t>(vocabulary_.tokens.size()) < vocab_size && !queue_.empty()) {
      Candidate top = std::move(const_cast<Candidate&>(queue_.top()));  // popped at once
      queue_.pop();
      const int64_t count = counts_[top.pair];
      if (top.count != count) {
        top.count = count;
        queue_.push(std::move(top));
        continue;
      }
      if (count < 1 || count < min_frequency) break;
      const int32_t left = left_of(top.pair), right = right_of(top.pair);
      const int32_t joined = vocabulary_.add(vocabulary_.tokens[left] + vocabulary_.tokens[right]);
      merges.push_back({left, right});
      for (const uint32_t w : top.words) join(w, left, right, joined);
      queue_touched();
    }
    return merges;
  }

 private:
  void change(uint64_t pair, int64_t by, uint32_t word) {
    counts_[pair] += by;
    if (by > 0) {
      std::vector<uint32_t>& words = touched_[pair];
      if (words.empty() || words.back() != word) words.push_back(word);
    }
  }

  // Joins every (left, right) of one word, and counts which pairs that makes and breaks.
  void join(uint32_t w, int32_t left, int32_t right, int32_t joined) {
    std::vector<int32_t>& symbols = words_[w].symbols;
    const int64_t count = words_[w].count;
    size_t kept = 0;  // symbols[0, kept) are done
    for (size_t i = 0; i < symbols.size(); ++i) {
      if (symbols[i] != left || i + 1 >= symbols.size() || symbols[i + 1] != right) {
        symbols[kept++] = symbols[i];
        continue;
      }
      if (kept > 0) {
        change(key_of(symbols[kept - 1], left), -count, w);
        change(key_of(symbols[kept - 1], joined), count, w);
      }
      if (i + 2 < symbols.size()) {
        change(key_of(right, symbols[i + 2]), -count, w);
        change(key_of(joined, symbols[i + 2]), count, w);
      }
      symbols[kept++] = joined;
      ++i;
    }
    symbols.resize(kept);
  }

  void queue_touched() {
    for (auto& [pair, words] : touched_) {
      if (const int64_t count = counts_[pair]; count > 0) queue_.push({pair, count, std::move(words)});
    }
    touched_.clear();
  }

  std::vector<CountedWord> words_;
  BpeVocabulary& vocabulary_;
  std::unordered_map<uint64_t, int64_t> counts_;
  std::unordered_map<uint64_t, std::vector<uint32_t>> touched_;  // pairs that became more frequent, and where
  std::priority_queue<Candidate, std::vector<Candidate>, ComesLater> queue_;
};

}  // namespace

int32_t BpeVocabulary::add(const std::string& token) {
  const auto [found, added] = ids.try_emplace(token, static_cast<int32_t>(tokens.size()));
  if (added) tokens.push_back(token);
  return found->second;
}

std::vector<BpeMerge> learn_merges(std::vector<CountedWord> words, BpeVocabulary& vocabulary,
                                   int32_t vocab_size, int64_t min_frequency) {
  return Merger(std::move(words), vocabulary).run(vocab_size, min_frequency);
}

}  // namespace evergreen
