#include "evergreen/data/token_store.hpp"

#include <gtest/gtest.h>

#include "tests/support/errors.hpp"
#include "tests/support/temp_dir.hpp"

namespace evergreen {
using test::expect_error;
using test::TempDir;

namespace {
void write_store(const fs::path& path, const std::vector<std::vector<uint32_t>>& documents) {
  TokenStoreWriter writer(path, 100);
  for (const auto& document : documents) writer.add(document);
  writer.finish();
}
}  // namespace

TEST(TokenStore, GivesDocumentsBackByRange) {
  const TempDir dir;
  write_store(dir / "s.tok", {{1, 2, 3}, {}, {4 | kContextOnly, 5}});
  const TokenStore store(dir / "s.tok");
  EXPECT_EQ(store.documents(), 2);
  EXPECT_EQ(store.tokens(), 5);
  EXPECT_EQ(store.read_all(1), (std::vector<uint32_t>{4 | kContextOnly, 5}));
  std::vector<uint32_t> middle(2);
  store.read(0, 1, middle);
  EXPECT_EQ(middle, (std::vector<uint32_t>{2, 3}));
  EXPECT_FALSE(fs::exists(dir / "s.tok.partial"));
}

TEST(TokenStore, DamageIsFound) {
  const TempDir dir;
  write_store(dir / "s.tok", {{1, 2, 3}, {4, 5}});
  std::string bytes = read_text(dir / "s.tok");
  std::string damaged = bytes;
  damaged.back() ^= 1;
  replace_file(dir / "damaged.tok", damaged);
  replace_file(dir / "cut.tok", bytes.substr(0, bytes.size() - 4));
  replace_file(dir / "foreign.tok", std::string(100, 'x'));
  expect_error(ErrorKind::input, "hash does not match", [&] { TokenStore(dir / "damaged.tok"); });
  expect_error(ErrorKind::input, "its header tells of 2 documents and 5 tokens",
               [&] { TokenStore(dir / "cut.tok"); });
  expect_error(ErrorKind::input, "not a token store", [&] { TokenStore(dir / "foreign.tok"); });
}

TEST(TokenStore, AnIdOutsideTheVocabularyIsOurBug) {
  const TempDir dir;
  TokenStoreWriter writer(dir / "s.tok", 10);
  const std::vector<uint32_t> tokens = {10};
  expect_error(ErrorKind::internal, "token 10 is not below", [&] { writer.add(tokens); });
}

}  // namespace evergreen
