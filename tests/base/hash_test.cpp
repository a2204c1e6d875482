#include "evergreen/base/hash.hpp"

#include <vector>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen {

TEST(Hash, TheEmptyTextHasThePublishedXxh3Value) {
  EXPECT_EQ(to_string(hash_text("")), "xxh3:99aa06d3014798d86001c324468d497f");
}

TEST(Hash, AFileIsHashedAsATreeOverItsBlocks) {
  const test::TempDir dir;
  std::string data(kHashBlockBytes + 5, 'x');
  replace_file(dir / "f", data);
  const auto bytes = as_bytes(data);
  const std::vector<Hash128> blocks = {hash_bytes(bytes.first(kHashBlockBytes)),
                                       hash_bytes(bytes.subspan(kHashBlockBytes))};
  EXPECT_EQ(hash_file(dir / "f"), hash_tree(data.size(), blocks));
  data.back() = 'y';
  replace_file(dir / "f", data);
  EXPECT_NE(hash_file(dir / "f"), hash_tree(data.size(), blocks));
}

TEST(Hash, AStreamHasTheHashOfTheWholeAndStartsAnewWhenTaken) {
  const std::string text(100000, 'x');
  HashStream stream;
  for (const size_t part : {size_t{1}, size_t{0}, size_t{300}, text.size() - 301}) {
    stream.update(as_bytes(std::string_view(text).substr(0, part)));
  }
  EXPECT_EQ(stream.take(), hash_text(text));
  stream.update(as_bytes("abc"));
  EXPECT_EQ(stream.take(), hash_text("abc"));
}

}  // namespace evergreen
