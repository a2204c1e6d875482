#include "evergreen/text/utf8.hpp"

#include <cstring>

#include <simdjson.h>

namespace evergreen {
namespace {

struct LeadByte {
  uint8_t bytes;  // of the whole code point; 0: never a first byte
  uint8_t second_low =
      0x80;  // the range of the second byte: keeps out overlong forms, surrogates, > U+10FFFF
  uint8_t second_high = 0xBF;
};

LeadByte lead_byte(uint8_t byte) {
  if (byte < 0x80) return {1};
  if (byte < 0xC2) return {0};
  if (byte < 0xE0) return {2};
  if (byte == 0xE0) return {3, 0xA0, 0xBF};
  if (byte == 0xED) return {3, 0x80, 0x9F};
  if (byte < 0xF0) return {3};
  if (byte == 0xF0) return {4, 0x90, 0xBF};
  if (byte < 0xF4) return {4};
  if (byte == 0xF4) return {4, 0x80, 0x8F};
  return {0};
}

}  // namespace

Utf8Char decode_utf8(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<uint8_t>(text[i]); };
  const LeadByte lead = lead_byte(byte(at));
  if (lead.bytes == 0) return {};
  if (lead.bytes == 1) return {byte(at), 1, Utf8Status::valid};
  char32_t code = byte(at) & (0xFF >> (lead.bytes + 1));
  for (uint8_t i = 1; i < lead.bytes; ++i) {
    if (at + i >= text.size()) return {0xFFFD, i, Utf8Status::cut_short};
    const uint8_t low = i == 1 ? lead.second_low : 0x80, high = i == 1 ? lead.second_high : 0xBF;
    if (byte(at + i) < low || byte(at + i) > high) return {0xFFFD, i, Utf8Status::ill_formed};
    code = (code << 6) | (byte(at + i) & 0x3F);
  }
  return {code, lead.bytes, Utf8Status::valid};
}

void append_utf8(std::string& out, char32_t code) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | (code >> 6)), put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | (code >> 12)), put(0x80 | ((code >> 6) & 0x3F)), put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | (code >> 18)), put(0x80 | ((code >> 12) & 0x3F)), put(0x80 | ((code >> 6) & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

size_t valid_utf8_prefix(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    uint64_t eight;
    if (at + sizeof eight <= text.size()) {
      std::memcpy(&eight, text.data() + at, sizeof eight);
      if ((eight & 0x8080808080808080u) == 0) {
        at += sizeof eight;
        continue;
      }
    }
    const Utf8Char next = decode_utf8(text, at);
    if (next.status != Utf8Status::valid) return at;
    at += next.bytes;
  }
  return at;
}

bool is_valid_utf8(std::string_view text) { return simdjson::validate_utf8(text.data(), text.size()); }

std::string take_complete_utf8(std::string& bytes) {
  std::string text;
  size_t at = 0;
  while (at < bytes.size()) {
    const Utf8Char next = decode_utf8(bytes, at);
    if (next.status == Utf8Status::cut_short) break;
    append_utf8(text, next.code);
    at += next.bytes;
  }
  bytes.erase(0, at);
  return text;
}

size_t append_replacing_ill_formed(std::string& out, std::string_view text) {
  size_t replaced = 0;
  while (true) {
    const size_t good = valid_utf8_prefix(text);
    out.append(text.substr(0, good));
    if (good == text.size()) return replaced;
    append_utf8(out, 0xFFFD);
    ++replaced;
    text.remove_prefix(good + decode_utf8(text, good).bytes);
  }
}

size_t count_code_points(std::string_view valid_text) {
  size_t count = 0;
  for (const char c : valid_text) count += (static_cast<uint8_t>(c) & 0xC0) != 0x80;
  return count;
}

}  // namespace evergreen
