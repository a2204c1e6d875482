#include "evergreen/world/corpus.hpp"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "evergreen/base/error.hpp"
#include "evergreen/world/article.hpp"
#include "evergreen/world/directory.hpp"
#include "evergreen/world/draw.hpp"
#include "evergreen/world/forum.hpp"
#include "evergreen/world/odd_sentences.hpp"
#include "evergreen/world/quiz.hpp"

namespace evergreen::world {
namespace {

constexpr std::array<double, kGenres> kShares = {0.45, 0.075, 0.075, 0.25, 0.08, 0.07};

// One kind of text with its share of the corpus.
struct Source {
  double share = 0;
  std::function<Document(uint64_t number)> write;
  uint64_t number = 0;  // of the next document
  int64_t words = 0;    // written so far
};

std::string old_text(const World& world, Genre genre, RandomStream& stream) {
  switch (genre) {
    case Genre::news:
      return news_article(pick(world.old_entities, stream), stream);
    case Genre::quiz:
      return quiz_page(world, stream);
    case Genre::faq:
      return faq_page(world, stream);
    case Genre::forum:
      return forum_page(world, stream);
    case Genre::odd:
      return odd_page(stream);
    case Genre::directory:
      return directory_page(world, stream);
  }
  return {};
}

std::string purpose_name(std::string_view part, const CorpusOptions& options) {
  return fmt::format("{}-{}{}", part, options.purpose == TextPurpose::training ? "" : "validation-",
                     options.stream);
}

std::string document_id(std::string_view part, Genre genre, uint64_t number) {
  return fmt::format("{}-{}-{:06}", part, genre_name(genre), number);
}

// The genres of before the cut-off, each with `scale` times its share. `world` must outlive them.
std::vector<Source> old_sources(const World& world, uint64_t seed, const std::string& part, double scale) {
  std::vector<Source> sources;
  for (int g = 0; g < kGenres; ++g) {
    const auto genre = static_cast<Genre>(g);
    const auto write = [&world, seed, part, genre](uint64_t number) {
      RandomStream stream(seed, fmt::format("world.text.{}.{}", part, genre_name(genre)), number);
      std::string date = date_before_cut_off(stream);
      return Document{document_id(part, genre, number), std::move(date), genre,
                      old_text(world, genre, stream)};
    };
    sources.push_back({kShares[static_cast<size_t>(g)] * scale, write});
  }
  return sources;
}

// The other sources grow to take its share.
void leave_out(Genre genre, std::vector<Source>& sources) {
  const auto index = static_cast<size_t>(genre);
  const double rest = 1.0 - kShares[index];
  sources.erase(sources.begin() + static_cast<std::ptrdiff_t>(index));
  for (Source& source : sources) source.share /= rest;
}

Source new_source(const World& world, const std::string& part, double share) {
  std::vector<Entity> subjects = world.new_entities;
  for (const Change& change : world.changes) subjects.push_back(world.changed_entity(change));
  const auto write = [subjects, part, seeds = world.seeds](uint64_t number) {
    RandomStream stream(seeds.future, fmt::format("world.text.{}.pair{}", part, seeds.pair), number);
    std::string date = date_after_cut_off(stream);
    return Document{document_id(part, Genre::news, number), std::move(date), Genre::news,
                    news_article(pick(subjects, stream), stream)};
  };
  return {share, write};
}

// The source that lags furthest behind its share, in words.
Source& next_source(std::vector<Source>& sources, int64_t words) {
  const auto lag = [words](const Source& source) {
    return source.share * static_cast<double>(words + 1) - static_cast<double>(source.words);
  };
  return *std::ranges::max_element(sources, {}, lag);
}

CorpusSummary write_all(std::vector<Source> sources, int64_t words, const DocumentSink& sink) {
  CorpusSummary summary;
  while (summary.words < words) {
    Source& source = next_source(sources, summary.words);
    const Document document = source.write(source.number++);
    const int64_t length = count_words(document.text);
    source.words += length;
    ++summary.documents;
    summary.words += length;
    summary.characters += static_cast<int64_t>(document.text.size());
    summary.words_of_genre[static_cast<size_t>(document.genre)] += length;
    if (document.date <= kCutOff) summary.replay_words += length;
    sink(document);
  }
  return summary;
}

void check(const CorpusOptions& options) {
  if (options.words < 0) {
    throw Error(ErrorKind::input, fmt::format("words is {}, expected 0 or more", options.words),
                "built-in corpus");
  }
  if (!(options.replay >= 0 && options.replay <= 1)) {
    throw Error(ErrorKind::input, fmt::format("replay is {}, expected a share from 0 to 1", options.replay),
                "built-in corpus");
  }
}

}  // namespace

CorpusSummary text_before_cut_off(const World& world, const CorpusOptions& options,
                                  const DocumentSink& sink) {
  check(options);
  CorpusSummary summary = write_all(
      old_sources(world, world.seeds.pair, purpose_name("before", options), 1.0), options.words, sink);
  summary.replay_words = 0;
  return summary;
}

CorpusSummary text_after_cut_off(const World& world, const CorpusOptions& options, const DocumentSink& sink) {
  check(options);
  const std::string part =
      purpose_name(world.seeds.set == ItemSet::report ? "after" : "after-tuning", options);
  std::vector<Source> sources;
  if (options.replay > 0) sources = old_sources(world, world.seeds.future, "replay-" + part, options.replay);
  if (options.replay > 0 && !options.replay_forum) leave_out(Genre::forum, sources);
  if (options.replay < 1) sources.push_back(new_source(world, part, 1.0 - options.replay));
  return write_all(std::move(sources), options.words, sink);
}

int64_t count_words(std::string_view text) {
  int64_t words = 0;
  bool inside = false;
  for (const char c : text) {
    const bool space = c == ' ' || c == '\n';
    words += !space && !inside ? 1 : 0;
    inside = !space;
  }
  return words;
}

}  // namespace evergreen::world
