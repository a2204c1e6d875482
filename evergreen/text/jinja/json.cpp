#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

// Python's json.dumps.
class JsonWriter {
 public:
  JsonWriter(Runtime& runtime, const JsonStyle& style) : runtime_(runtime), style_(style) {}

  std::string run(const Value& value) {
    write(value);
    return std::move(out_);
  }

 private:
  void write(const Value& value) {
    const Runtime::Nesting nesting(runtime_);
    const size_t before = out_.size();
    if (value.is_text()) {
      write_text(value.as_text());
    } else if (value.is_dict()) {
      write_dict(value.as_dict());
    } else if (value.is_sequence() && value.as_sequence().form <= Sequence::Form::tuple) {
      write_list(value.as_sequence().items);
    } else {
      out_ += scalar(value);
    }
    runtime_.charge(kStepWork / 2 + static_cast<int64_t>(out_.size() - before));
  }

  std::string scalar(const Value& value) {
    if (value.is_none()) return "null";
    if (value.is_boolean()) return value.as_boolean() ? "true" : "false";
    if (value.is_real()) {
      const double real = value.as_double();
      if (std::isnan(real)) return "NaN";
      if (std::isinf(real)) return real > 0 ? "Infinity" : "-Infinity";
    }
    if (value.is_number()) return runtime_.str(value);
    runtime_.fail(fmt::format("Object of type {} is not JSON serializable", type_name(value)));
  }

  void write_list(const std::vector<Value>& items) {
    if (items.empty()) {
      out_ += "[]";
      return;
    }
    out_ += '[';
    ++level_;
    for (size_t i = 0; i < items.size(); ++i) {
      separate(i > 0);
      write(items[i]);
    }
    --level_;
    new_line();
    out_ += ']';
  }

  void write_dict(const Dict& dict) {
    if (dict.entries().empty()) {
      out_ += "{}";
      return;
    }
    std::vector<Dict::Entry> entries = dict.entries();
    if (style_.sort_keys) {
      std::stable_sort(entries.begin(), entries.end(),
                       [&](const auto& a, const auto& b) { return runtime_.less(a.first, b.first, "<"); });
    }
    out_ += '{';
    ++level_;
    bool later = false;
    for (const auto& [name, value] : entries) {
      separate(std::exchange(later, true));
      write_text(key(name));
      out_ += style_.key_separator;
      write(value);
    }
    --level_;
    new_line();
    out_ += '}';
  }

  std::string key(const Value& name) {
    if (name.is_text()) return name.as_text();
    if (name.is_number() || name.is_none()) return scalar(name);
    runtime_.fail(fmt::format("keys must be str, int, float, bool or None, not {}", type_name(name)));
  }

  void separate(bool later) {
    if (later) out_ += style_.item_separator;
    new_line();
  }

  void new_line() {
    if (!style_.indent) return;
    out_ += '\n';
    for (int i = 0; i < level_; ++i) {
      runtime_.charge(static_cast<int64_t>(style_.indent->size()));
      out_ += *style_.indent;
    }
  }

  void write_text(const std::string& text) {
    out_ += '"';
    for (size_t at = 0; at < text.size();) {
      const Utf8Char next = decode_utf8(text, at);
      write_character(next.code, std::string_view(text).substr(at, next.bytes));
      at += next.bytes;
    }
    out_ += '"';
  }

  void write_character(char32_t code, std::string_view bytes) {
    static constexpr std::string_view kEscaped = "\"\\\n\r\t\f\b", kLetters = "\"\\nrtfb";
    const size_t found = code < 0x80 ? kEscaped.find(static_cast<char>(code)) : std::string_view::npos;
    if (found != std::string_view::npos) {
      out_ += '\\';
      out_ += kLetters[found];
    } else if (code >= 0x10000 && style_.ensure_ascii) {
      const auto rest = static_cast<uint32_t>(code - 0x10000);
      out_ += fmt::format("\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
    } else if (code < 0x20 || (code >= 0x80 && style_.ensure_ascii)) {
      out_ += fmt::format("\\u{:04x}", static_cast<uint32_t>(code));
    } else {
      out_ += bytes;
    }
  }

  Runtime& runtime_;
  const JsonStyle& style_;
  std::string out_;
  int level_ = 0;
};

}  // namespace

std::string to_json(Runtime& runtime, const Value& value, const JsonStyle& style) {
  return JsonWriter(runtime, style).run(value);
}

}  // namespace evergreen::jinja
