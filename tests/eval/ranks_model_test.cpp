#include "evergreen/eval/ranks_model.hpp"

#include <gtest/gtest.h>

#include "tests/eval/pseudo_model.hpp"

namespace evergreen {
namespace {

using Places = std::vector<size_t>;

TEST(RanksModel, StretchesCostAboutTheSame) {
  const std::vector<std::string> prompts{"a", "b", "c", "d", "e", "f"};
  EXPECT_EQ(rank_stretches(prompts, prompts, 3), (Places{0, 2, 4, 6}));
  EXPECT_EQ(rank_stretches(prompts, prompts, 1), (Places{0, 6}));
  EXPECT_EQ(rank_stretches({}, {}, 2), (Places{0, 0, 0}));
  std::vector<std::string> uneven = prompts;
  uneven[0] = std::string(1000, 'x');
  EXPECT_EQ(rank_stretches(uneven, uneven, 2), (Places{0, 1, 6}));
  // What all begin with is computed once and counts once.
  for (std::string& text : uneven) text = std::string(1000, 'x') + text;
  uneven[0] = std::string(1000, 'x');
  EXPECT_EQ(rank_stretches(uneven, prompts, 2), (Places{0, 1, 6}));
}

TEST(RanksModel, TheChoicesOfAQuestionStayTogether) {
  const std::vector<std::string> prompts{"q", "q", "q", "r", "r", "r", "s", "s", "s"};
  EXPECT_EQ(rank_stretches(prompts, prompts, 2), (Places{0, 6, 9}));
  EXPECT_EQ(rank_stretches({"q", "q", "q"}, {"q", "q", "q"}, 3), (Places{0, 3, 3, 3}));
}

TEST(RanksModel, AllRanksTogetherAnswerAsOne) {
  test::PseudoModel model;
  std::vector<LikelihoodRequest> likelihoods;
  std::vector<RollingRequest> documents;
  std::vector<GenerateUntilRequest> generations;
  for (int i = 0; i < 7; ++i) {
    const std::string question = "question " + std::to_string(i / 2);
    likelihoods.push_back({{question, {}}, " answer " + std::to_string(i)});
    documents.push_back({question + std::string(static_cast<size_t>(20 * i), 'x')});
    generations.push_back({{{}, {{"user", question + std::to_string(i)}}}, {"\n"}, 8});
  }
  const auto expect_same = [](const std::vector<Answer>& a, const std::vector<Answer>& b) {
    ASSERT_EQ(a.size(), b.size());
    for (size_t i = 0; i < a.size(); ++i) {
      EXPECT_EQ(a[i].log_likelihood, b[i].log_likelihood);
      EXPECT_EQ(a[i].is_greedy, b[i].is_greedy);
      EXPECT_EQ(a[i].text, b[i].text);
      EXPECT_EQ(a[i].finish, b[i].finish);
      EXPECT_EQ(a[i].tokens, b[i].tokens);
      EXPECT_EQ(a[i].dropped_tokens, b[i].dropped_tokens);
    }
  };
  // Rank by rank: the first gives what it has; the last sees what all gave.
  const auto shared = [&](const auto& ask) {
    std::vector<std::string> given;
    std::vector<Answer> last;
    for (int rank = 0; rank < 3; ++rank) {
      RanksModel ranks(model, {rank, 3, [&](const std::string& mine) {
                                 given.push_back(mine);
                                 return given;
                               }});
      last = ask(ranks);
    }
    return last;
  };
  expect_same(shared([&](LanguageModel& m) { return m.likelihood(likelihoods, {}); }),
              model.likelihood(likelihoods, {}));
  expect_same(shared([&](LanguageModel& m) { return m.rolling(documents, {}); }),
              model.rolling(documents, {}));
  expect_same(shared([&](LanguageModel& m) { return m.generate_until(generations, {}); }),
              model.generate_until(generations, {}));
}

}  // namespace
}  // namespace evergreen
