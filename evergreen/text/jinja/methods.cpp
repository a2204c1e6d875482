#include <algorithm>
#include <cmath>
#include <map>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/text_methods.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

using MethodFn = Value (*)(Runtime&, const Value& self, CallArguments&);
using Methods = std::map<std::string, MethodFn, std::less<>>;

std::optional<std::string> optional_text(const BoundArguments& bound, size_t i) {
  if (!bound.has(i) || bound.get(i).is_none()) return std::nullopt;
  return bound.text(i);
}

template <Side side>
Value strip_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "strip", arguments, {"chars"});
  return runtime.text(strip(self.as_text(), side, optional_text(bound, 0)));
}

template <bool from_right>
Value split_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "split", arguments, {"sep", "maxsplit"});
  const std::optional<std::string> separator = optional_text(bound, 0);
  if (separator && separator->empty()) runtime.fail("empty separator");
  std::vector<Value> parts;
  for (std::string& part : split(self.as_text(), separator, bound.whole_or(1, -1), from_right)) {
    parts.push_back(runtime.text(std::move(part)));
  }
  return runtime.list(std::move(parts));
}

template <bool at_start>
Value affix_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, at_start ? "startswith" : "endswith", arguments,
                             {"affix", "start", "end"});
  std::string text = self.as_text();
  if (bound.has(1)) {
    const Value part = get_slice(runtime, self, bound.get(1), bound.get_or(2, Value()), Value());
    text = part.as_text();
  }
  const auto fits = [&](const Value& affix) {
    if (!affix.is_text()) {
      runtime.require_defined(affix);
      runtime.fail(fmt::format("{} first arg must be str or a tuple of str, not {}",
                               at_start ? "startswith" : "endswith", type_name(affix)));
    }
    return at_start ? text.starts_with(affix.as_text()) : text.ends_with(affix.as_text());
  };
  const Value& affix = bound.get(0);
  if (!affix.is_sequence() || affix.as_sequence().form != Sequence::Form::tuple)
    return Value::boolean(fits(affix));
  const auto& all = affix.as_sequence().items;
  return Value::boolean(std::any_of(all.begin(), all.end(), fits));
}

// find, rfind, index, rindex: in characters.
template <bool from_right, bool must_exist>
Value find_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "find", arguments, {"sub", "start", "end"});
  const int64_t length = runtime.length(self);
  const auto place = [&](size_t i, int64_t fallback) {
    if (!bound.has(i) || bound.get(i).is_none()) return fallback;
    const int64_t index = bound.whole(i);
    return std::clamp(index < 0 ? index + length : index, int64_t{0}, length);
  };
  const std::string& text = self.as_text();
  const std::string wanted = bound.text(0);
  const size_t begin = byte_of_character(text, place(1, 0)), end = byte_of_character(text, place(2, length));
  const std::string_view part = std::string_view(text).substr(0, std::max(begin, end)).substr(begin);
  const size_t found = from_right ? part.rfind(wanted) : part.find(wanted);
  if (found == std::string_view::npos) {
    if (must_exist) runtime.fail("substring not found");
    return Value::integer(-1);
  }
  return Value::integer(
      static_cast<int64_t>(count_code_points(std::string_view(text).substr(0, begin + found))));
}

Value count_in_text(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "count", arguments, {"sub"});
  const std::string wanted = bound.text(0);
  if (wanted.empty()) return Value::integer(runtime.length(self) + 1);
  int64_t count = 0;
  for (size_t at = self.as_text().find(wanted); at != std::string::npos;
       at = self.as_text().find(wanted, at + wanted.size())) {
    ++count;
  }
  return Value::integer(count);
}

Value replace_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "replace", arguments, {"old", "new", "count"});
  const std::string old = bound.text(0), replacement = bound.text(1);
  const auto most =
      static_cast<double>(self.as_text().size() + 1) / static_cast<double>(std::max<size_t>(old.size(), 1));
  runtime.charge(static_cast<int64_t>(most * static_cast<double>(replacement.size())));
  return runtime.text(replace_all(self.as_text(), old, replacement, bound.whole_or(2, -1)));
}

Value join_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "join", arguments, {"iterable"});
  std::string out;
  bool first = true;
  int64_t index = 0;
  for (const Value& item : runtime.iterate(bound.get(0))) {
    if (!item.is_text()) {
      runtime.fail(fmt::format("sequence item {}: expected str instance, {} found", index, type_name(item)));
    }
    if (!std::exchange(first, false)) out += self.as_text();
    runtime.charge(static_cast<int64_t>(self.as_text().size() + item.as_text().size()));
    out += item.as_text();
    ++index;
  }
  return runtime.text(std::move(out));
}

template <bool from_right>
Value partition_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "partition", arguments, {"sep"});
  const std::string separator = bound.text(0);
  if (separator.empty()) runtime.fail("empty separator");
  const std::string& text = self.as_text();
  const size_t found = from_right ? text.rfind(separator) : text.find(separator);
  std::string before = text, middle, after;
  if (found != std::string::npos) {
    before = text.substr(0, found);
    middle = separator;
    after = text.substr(found + separator.size());
  } else if (from_right) {
    std::swap(before, after);
  }
  return runtime.sequence({runtime.text(before), runtime.text(middle), runtime.text(after)},
                          Sequence::Form::tuple);
}

template <bool at_start>
Value remove_affix(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "removeprefix", arguments, {"affix"});
  const std::string affix = bound.text(0);
  std::string text = self.as_text();
  if (at_start && text.starts_with(affix)) text.erase(0, affix.size());
  if (!at_start && text.ends_with(affix)) text.resize(text.size() - affix.size());
  return runtime.text(std::move(text));
}

// ljust, rjust, center: `left_share` of two parts of the padding goes to the left.
template <int left_share>
Value justify(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "ljust", arguments, {"width", "fillchar"});
  const std::string fill = bound.text_or(1, " ");
  if (count_code_points(fill) != 1) runtime.fail("The fill character must be exactly one character long");
  const int64_t width = bound.whole(0), padding = std::max<int64_t>(width - runtime.length(self), 0);
  const int64_t left = left_share == 1 ? padding / 2 + (padding & width & 1) : left_share == 2 ? padding : 0;
  runtime.charge(padding > runtime.limits().work ? runtime.limits().work + 1 : 4 * padding);
  std::string out;
  for (int64_t i = 0; i < left; ++i) out += fill;
  out += self.as_text();
  for (int64_t i = left; i < padding; ++i) out += fill;
  return runtime.text(std::move(out));
}

Value zfill(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "zfill", arguments, {"width"});
  const int64_t padding = std::max<int64_t>(bound.whole(0) - runtime.length(self), 0);
  runtime.charge(padding);
  std::string text = self.as_text();
  const bool sign = !text.empty() && (text[0] == '-' || text[0] == '+');
  text.insert(sign, static_cast<size_t>(padding), '0');
  return runtime.text(std::move(text));
}

Value split_lines_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "splitlines", arguments, {"keepends"});
  std::vector<Value> lines;
  for (std::string& line : split_lines(self.as_text(), bound.flag_or(0, false))) {
    lines.push_back(runtime.text(std::move(line)));
  }
  return runtime.list(std::move(lines));
}

Value expand_tabs(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "expandtabs", arguments, {"tabsize"});
  const int64_t size = bound.whole_or(0, 8);
  std::string out;
  int64_t column = 0;
  for (const char c : self.as_text()) {
    if (c == '\t') {
      const int64_t spaces = size > 0 ? size - column % size : 0;
      runtime.charge(spaces);
      out.append(static_cast<size_t>(spaces), ' ');
      column += spaces;
    } else {
      out.push_back(c);
      column = c == '\n' || c == '\r' ? 0 : column + ((c & 0xC0) != 0x80);
    }
  }
  return runtime.text(std::move(out));
}

Value format_method(Runtime& runtime, const Value& self, CallArguments& arguments) {
  return runtime.text(format_braces(runtime, self.as_text(), arguments));
}

template <std::string (*change)(std::string_view)>
Value changed(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "method", arguments, {});
  return runtime.text(change(self.as_text()));
}

template <bool (*check)(std::string_view)>
Value checked(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "method", arguments, {});
  return Value::boolean(check(self.as_text()));
}

template <const char* kind>
bool all_of_kind(std::string_view text) {
  return all_characters(text, kind);
}
constexpr char kAlpha[] = "alpha", kDecimal[] = "decimal", kDigit[] = "digit", kNumeric[] = "numeric",
               kAlnum[] = "alnum", kSpace[] = "space", kAscii[] = "ascii";

const Methods& text_methods() {
  static const Methods methods = {
      {"capitalize", changed<capitalize>},
      {"casefold", changed<to_lower>},
      {"center", justify<1>},
      {"count", count_in_text},
      {"endswith", affix_method<false>},
      {"expandtabs", expand_tabs},
      {"find", find_method<false, false>},
      {"format", format_method},
      {"index", find_method<false, true>},
      {"isalnum", checked<all_of_kind<kAlnum>>},
      {"isalpha", checked<all_of_kind<kAlpha>>},
      {"isascii", checked<all_of_kind<kAscii>>},
      {"isdecimal", checked<all_of_kind<kDecimal>>},
      {"isdigit", checked<all_of_kind<kDigit>>},
      {"islower", checked<is_lower_text>},
      {"isnumeric", checked<all_of_kind<kNumeric>>},
      {"isspace", checked<all_of_kind<kSpace>>},
      {"istitle", checked<is_title_text>},
      {"isupper", checked<is_upper_text>},
      {"join", join_method},
      {"ljust", justify<0>},
      {"lower", changed<to_lower>},
      {"lstrip", strip_method<Side::left>},
      {"partition", partition_method<false>},
      {"removeprefix", remove_affix<true>},
      {"removesuffix", remove_affix<false>},
      {"replace", replace_method},
      {"rfind", find_method<true, false>},
      {"rindex", find_method<true, true>},
      {"rjust", justify<2>},
      {"rpartition", partition_method<true>},
      {"rsplit", split_method<true>},
      {"rstrip", strip_method<Side::right>},
      {"split", split_method<false>},
      {"splitlines", split_lines_method},
      {"startswith", affix_method<true>},
      {"strip", strip_method<Side::both>},
      {"swapcase", changed<swap_case>},
      {"title", changed<to_title>},
      {"upper", changed<to_upper>},
      {"zfill", zfill},
  };
  return methods;
}

Value sequence_count(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "count", arguments, {"value"});
  int64_t count = 0;
  for (const Value& item : self.as_sequence().items) count += runtime.equal(item, bound.get(0));
  return Value::integer(count);
}

Value sequence_index(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "index", arguments, {"value"});
  const auto& items = self.as_sequence().items;
  for (size_t i = 0; i < items.size(); ++i) {
    if (runtime.equal(items[i], bound.get(0))) return Value::integer(static_cast<int64_t>(i));
  }
  runtime.fail(fmt::format("{} is not in list", runtime.repr(bound.get(0))));
}

Value copy(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "copy", arguments, {});
  return self;
}

[[noreturn]] Value refused(Runtime& runtime, const Value& self, CallArguments&) {
  runtime.fail(fmt::format("access to a method that changes a {} is unsafe", type_name(self)));
}

const Methods& sequence_methods() {
  static const Methods methods = {
      {"append", refused}, {"clear", refused},        {"copy", copy},      {"count", sequence_count},
      {"extend", refused}, {"index", sequence_index}, {"insert", refused}, {"pop", refused},
      {"remove", refused}, {"reverse", refused},      {"sort", refused},
  };
  return methods;
}

Value dict_get(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "get", arguments, {"key", "default"});
  const Value* found = self.as_dict().find(runtime.key(bound.get(0)));
  return found ? *found : bound.get_or(1, Value());
}

template <Sequence::Form form>
Value dict_view(Runtime& runtime, const Value& self, CallArguments& arguments) {
  const BoundArguments bound(runtime, "items", arguments, {});
  std::vector<Value> items;
  for (const auto& [name, value] : self.as_dict().entries()) {
    if (form == Sequence::Form::keys) items.push_back(name);
    if (form == Sequence::Form::values) items.push_back(value);
    if (form == Sequence::Form::items)
      items.push_back(runtime.sequence({name, value}, Sequence::Form::tuple));
  }
  return runtime.sequence(std::move(items), form);
}

const Methods& dict_methods() {
  static const Methods methods = {
      {"clear", refused},
      {"copy", copy},
      {"get", dict_get},
      {"items", dict_view<Sequence::Form::items>},
      {"keys", dict_view<Sequence::Form::keys>},
      {"pop", refused},
      {"popitem", refused},
      {"setdefault", refused},
      {"update", refused},
      {"values", dict_view<Sequence::Form::values>},
  };
  return methods;
}

Value is_whole_real(Runtime&, const Value& self, CallArguments&) {
  return Value::boolean(std::trunc(self.as_double()) == self.as_double());
}

MethodFn find_method_of(const Value& self, std::string_view name) {
  static const Methods none, real = {{"is_integer", is_whole_real}};
  const Methods* methods = &none;
  if (self.is_text()) methods = &text_methods();
  if (self.is_dict()) methods = &dict_methods();
  if (self.is_real()) methods = &real;
  if (self.is_sequence() && self.as_sequence().has_index()) {
    const bool list = self.as_sequence().form == Sequence::Form::list;
    if (list || name == "count" || name == "index") methods = &sequence_methods();
  }
  const auto found = methods->find(name);
  return found == methods->end() ? nullptr : found->second;
}

}  // namespace

bool has_method(const Value& self, std::string_view name) { return find_method_of(self, name) != nullptr; }

Value call_method(Runtime& runtime, const Value& self, const std::string& name, CallArguments& arguments) {
  runtime.charge(value_weight(self));
  return find_method_of(self, name)(runtime, self, arguments);
}

}  // namespace evergreen::jinja
