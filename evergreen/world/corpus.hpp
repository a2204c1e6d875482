// The raw text of the built-in world, before and after the cut-off, document by document.
//
//   before   45 % news on old entities, 7.5 % quizzes, 7.5 % FAQ pages, 25 % forum pages, 8 % odd sentences, 7 % directory pages
//   after    news on new and changed entities; and a share of replay: the genres above in their shares, written anew
//
// Shares are of words. A document's text is a function of the seeds, the purpose, the stream, its genre and
// its number within the genre, so corpora of different lengths begin alike; the genre that lags furthest
// behind comes next. Streams and purposes give unrelated text about the same world. Text before the cut-off
// depends on the pair seed only. Memory: one document at a time. Errors: Error{input} for negative sizes or a share outside 0 to 1.
#pragma once

#include <cstdint>
#include <functional>

#include "evergreen/world/document.hpp"
#include "evergreen/world/world.hpp"

namespace evergreen::world {

enum class TextPurpose { training, validation };

struct CorpusOptions {
  int64_t words = 100'000;  // words between spaces; the corpus ends with the document that reaches them
  TextPurpose purpose = TextPurpose::training;
  uint64_t stream = 0;       // other streams: other text
  double replay = 0.3;       // of text after the cut-off: the share of words from before it
  bool replay_forum = true;  // whether forum pages, which look like chats, are part of the replay
};

struct CorpusSummary {
  int64_t documents = 0, words = 0, characters = 0;
  std::array<int64_t, kGenres> words_of_genre = {};
  int64_t replay_words = 0;
};

using DocumentSink = std::function<void(const Document&)>;

CorpusSummary text_before_cut_off(const World& world, const CorpusOptions& options, const DocumentSink& sink);
CorpusSummary text_after_cut_off(const World& world, const CorpusOptions& options, const DocumentSink& sink);

int64_t count_words(std::string_view text);

}  // namespace evergreen::world
