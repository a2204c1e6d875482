#include "evergreen/text/jinja/value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>
#include <utf8proc.h>

#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

int64_t add_weight(int64_t a, int64_t b) { return std::min(a + b, int64_t{1} << 60); }

}  // namespace

Value Value::undefined(std::string problem) {
  return Value(Data(Undefined{std::make_shared<const std::string>(std::move(problem))}));
}
Value Value::text(std::string value, bool markup) {
  return Value(Data(std::make_shared<const Text>(Text{std::move(value), markup})));
}
Value Value::sequence(Sequence sequence) {
  for (const Value& item : sequence.items) {
    sequence.depth = std::max(sequence.depth, 1 + value_depth(item));
    sequence.weight = add_weight(sequence.weight, value_weight(item));
  }
  return Value(Data(std::make_shared<const Sequence>(std::move(sequence))));
}
Value Value::dict(Dict dict) { return Value(Data(std::make_shared<const Dict>(std::move(dict)))); }

bool Value::is_same(const Value& other) const {
  if (data_.index() != other.data_.index()) return false;
  if (is_text()) return as_text() == other.as_text();
  if (is_sequence()) return &as_sequence() == &other.as_sequence();
  if (is_dict()) return &as_dict() == &other.as_dict();
  return is_none() || equals(*this, other);
}

std::vector<Value> Sequence::take() const {
  if (form != Form::generator) return items;
  const size_t from = std::exchange(consumed, items.size());
  return {items.begin() + static_cast<std::ptrdiff_t>(from), items.end()};
}

void Dict::set(std::string key, Value name, Value value) {
  weight_ = add_weight(weight_, add_weight(value_weight(name), value_weight(value)));
  depth_ = std::max({depth_, 1 + value_depth(value), 1 + value_depth(name)});
  const auto [found, added] = index_.try_emplace(std::move(key), static_cast<uint32_t>(entries_.size()));
  if (added) {
    entries_.emplace_back(std::move(name), std::move(value));
  } else {
    entries_[found->second].second = std::move(value);
  }
}

void Dict::set(const std::string& name, Value value) {
  set(text_key(name), Value::text(name), std::move(value));
}

const Value* Dict::find(const std::string& key) const {
  const auto found = index_.find(key);
  return found == index_.end() ? nullptr : &entries_[found->second].second;
}

const Value* Dict::find_name(std::string_view name) const { return find(text_key(name)); }

int value_depth(const Value& value) {
  if (value.is_sequence()) return value.as_sequence().depth;
  return value.is_dict() ? value.as_dict().depth() : 0;
}

int64_t value_weight(const Value& value) {
  if (value.is_sequence()) return value.as_sequence().weight;
  if (value.is_dict()) return value.as_dict().weight();
  return value.is_text() ? 1 + static_cast<int64_t>(value.as_text().size() / 64) : 1;
}

bool is_true(const Value& value) {
  if (value.is_boolean()) return value.as_boolean();
  if (value.is_integer()) return value.as_whole() != 0;
  if (value.is_real()) return value.as_double() != 0;
  if (value.is_text()) return !value.as_text().empty();
  if (value.is_sequence()) return !value.as_sequence().has_length() || !value.as_sequence().items.empty();
  if (value.is_dict()) return !value.as_dict().entries().empty();
  return value.is_object();
}

std::string type_name(const Value& value) {
  if (value.is_undefined()) return "Undefined";
  if (value.is_none()) return "NoneType";
  if (value.is_boolean()) return "bool";
  if (value.is_integer()) return "int";
  if (value.is_real()) return "float";
  if (value.is_text()) return value.is_markup() ? "Markup" : "str";
  if (value.is_dict()) return "dict";
  if (value.is_sequence()) {
    static constexpr const char* kNames[] = {"list",        "tuple",      "range",    "dict_keys",
                                             "dict_values", "dict_items", "generator"};
    return kNames[static_cast<int>(value.as_sequence().form)];
  }
  static constexpr const char* kNames[] = {"Namespace",   "Macro",  "function", "method",
                                           "LoopContext", "Cycler", "Joiner"};
  return kNames[static_cast<int>(value.as_object()->kind)];
}

std::string described_type(const Value& value) {
  return value.is_none() ? "None" : type_name(value) + " object";
}

namespace {

bool equal_dicts(const Dict& a, const Dict& b) {
  if (a.entries().size() != b.entries().size()) return false;
  return std::all_of(a.entries().begin(), a.entries().end(), [&](const Dict::Entry& entry) {
    const Value* other = b.find(dict_key(entry.first));
    return other != nullptr && equals(entry.second, *other);
  });
}

template <class T>
int order(const T& a, const T& b) {
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace

bool equals(const Value& a, const Value& b) {
  if (a.is_whole() && b.is_whole()) return a.as_whole() == b.as_whole();
  if (a.is_number() && b.is_number()) return a.as_double() == b.as_double();
  if (a.is_text() && b.is_text()) return a.as_text() == b.as_text();
  if (a.is_dict() && b.is_dict()) return equal_dicts(a.as_dict(), b.as_dict());
  if (a.is_sequence() && b.is_sequence()) {
    const Sequence &x = a.as_sequence(), &y = b.as_sequence();
    if (x.form != y.form) return false;
    if (x.form == Sequence::Form::generator) return &x == &y;
    return std::equal(x.items.begin(), x.items.end(), y.items.begin(), y.items.end(), equals);
  }
  if (a.is_object() && b.is_object()) return a.as_object() == b.as_object();
  return (a.is_none() && b.is_none()) || (a.is_undefined() && b.is_undefined());
}

int compare(const Value& a, const Value& b) {
  if (a.is_whole() && b.is_whole()) return order(a.as_whole(), b.as_whole());
  if (a.is_number() && b.is_number()) return order(a.as_double(), b.as_double());
  if (a.is_text() && b.is_text()) return order(a.as_text().compare(b.as_text()), 0);  // UTF-8 keeps the order
  if (a.is_sequence() && b.is_sequence() && a.as_sequence().form == b.as_sequence().form &&
      a.as_sequence().form <= Sequence::Form::tuple) {
    const auto &x = a.as_sequence().items, &y = b.as_sequence().items;
    for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
      if (!equals(x[i], y[i])) return compare(x[i], y[i]);
    }
    return order(x.size(), y.size());
  }
  return 2;
}

std::string text_key(std::string_view name) { return std::string("s").append(name); }

std::string dict_key(const Value& value) {
  if (value.is_text()) return text_key(value.as_text());
  if (value.is_none()) return "n";
  if (value.is_whole()) return fmt::format("i{}", value.as_whole());
  if (value.is_real()) {
    const double real = value.as_double();
    const bool whole = std::trunc(real) == real && std::abs(real) < 9e18;
    return whole ? fmt::format("i{}", static_cast<int64_t>(real)) : fmt::format("f{}", real);
  }
  if (value.is_undefined()) return "u";
  if (value.is_object()) return fmt::format("o{}", static_cast<const void*>(value.as_object()));
  if (value.is_sequence() && value.as_sequence().form == Sequence::Form::tuple) {
    std::string key = "t";
    for (const Value& item : value.as_sequence().items) {
      const std::string part = dict_key(item);
      if (part.empty()) return {};
      key += fmt::format("{}:{}", part.size(), part);
    }
    return key;
  }
  return {};
}

std::string real_to_text(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific).ptr;
  const std::string scientific(buffer, end);
  const int exponent = std::stoi(scientific.substr(scientific.find('e') + 1));
  if (exponent < -4 || exponent >= 16) return scientific;
  const auto fixed = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed).ptr;
  std::string text(buffer, fixed);
  if (text.find('.') == std::string::npos) text += ".0";
  return text;
}

std::string quote_text(std::string_view text) {
  const bool doubled = text.find('\'') != std::string_view::npos && text.find('"') == std::string_view::npos;
  const char quote = doubled ? '"' : '\'';
  std::string out(1, quote);
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    const char32_t code = next.code;
    const std::string_view bytes = text.substr(at, next.bytes);
    at += next.bytes;
    if (code == '\n') {
      out += "\\n";
    } else if (code == '\r') {
      out += "\\r";
    } else if (code == '\t') {
      out += "\\t";
    } else if (code == '\\' || code == static_cast<char32_t>(quote)) {
      out.append("\\").append(bytes);
    } else if (code < 0x20 || code == 0x7F) {
      out += fmt::format("\\x{:02x}", static_cast<uint32_t>(code));
    } else if (code < 0x7F) {
      out.append(bytes);
    } else {
      const auto category = utf8proc_category(static_cast<utf8proc_int32_t>(code));
      const bool hidden =
          category == UTF8PROC_CATEGORY_CN || category >= UTF8PROC_CATEGORY_ZS;  // Z*, Cc, Cf, Cs, Co
      if (!hidden) {
        out.append(bytes);
      } else if (code < 0x100) {
        out += fmt::format("\\x{:02x}", static_cast<uint32_t>(code));
      } else {
        out += code < 0x10000 ? fmt::format("\\u{:04x}", static_cast<uint32_t>(code))
                              : fmt::format("\\U{:08x}", static_cast<uint32_t>(code));
      }
    }
  }
  out.push_back(quote);
  return out;
}

}  // namespace evergreen::jinja
