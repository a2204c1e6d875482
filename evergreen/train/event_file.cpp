#include "evergreen/train/event_file.hpp"

#include <array>
#include <bit>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

namespace evergreen {
namespace {

constexpr std::array<uint32_t, 256> make_table() {
  std::array<uint32_t, 256> table{};
  for (uint32_t i = 0; i < 256; ++i) {
    uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ ((value & 1) != 0 ? 0x82F63B78U : 0U);
    table[i] = value;
  }
  return table;
}
constexpr std::array<uint32_t, 256> kTable = make_table();

// The wire format of protocol buffers: fields are (number << 3 | type), numbers are varints.
enum WireType : uint64_t { varint = 0, fixed64 = 1, bytes = 2, fixed32 = 5 };

void put_varint(std::string& out, uint64_t value) {
  for (; value >= 128; value >>= 7) out += static_cast<char>(value | 128);
  out += static_cast<char>(value);
}

void put_key(std::string& out, uint64_t field, WireType type) { put_varint(out, field << 3 | type); }

template <class T>
void put_raw(std::string& out, T value) {
  static_assert(std::endian::native == std::endian::little);
  char raw[sizeof value];
  std::memcpy(raw, &value, sizeof value);
  out.append(raw, sizeof value);
}

void put_bytes(std::string& out, uint64_t field, std::string_view value) {
  put_key(out, field, bytes);
  put_varint(out, value.size());
  out += value;
}

std::string event_of(int64_t step) {
  const double now =
      std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  std::string event;
  put_key(event, 1, fixed64);  // wall_time
  put_raw(event, now);
  put_key(event, 2, varint);  // step
  put_varint(event, static_cast<uint64_t>(step));
  return event;
}

fs::path free_name(const fs::path& directory) {
  fs::create_directories(directory);
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  for (int number = 0;; ++number) {
    fs::path path = directory / fmt::format("events.out.tfevents.{}.evergreen.{}", seconds, number);
    if (!fs::exists(path)) return path;
  }
}

}  // namespace

uint32_t crc32c(std::string_view text) {
  uint32_t value = ~0U;
  for (const char c : text) value = kTable[(value ^ static_cast<uint8_t>(c)) & 255U] ^ (value >> 8);
  return ~value;
}

uint32_t masked_crc32c(std::string_view text) {
  const uint32_t crc = crc32c(text);
  return ((crc >> 15) | (crc << 17)) + 0xA282EAD8U;
}

EventFile::EventFile(const fs::path& directory, int64_t first_step)
    : file_(free_name(directory), File::Mode::append) {
  std::string version = event_of(0);
  put_bytes(version, 3, "brain.Event:2");  // file_version
  write(version);
  std::string start = event_of(first_step), session;
  put_key(session, 1, varint);  // SessionLog.status = START
  put_varint(session, 1);
  put_bytes(start, 7, session);
  write(start);
}

void EventFile::add(int64_t step, const std::vector<std::pair<std::string, double>>& scalars) {
  std::string summary;
  for (const auto& [tag, value] : scalars) {
    std::string entry;
    put_bytes(entry, 1, tag);
    put_key(entry, 2, fixed32);  // simple_value
    put_raw(entry, static_cast<float>(value));
    put_bytes(summary, 1, entry);
  }
  std::string event = event_of(step);
  put_bytes(event, 5, summary);
  write(event);
}

void EventFile::write(std::string_view event) {
  std::string length, record;
  put_raw(length, static_cast<uint64_t>(event.size()));
  record = length;
  put_raw(record, masked_crc32c(length));
  record += event;
  put_raw(record, masked_crc32c(event));
  file_.write(record);  // one write: a killed process leaves whole records but for the last
}

}  // namespace evergreen
