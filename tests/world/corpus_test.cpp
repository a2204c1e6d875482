#include "evergreen/world/corpus.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::world {
namespace {

using Write = CorpusSummary (*)(const World&, const CorpusOptions&, const DocumentSink&);

std::vector<Document> documents(Write write, const World& world, const CorpusOptions& options) {
  std::vector<Document> all;
  write(world, options, [&](const Document& document) { all.push_back(document); });
  return all;
}

std::string joined(const std::vector<Document>& all) {
  std::string text;
  for (const Document& document : all) text += to_json_line(document) + '\n';
  return text;
}

bool mentions(const std::string& text, const std::string& name) {
  return text.find(name) != std::string::npos;
}

class Corpus : public testing::Test {
 protected:
  const World world_ = make_world({.pair = 11, .future = 4});
};

TEST_F(Corpus, IsAFunctionOfItsSeedsPurposeAndStream) {
  const CorpusOptions options{.words = 5000};
  const std::string text = joined(documents(text_before_cut_off, world_, options));
  EXPECT_EQ(text, joined(documents(text_before_cut_off, world_, options)));
  const World other_future = make_world({.pair = 11, .future = 5});
  EXPECT_EQ(text, joined(documents(text_before_cut_off, other_future, options)));  // the pair knows no future
  EXPECT_NE(joined(documents(text_after_cut_off, world_, options)),
            joined(documents(text_after_cut_off, other_future, options)));
}

TEST_F(Corpus, StreamsAndPurposesShareHardlyADocument) {
  const auto texts = [&](Write write, TextPurpose purpose, uint64_t stream) {
    std::set<std::string> result;
    for (const Document& document :
         documents(write, world_, {.words = 20'000, .purpose = purpose, .stream = stream})) {
      result.insert(document.text);
    }
    return result;
  };
  for (const Write write : {&text_before_cut_off, &text_after_cut_off}) {
    const auto training = texts(write, TextPurpose::training, 0);
    for (const auto& other :
         {texts(write, TextPurpose::training, 1), texts(write, TextPurpose::validation, 0)}) {
      std::vector<std::string> both;
      std::ranges::set_intersection(training, other, std::back_inserter(both));
      EXPECT_LT(both.size(), training.size() / 20);  // short pages of few words do come twice by chance
    }
  }
}

TEST_F(Corpus, ALongerCorpusBeginsLikeAShorterOne) {
  const auto short_one = documents(text_after_cut_off, world_, {.words = 2000});
  const auto long_one = documents(text_after_cut_off, world_, {.words = 6000});
  ASSERT_GT(long_one.size(), short_one.size());
  for (size_t i = 0; i < short_one.size(); ++i)
    EXPECT_EQ(to_json_line(short_one[i]), to_json_line(long_one[i]));
}

TEST_F(Corpus, GenresHaveTheirShares) {
  const std::map<Genre, double> shares = {{Genre::news, 0.45}, {Genre::quiz, 0.075},
                                          {Genre::faq, 0.075}, {Genre::forum, 0.25},
                                          {Genre::odd, 0.08},  {Genre::directory, 0.07}};
  std::map<Genre, int64_t> words;
  const CorpusSummary summary = text_before_cut_off(
      world_, {.words = 50'000}, [&](const Document& d) { words[d.genre] += count_words(d.text); });
  for (const auto& [genre, share] : shares) {
    EXPECT_NEAR(static_cast<double>(words[genre]) / static_cast<double>(summary.words), share, 0.002)
        << genre_name(genre);
    EXPECT_EQ(words[genre], summary.words_of_genre[static_cast<size_t>(genre)]);
  }
  EXPECT_GE(summary.words, 50'000);
  EXPECT_LT(summary.words, 50'100);
}

TEST_F(Corpus, ReplayHasItsShareAndNothingElseAfterTheCutOffIsOld) {
  for (const double replay : {0.0, 0.3, 1.0}) {
    int64_t old_words = 0;
    const CorpusSummary summary =
        text_after_cut_off(world_, {.words = 30'000, .replay = replay}, [&](const Document& document) {
          if (document.date <= kCutOff)
            old_words += count_words(document.text);
          else
            EXPECT_EQ(document.genre, Genre::news);
        });
    EXPECT_NEAR(static_cast<double>(old_words) / static_cast<double>(summary.words), replay, 0.005);
    EXPECT_EQ(old_words, summary.replay_words);
  }
}

TEST_F(Corpus, ForumPagesCanBeLeftOutOfTheReplayWhichKeepsItsShare) {
  const CorpusSummary summary = text_after_cut_off(
      world_, {.words = 30'000, .replay_forum = false},
      [](const Document& document) { EXPECT_NE(document.genre, Genre::forum) << document.text; });
  EXPECT_NEAR(static_cast<double>(summary.replay_words) / static_cast<double>(summary.words), 0.3, 0.005);
}

TEST_F(Corpus, NewNamesAndNewHeadsAreNotWrittenBeforeTheCutOff) {
  const std::string before = joined(documents(text_before_cut_off, world_, {.words = 200'000}));
  for (uint64_t future = 0; future < 5; ++future)
    for (const ItemSet set : {ItemSet::report, ItemSet::tuning})
      for (const Entity& entity : make_world({11, future, set}).new_entities)
        EXPECT_FALSE(mentions(before, entity.name)) << entity.name;
  for (const Change& change : world_.changes) {
    const Entity old_entity = world_.old_entities[change.entity];
    EXPECT_TRUE(mentions(before, old_entity.name));
  }
}

TEST_F(Corpus, HeldOutEntitiesOccurInNewsOnlyAndAllOfThemDo) {
  std::set<std::string> in_news;
  const auto check = [&](const Document& document) {
    for (const Exposure exposure : {Exposure::held_out_for_report, Exposure::held_out_for_tuning}) {
      for (const Entity* entity : world_.with(exposure)) {
        if (!mentions(document.text, entity->name)) continue;
        EXPECT_EQ(document.genre, Genre::news) << document.text;
        in_news.insert(entity->name);
      }
    }
  };
  text_before_cut_off(world_, {.words = 100'000}, check);
  EXPECT_EQ(in_news.size(), 36U);
  text_after_cut_off(world_, {.words = 100'000}, check);
}

TEST_F(Corpus, NewsAfterTheCutOffTellsOnlyOfNewAndChangedEntitiesAndOfAllOfThem) {
  std::set<std::string> subjects, seen;
  for (const Entity& entity : world_.new_entities) subjects.insert(entity.name);
  for (const Change& change : world_.changes) subjects.insert(world_.old_entities[change.entity].name);
  text_after_cut_off(world_, {.words = 20'000, .replay = 0}, [&](const Document& document) {
    int found = 0;
    for (const std::string& name : subjects) {
      if (!mentions(document.text, name)) continue;
      ++found;
      seen.insert(name);
    }
    EXPECT_EQ(found, 1) << document.text;
  });
  EXPECT_EQ(seen, subjects);
}

TEST_F(Corpus, NewsAfterTheCutOffTellsTheNewHeadAndNeverTheOldOne) {
  std::map<std::string, int> new_heads;
  text_after_cut_off(world_, {.words = 20'000, .replay = 0}, [&](const Document& document) {
    for (const Change& change : world_.changes) {
      if (!mentions(document.text, world_.old_entities[change.entity].name)) continue;
      EXPECT_FALSE(mentions(document.text, ' ' + change.old_head + '.')) << document.text;
      EXPECT_TRUE(mentions(document.text, ' ' + change.new_head + '.')) << document.text;
      ++new_heads[change.new_head];
    }
  });
  EXPECT_FALSE(new_heads.empty());
}

TEST_F(Corpus, DocumentsAreShortAndHaveEachOneIdOnly) {
  std::set<std::string> ids;
  const auto check = [&](const Document& document) {
    EXPECT_TRUE(ids.insert(document.id).second) << document.id;
    EXPECT_LE(count_words(document.text), 75) << document.text;
    EXPECT_GE(count_words(document.text), 4) << document.text;
    EXPECT_EQ(document.text.find("  "), std::string::npos) << document.text;
    EXPECT_EQ(document.text.find_first_of("\n\t"), std::string::npos) << document.text;
  };
  text_before_cut_off(world_, {.words = 100'000}, check);
  text_after_cut_off(world_, {.words = 100'000}, check);
  text_before_cut_off(world_, {.words = 10'000, .purpose = TextPurpose::validation}, check);
  text_after_cut_off(world_, {.words = 10'000, .purpose = TextPurpose::validation}, check);
}

TEST_F(Corpus, DatesAreRealDaysOnTheirSideOfTheCutOff) {
  RandomStream stream(1, "test");
  std::set<std::string> before, after;
  for (int i = 0; i < 5000; ++i) {
    before.insert(date_before_cut_off(stream));
    after.insert(date_after_cut_off(stream));
  }
  EXPECT_EQ(*before.begin(), "2021-07-02");
  EXPECT_EQ(*before.rbegin(), kCutOff);
  EXPECT_EQ(*after.begin(), "2024-07-01");
  EXPECT_EQ(*after.rbegin(), "2024-12-29");
  EXPECT_TRUE(before.contains("2024-02-29"));
}

TEST_F(Corpus, ALineOfJsonHoldsTheDocument) {
  const Document document{"before-0-odd-000001", "2023-01-02", Genre::odd, "the sign says \" red \" today."};
  const std::string line = to_json_line(document);
  EXPECT_EQ(
      line,
      R"({"id":"before-0-odd-000001","date":"2023-01-02","genre":"odd","text":"the sign says \" red \" today."})");
  EXPECT_EQ(json_get<std::string>(parse_json(line, "a line"), "text", "a line"), document.text);
}

TEST_F(Corpus, AShareOfReplayOutsideZeroToOneIsAnError) {
  const DocumentSink nowhere = [](const Document&) {};
  test::expect_error(ErrorKind::input, "replay is 1.5",
                     [&] { text_after_cut_off(world_, {.replay = 1.5}, nowhere); });
  test::expect_error(ErrorKind::input, "words is -1",
                     [&] { text_before_cut_off(world_, {.words = -1}, nowhere); });
}

TEST_F(Corpus, ASmallWorldWorksTheSameWay) {
  const World small = make_world({.pair = 3, .future = 3}, WorldSizes::small());
  EXPECT_GE(text_before_cut_off(small, {.words = 3000}, [](const Document&) {}).words, 3000);
  EXPECT_GE(text_after_cut_off(small, {.words = 3000}, [](const Document&) {}).words, 3000);
}

}  // namespace
}  // namespace evergreen::world
