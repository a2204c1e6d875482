#include "evergreen/data/duplicates.hpp"

#include <gtest/gtest.h>

#include "evergreen/base/random.hpp"
#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

using test::TempDir;

std::string prose(uint64_t seed, int words) {
  RandomStream stream(seed, "duplicates");
  std::string text;
  for (int i = 0; i < words; ++i) text += "word" + std::to_string(stream.below(3000)) + " ";
  return text;
}

// '.' stays, 'e' exact, 'n' near, for each text.
std::string fates(const std::vector<std::string>& texts, const DedupOptions& options) {
  const TempDir dir;
  DuplicateKeyMaker maker(options);
  DuplicateKeyFiles files(dir.path(), options, 0);
  DuplicateKeys keys;
  for (const std::string& text : texts) {
    maker.append(text, keys);
    if (keys.exact.size() == 3) {  // some at a time
      files.append(keys);
      keys.clear();
    }
  }
  files.append(keys);
  files.sync();
  std::string all;
  for (const Drop drop : find_duplicates(dir.path(), options, files.documents()))
    all += drop == Drop::exact_duplicate ? 'e' : drop == Drop::near_duplicate ? 'n' : '.';
  return all;
}

}  // namespace

TEST(Duplicates, TheFirstOfEachClusterStays) {
  const std::string a = prose(1, 300), b = prose(2, 300), near_a = "Other head. " + a,
                    near_b = b + "other tail";
  const std::vector<std::string> texts = {a,      b,       a,        near_b, near_a, prose(3, 300),
                                          near_a, "short", "SHORT!", "..",   ".."};
  EXPECT_EQ(fates(texts, {.kind = DedupKind::exact}), "..e...e...e");
  EXPECT_EQ(fates(texts, {.kind = DedupKind::near}), "..enn.e.n.e");
}

TEST(Duplicates, TextsThatAreNotAlikeEnoughStay) {
  const std::string a = prose(1, 200);
  EXPECT_EQ(fates({a, a.substr(0, a.size() / 2) + prose(9, 100)}, {.kind = DedupKind::near}), "..");
  // J of about 0.9 is no duplicate for a threshold of 0.99.
  EXPECT_EQ(fates({a, a + prose(8, 10)}, {.kind = DedupKind::near}), ".n");
  EXPECT_EQ(fates({a, a + prose(8, 10)}, {.kind = DedupKind::near, .min_hash = {.threshold = 0.99}}), "..");
}

TEST(Duplicates, TheSortingBufferDoesNotChangeTheResult) {
  std::vector<std::string> texts;
  RandomStream stream(7, "duplicates");
  for (int i = 0; i < 300; ++i)
    texts.push_back(prose(stream.below(150), 60) + (stream.below(3) == 0 ? "tail" : ""));
  const std::string wanted = fates(texts, {.kind = DedupKind::near});
  EXPECT_GT(std::count(wanted.begin(), wanted.end(), 'n'), 20);
  EXPECT_GT(std::count(wanted.begin(), wanted.end(), 'e'), 50);
  for (const uint64_t memory : {uint64_t{500}, uint64_t{5000}})
    EXPECT_EQ(fates(texts, {.kind = DedupKind::near, .min_hash = {}, .memory_bytes = memory}), wanted);
}

// 20,000 versions of one page: no square of their number is compared.
TEST(Duplicates, AVeryLargeClusterTakesNoTime) {
  std::vector<std::string> texts;
  const std::string page = prose(5, 60);
  for (int i = 0; i < 20'000; ++i) texts.push_back(page + std::to_string(i));
  const std::string all = fates(texts, {.kind = DedupKind::near});
  EXPECT_EQ(all[0], '.');
  EXPECT_GT(std::count(all.begin(), all.end(), 'n'), 19'900);
}

TEST(Duplicates, AnUnknownKindGetsTheNearestName) {
  test::expect_error(ErrorKind::usage, "did you mean 'exact'", [] { dedup_kind_from_name("exat"); });
}

}  // namespace evergreen
