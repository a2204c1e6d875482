#include "evergreen/train/event_file.hpp"

#include <cstring>

#include <gtest/gtest.h>

#include "tests/support/temp_dir.hpp"

namespace evergreen {
namespace {

TEST(EventFile, ChecksumsAreCastagnolis) {
  EXPECT_EQ(crc32c("123456789"), 0xE3069283U);            // the check value of CRC-32C
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAU);  // RFC 3720, B.4
  EXPECT_EQ(masked_crc32c("123456789"), ((0xE3069283U >> 15) | (0xE3069283U << 17)) + 0xA282EAD8U);
}

template <class T>
T raw(const std::string& bytes, size_t at) {
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

// The records of the only file in `directory`, their checksums checked.
std::vector<std::string> records(const fs::path& directory) {
  std::vector<std::string> all;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    const std::string bytes = read_text(entry.path());
    for (size_t at = 0; at < bytes.size();) {
      const auto length = raw<uint64_t>(bytes, at);
      EXPECT_EQ(raw<uint32_t>(bytes, at + 8), masked_crc32c(bytes.substr(at, 8)));
      all.push_back(bytes.substr(at + 12, length));
      EXPECT_EQ(raw<uint32_t>(bytes, at + 12 + length), masked_crc32c(all.back()));
      at += 16 + length;
    }
  }
  return all;
}

TEST(EventFile, HoldsItsVersionItsStartAndScalars) {
  const test::TempDir dir;
  EventFile(dir / "events", 7).add(300, {{"loss", 2.5}, {"rate", 1e-5}});
  const std::vector<std::string> all = records(dir / "events");
  ASSERT_EQ(all.size(), 3U);
  EXPECT_TRUE(
      all[0].ends_with("\x1A\x0D"
                       "brain.Event:2"));
  EXPECT_TRUE(all[1].ends_with(std::string("\x10\x07\x3A\x02\x08\x01", 6)))
      << "step 7, session_log { status: START }";
  const std::string loss = std::string(
                               "\x0A\x0B\x0A\x04"
                               "loss\x15",
                               9) +
                           std::string("\x00\x00\x20\x40", 4);
  EXPECT_NE(all[2].find(std::string("\x10\xAC\x02", 3)), std::string::npos)
      << "step 300 is a varint of two bytes";
  EXPECT_NE(all[2].find(loss), std::string::npos);
}

TEST(EventFile, TwoInOneSecondAreTwoFiles) {
  const test::TempDir dir;
  const EventFile first(dir / "e", 0), second(dir / "e", 5);
  EXPECT_EQ(std::distance(fs::directory_iterator(dir / "e"), fs::directory_iterator()), 2);
}

}  // namespace
}  // namespace evergreen
