#include "evergreen/data/prepare_corpus.hpp"

#include <chrono>
#include <csignal>
#include <map>
#include <thread>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "evergreen/base/random.hpp"
#include "evergreen/text/bpe_trainer.hpp"
#include "tests/data/compress.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
class PrepareCorpusTest : public testing::Test {
 protected:
  static Tokenizer make_tokenizer() {
    BpeTrainOptions options;
    options.vocab_size = 300;
    options.special_tokens = {"<s>", "</s>"};
    options.begin_token = "<s>";
    return Tokenizer::from_json(
        train_bpe(std::vector<std::string>{"the cat sat on the mat", "the dog sat on the log"}, options));
  }
  PrepareOptions options() const {
    PrepareOptions o;
    o.marks = document_marks(tokenizer_, 1);
    o.vocab_size = tokenizer_.vocab_size();
    o.held_out = 0.3;
    return o;
  }
  PrepareReport run(const fs::path& corpus, PrepareOptions o) {
    o.recipe.inputs = {corpus};
    return prepare_corpus(o, tokenizer_, dir_ / "out");
  }
  void write_documents(int count) {
    std::string lines;
    for (int i = 0; i < count; ++i)
      lines += "{\"text\": \"the cat sat on mat number " + std::to_string(i) + "\"}\n";
    replace_file(dir_ / "c.jsonl", lines);
  }
  TempDir dir_;
  Tokenizer tokenizer_ = make_tokenizer();
};
}  // namespace

TEST_F(PrepareCorpusTest, DocumentsAreMarkedAndSplitByNumberAndSeed) {
  write_documents(100);
  const PrepareReport report = run(dir_ / "c.jsonl", options());
  EXPECT_EQ(report.documents + report.held_out_documents, 100);
  EXPECT_GT(report.held_out_documents, 15);
  EXPECT_LT(report.held_out_documents, 45);
  const TokenStore train(dir_ / "out/train"), held_out(dir_ / "out/held_out");
  EXPECT_EQ(train.tokens(), report.tokens);
  const std::vector<uint32_t> first = train.read_all(0);
  EXPECT_EQ(first.front(), 0U);
  EXPECT_EQ(first.back(), 1U);
  const std::vector<int32_t> ids(first.begin() + 1, first.end() - 1);
  EXPECT_EQ(tokenizer_.decode(ids).substr(0, 22), "the cat sat on mat num");
  const Hash128 hash = train.hash();
  run(dir_ / "c.jsonl", options());
  EXPECT_EQ(TokenStore(dir_ / "out/train").hash(), hash);
  PrepareOptions other = options();
  other.seed = 1;
  run(dir_ / "c.jsonl", other);
  EXPECT_FALSE(TokenStore(dir_ / "out/train").hash() == hash);
}

TEST_F(PrepareCorpusTest, SpecialTokensInTheTextAreText) {
  replace_file(dir_ / "c.jsonl", "{\"text\": \"the </s> cat\"}\n{\"text\": \"the dog\"}\n");
  PrepareOptions o = options();
  o.held_out = 0;
  run(dir_ / "c.jsonl", o);
  const std::vector<uint32_t> tokens = TokenStore(dir_ / "out/train").read_all(0);
  EXPECT_EQ(std::count(tokens.begin(), tokens.end(), 1U), 1);
}

TEST_F(PrepareCorpusTest, OneLongDocumentHasItsEndHeldOut) {
  std::string text;
  for (int i = 0; i < 200; ++i) text += "the cat sat on the mat. ";
  replace_file(dir_ / "book.txt", text);
  PrepareOptions o = options();
  o.held_out = 0.0001;  // draws no document
  o.seed = 5;
  const PrepareReport report = run(dir_ / "book.txt", o);
  EXPECT_EQ(report.documents, 1);
  EXPECT_EQ(report.held_out_documents, 1);
  EXPECT_LT(report.held_out_tokens, 20);
}

TEST_F(PrepareCorpusTest, MaxTokensStopsReading) {
  write_documents(100);
  PrepareOptions o = options();
  o.held_out = 0;
  o.max_tokens = 50;
  const PrepareReport report = run(dir_ / "c.jsonl", o);
  EXPECT_GE(report.tokens, 50);
  EXPECT_LT(report.tokens, 80);
}

TEST_F(PrepareCorpusTest, ATokenizerLargerThanTheModelIsRefused) {
  write_documents(10);
  PrepareOptions o = options();
  o.vocab_size = 100;
  expect_error(ErrorKind::input, "the model has 100 rows", [&] { run(dir_ / "c.jsonl", o); });
}

TEST_F(PrepareCorpusTest, TheSummaryTellsWhatBecameOfEveryRecord) {
  replace_file(dir_ / "eval.txt", "the cat sat on the mat and the dog sat on the log\n");
  replace_file(
      dir_ / "c.jsonl",
      "{\"text\":\"the cat sat\",\"d\":\"2024-05-01\"}\n"
      "{\"text\":\"the cat sat\",\"d\":\"2024-05-02\"}\n"
      "not json\n"
      "{\"text\":\"  \",\"d\":\"2024-05-01\"}\n"
      "{\"text\":\"the old dog\",\"d\":\"2023\"}\n"
      "{\"text\":\"the new dog\",\"d\":\"2025-01-01\"}\n"
      "{\"text\":\"ab\",\"d\":\"2024-05-01\"}\n"
      "{\"text\":\"a\\r\\nlog\",\"d\":\"2024-05-01\"}\n"
      "{\"text\":\"See: the cat sat on the mat and the dog sat on the log!\",\"d\":\"2024-06-01\"}\n");
  PrepareOptions o = options();
  o.held_out = 0;
  CorpusRecipe& recipe = o.recipe;
  recipe.corpus = {.text_field = "text", .date_field = "d", .since = "2024", .until = "2024", .max_bad = "1"};
  recipe.cleaning.rules = {"unicode"};
  recipe.cleaning.min_chars = 3;
  recipe.dedup.kind = DedupKind::exact;
  recipe.decontamination.against = {dir_ / "eval.txt"};
  const PrepareReport report = run(dir_ / "c.jsonl", o);
  EXPECT_EQ(report.records, 9);
  EXPECT_EQ(report.documents, 2);
  EXPECT_EQ(report.cleaned, 1);
  EXPECT_EQ(report.contaminated, 1);
  EXPECT_EQ(report.bad.count(BadKind::not_json), 1);
  const auto dropped = [&](Drop reason) { return report.dropped[static_cast<size_t>(reason)]; };
  for (const Drop reason : {Drop::empty, Drop::before_since, Drop::after_until, Drop::too_short,
                            Drop::exact_duplicate, Drop::contaminated})
    EXPECT_EQ(dropped(reason), 1) << drop_name(reason);
  ASSERT_EQ(report.evaluation.size(), 1U);
  EXPECT_EQ(report.evaluation[0].touched, 1);
  EXPECT_EQ(report.evaluation[0].documents, 1);
  const PrepareReport read = read_report(dir_ / "out/report.json");
  EXPECT_EQ(report_json(read), report_json(report));
  EXPECT_NE(report_table(report).find("dropped: exact_duplicate"), std::string::npos);
  EXPECT_NE(report_table(report).find("1 of 1 items (100.00 %)"), std::string::npos);
  EXPECT_NE(read_text(dir_ / "out/contaminated.jsonl").find("\"line\":9,\"items\":[[0,0]]"),
            std::string::npos);
  recipe.decontamination.report_only = true;
  EXPECT_EQ(run(dir_ / "c.jsonl", o).documents, 3);
}

TEST_F(PrepareCorpusTest, FinishedWorkIsNotDoneAgainOtherWorkIs) {
  write_documents(50);
  const PrepareReport first = run(dir_ / "c.jsonl", options());
  const auto made = fs::last_write_time(dir_ / "out/train/index.json");
  EXPECT_EQ(report_json(run(dir_ / "c.jsonl", options())), report_json(first));
  EXPECT_EQ(fs::last_write_time(dir_ / "out/train/index.json"), made);
  EXPECT_FALSE(fs::exists(dir_ / "out/work"));
  write_documents(51);
  EXPECT_NE(report_json(run(dir_ / "c.jsonl", options())), report_json(first));
}

TEST_F(PrepareCorpusTest, ACorpusOfWhichNothingIsLeftTellsWhy) {
  write_documents(5);
  PrepareOptions o = options();
  o.recipe.cleaning.min_words = 100;
  expect_error(ErrorKind::input, "none of 5 documents is left (too_short: 5)",
               [&] { run(dir_ / "c.jsonl", o); });
}

namespace {

std::map<std::string, std::string> contents(const fs::path& directory) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(directory)) {
    if (entry.is_regular_file()) files[fs::relative(entry.path(), directory)] = read_text(entry.path());
  }
  return files;
}

void expect_same_contents(const fs::path& a, const fs::path& b) {
  const auto files_a = contents(a), files_b = contents(b);
  EXPECT_EQ(files_a.size(), files_b.size());
  for (const auto& [name, bytes] : files_a)
    EXPECT_TRUE(files_b.contains(name) && files_b.at(name) == bytes)
        << name << " of " << a << " and " << b << (name == "report.json" ? bytes + files_b.at(name) : "");
}

// Several files of some megabytes, with duplicates, bad lines and text of an evaluation set.
class LargeCorpusTest : public PrepareCorpusTest {
 protected:
  void SetUp() override {
    RandomStream stream(11, "large corpus");
    const std::vector<std::string> words = {"the ", "cat ", "sat ", "on ", "mat. ",
                                            "dog ", "log ", "and ", "of ", "a "};
    std::vector<std::string> earlier;
    for (const char* name : {"a.jsonl", "b.jsonl.gz", "c.jsonl.zst"}) {
      std::string lines;
      while (lines.size() < (3U << 20)) {
        std::string text;
        for (uint64_t n = stream.below(400); n > 0; --n) text += words[stream.below(words.size())];
        if (stream.below(8) == 0 && !earlier.empty()) text = earlier[stream.below(earlier.size())];
        if (stream.below(40) == 0)
          text += "one two three four five six seven eight nine ten eleven twelve thirteen";
        if (stream.below(4) == 0) earlier.push_back(text);
        lines += stream.below(300) == 0 ? "{\"text\": 5}\n" : "{\"text\":\"" + text + "\"}\n";
      }
      const std::string ending = fs::path(name).extension();
      replace_file(dir_ / "corpus" / name, ending == ".gz"    ? test::gzip_of(lines)
                                           : ending == ".zst" ? test::zstd_of(lines)
                                                              : lines);
    }
    replace_file(dir_ / "corpus/d.txt", "the last of them");
    replace_file(dir_ / "eval.jsonl",
                 "{\"q\":\"one two three four five six seven eight nine ten eleven twelve thirteen\"}\n");
  }
  LargeCorpusTest() { fs::create_directories(dir_ / "corpus"); }
  PrepareOptions large_options() const {
    PrepareOptions o = options();
    o.held_out = 0.02;
    o.max_held_out_documents = 100;
    o.shard_tokens = 400'000;
    o.recipe.inputs = {dir_ / "corpus"};
    o.recipe.corpus.max_bad = "5%";
    o.recipe.dedup.kind = DedupKind::near;
    o.recipe.dedup.min_hash = {.ngram = 3, .bands = 6, .rows = 4};
    o.recipe.decontamination = {.against = {dir_ / "eval.jsonl"}};
    return o;
  }
};

}  // namespace

TEST_F(LargeCorpusTest, TheNumberOfThreadsChangesNoByte) {
  for (const int threads : {1, 2, 3, 7}) {
    PrepareOptions o = large_options();
    o.threads = threads;
    const fs::path out = dir_ / ("out" + std::to_string(threads));
    const PrepareReport report = prepare_corpus(o, tokenizer_, out);
    EXPECT_GT(report.documents, 1000);
    EXPECT_EQ(report.held_out_documents, 100);
    EXPECT_GT(report.dropped[static_cast<size_t>(Drop::near_duplicate)], 10);
    EXPECT_GT(report.contaminated, 10);
    EXPECT_GT(report.bad.total(), 2);
    EXPECT_GT(TokenStore(out / "train").shards().size(), 1U);
    expect_same_contents(out, dir_ / "out1");
  }
}

// Asked to stop at every chunk, of both passes.
TEST_F(LargeCorpusTest, AStoppedPreparationGoesOnToTheSameBytes) {
  prepare_corpus(large_options(), tokenizer_, dir_ / "whole");
  PrepareOptions o = large_options();
  o.commit_seconds = 0;
  int stops = 0;
  for (bool done = false; !done; ++stops) {
    StopFlag stop;
    int seen = 0;
    try {
      prepare_corpus(o, tokenizer_, dir_ / "parts", &stop, [&](const ProgressUpdate&) {
        if (++seen == 2) stop.request();
      });
      done = true;
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::interrupted);
    }
    ASSERT_LT(stops, 100);
  }
  EXPECT_GT(stops, 5);
  expect_same_contents(dir_ / "parts", dir_ / "whole");
}

// kill -9 at random moments.
TEST_F(LargeCorpusTest, AKilledPreparationGoesOnToTheSameBytes) {
  const auto start = std::chrono::steady_clock::now();
  prepare_corpus(large_options(), tokenizer_, dir_ / "whole");
  const std::chrono::duration<double> whole = std::chrono::steady_clock::now() - start;
  RandomStream stream(static_cast<uint64_t>(start.time_since_epoch().count()), "kill");
  PrepareOptions o = large_options();
  o.commit_seconds = 0.005;
  o.threads = 2;
  int kills = 0;
  for (bool done = false; !done;) {
    ASSERT_LT(kills, 200);
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        prepare_corpus(o, tokenizer_, dir_ / "parts");
      } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        ::_exit(1);
      }
      ::_exit(0);
    }
    // Within a sixth of what the whole takes, and longer and longer, so that it ends: a child may be killed before it commits.
    std::this_thread::sleep_for(whole * (stream.uniform() * (4 + kills) / 24));
    ::kill(child, SIGKILL);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    done = WIFEXITED(status);
    kills += done ? 0 : 1;
  }
  EXPECT_GT(kills, 0);
  expect_same_contents(dir_ / "parts", dir_ / "whole");
}

}  // namespace evergreen
