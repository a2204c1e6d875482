#include "evergreen/text/vocabulary.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/file.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen::test {
namespace {

using Tokens = std::vector<std::string>;

std::optional<Tokens> vocabulary_of(const std::string& json) {
  const TempDir dir;
  replace_file(dir / "tokenizer.json", json);
  return read_vocabulary(dir.path());
}

TEST(Vocabulary, HasTokensOfTheModelAndAddedOnesByTheirIds) {
  EXPECT_EQ(vocabulary_of(R"({"added_tokens": [{"id": 4, "content": "<s>"}, {"id": 0, "content": "A"}],
                             "model": {"vocab": {"b": 1, "a": 0, "é\"": 2}, "merges": [["a", "b"]]}})"),
            (Tokens{"A", "b", "é\"", "", "<s>"}));
}

TEST(Vocabulary, OfUnigramIsAListInTheOrderOfIds) {
  EXPECT_EQ(vocabulary_of(R"({"model": {"vocab": [["<unk>", 0.0], ["x", -1.5]]}})"), (Tokens{"<unk>", "x"}));
}

TEST(Vocabulary, IsNoneWithoutAFile) {
  const TempDir dir;
  EXPECT_EQ(read_vocabulary(dir.path()), std::nullopt);
}

TEST(Vocabulary, OfAFileThatIsNoTokenizerIsAnErrorThatNamesIt) {
  const auto refused = [](const std::string& json, const std::string& problem) {
    expect_error(ErrorKind::input, problem, [&] { vocabulary_of(json); });
  };
  refused("{", "this is not JSON");
  refused("[]", "no model with a 'vocab'");
  refused(R"({"model": {}})", "no model with a 'vocab'");
  refused(R"({"model": {"vocab": 3}})", "neither an object nor a list");
  refused(R"({"model": {"vocab": [3]}})", "not a list of pairs");
  refused(R"({"model": {"vocab": {"a": 1.5}}})", "not a whole number");
  refused(R"({"model": {"vocab": {"a": -1}}})", "not a whole number");
  refused(R"({"model": {"vocab": {"a": 99999999999}}})", "out of range");
  refused(R"({"model": {"vocab": {}}, "added_tokens": [{"id": 1}]})", "no 'id' or no 'content'");
}

}  // namespace
}  // namespace evergreen::test
