// Prepared corpora as a user trains on them: `data prepare`, then `train cpt --tokens`.
#include <gtest/gtest.h>

#include "evergreen/base/json.hpp"
#include "tests/cli/program.hpp"
#include "tests/pipeline/tiny_pair.hpp"

namespace evergreen {
using test::Outcome;
using test::run_program;

TEST(TrainTokens, PreparedCorporaAreMixedByWeight) {
  const test::TempDir dir;
  test::make_tiny_pair(dir.path());
  const auto at = [&](const char* name) { return (dir / name).string(); };
  for (const char* name : {"news", "replay"}) {
    replace_file(dir / (std::string(name) + ".jsonl"), test::tiny_corpus(name[0], 60));
    const Outcome made =
        run_program("data prepare --corpus " + at(name) + ".jsonl --held-out 0.1 --tokenizer " + at("base") +
                    " --out " + at(name));
    ASSERT_EQ(made.exit_code, 0) << made.err;
  }
  const std::string train = "train cpt --json --threads 1 --model " + at("base") +
                            " --steps 2 --sequence-length 32 --batch-rows 2 --out ";
  Outcome outcome = run_program(train + at("run") + " --packing best-fit --tokens " + at("news") + ":0.75 " +
                                at("replay") + ":0.25");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json settings = read_json(dir / "run/settings.json");
  EXPECT_EQ(settings.at("packing"), "best-fit");
  EXPECT_NE(settings.at("tokens").get<std::string>().find(" : 0.25"), std::string::npos);
  EXPECT_EQ(read_json(dir / "run/model/evergreen.json").at("inputs").at(1).at("role"), "tokens");
  outcome = run_program(train + at("x") + " --tokens " + at("news") + ":much");
  EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
  outcome = run_program(train + at("x") + " --tokens " + at("nowhere"));
  EXPECT_EQ(outcome.exit_code, 3) << outcome.err;
  EXPECT_NE(outcome.err.find("not a token store"), std::string::npos) << outcome.err;
  EXPECT_EQ(run_program(train + at("x")).exit_code, 2);
}

}  // namespace evergreen
