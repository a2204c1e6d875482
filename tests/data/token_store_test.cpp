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

TEST(TokenStore, DamageIsFoundWhereItIsRead) {
  const TempDir dir;
  std::vector<std::vector<uint32_t>> documents;
  for (uint32_t d = 0; d < 100; ++d) documents.emplace_back(500, d);  // three blocks of tokens
  write_store(dir / "s", documents);
  const std::string bytes = read_text(dir / "s/shard-00000.tok");
  const auto with = [&](const std::string& changed) {
    replace_file(dir / "s/shard-00000.tok", changed);
    return TokenStore(dir / "s");
  };
  std::string damaged = bytes;
  damaged[bytes.size() / 2] = static_cast<char>(damaged[bytes.size() / 2] ^ 1);  // a token in the middle
  const TokenStore store = with(damaged);
  EXPECT_EQ(store.read_all(0), documents[0]);
  expect_error(ErrorKind::input, "do not match their hash", [&] { store.read_all(50); });
  expect_error(ErrorKind::input, "shard-00000.tok", [&] { store.verify(0); });
  damaged = bytes;
  damaged.back() = static_cast<char>(damaged.back() ^ 1);
  expect_error(ErrorKind::input, "tables are damaged", [&] { with(damaged); });
  damaged = bytes;
  damaged[12] = static_cast<char>(damaged[12] ^ 1);
  expect_error(ErrorKind::input, "header is damaged", [&] { with(damaged); });
  expect_error(ErrorKind::input, "its header tells of 100 documents and 50000 tokens",
               [&] { with(bytes.substr(0, bytes.size() - 4)); });
  expect_error(ErrorKind::input, "not a token shard", [&] { with(std::string(100, 'x')); });
  expect_error(ErrorKind::input, "not a token store", [&] { TokenStore(dir / "nowhere"); });
}

TEST(TokenStore, ShardsAreBoundedAndReadAsOne) {
  const TempDir dir;
  const std::vector<std::vector<uint32_t>> documents = {{1, 2, 3}, {4, 5}, {6, 7, 8, 9, 10, 11}, {12}, {13}};
  TokenStoreWriter writer(dir / "s", 100, 4);
  std::vector<uint32_t> tokens, lengths;
  for (const auto& document : documents) {
    tokens.insert(tokens.end(), document.begin(), document.end());
    lengths.push_back(static_cast<uint32_t>(document.size()));
  }
  writer.add(tokens, lengths);
  writer.finish();
  const TokenStore store(dir / "s");
  EXPECT_EQ(store.shards().size(), 3U);
  EXPECT_EQ(store.documents(), 5);
  EXPECT_EQ(store.tokens(), 13);
  for (int64_t d = 0; d < 5; ++d) EXPECT_EQ(store.read_all(d), documents[static_cast<size_t>(d)]);
}

// Whatever was added after the state was taken, also closed shards, is cut off.
TEST(TokenStore, AWriterGoesOnWhereItsStateWasTaken) {
  const TempDir dir;
  const auto add = [](TokenStoreWriter& writer, uint32_t from, uint32_t to) {
    for (uint32_t d = from; d < to; ++d) writer.add(std::vector<uint32_t>(1 + d % 7, d));
  };
  TokenStoreWriter whole(dir / "whole", 100, 50);
  add(whole, 0, 100);
  whole.finish();
  for (const uint32_t stop : {0U, 1U, 13U, 60U, 99U}) {
    TokenStoreState state;
    {
      TokenStoreWriter writer(dir / "parts", 100, 50);
      add(writer, 0, stop);
      state = writer.synced_state();
      add(writer, 0, 70);
    }
    TokenStoreWriter writer(dir / "parts", 100, 50, state);
    add(writer, stop, 100);
    writer.finish();
    EXPECT_EQ(TokenStore(dir / "parts").hash(), TokenStore(dir / "whole").hash()) << stop;
    EXPECT_EQ(read_text(dir / "parts/shard-00003.tok"), read_text(dir / "whole/shard-00003.tok"));
  }
}

TEST(TokenStore, AnIdOutsideTheVocabularyIsOurBug) {
  const TempDir dir;
  TokenStoreWriter writer(dir / "s.tok", 10);
  const std::vector<uint32_t> tokens = {10};
  expect_error(ErrorKind::internal, "token 10 is not below", [&] { writer.add(tokens); });
}

}  // namespace evergreen
