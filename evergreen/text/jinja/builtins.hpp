// What templates find ready: filters, tests, methods of values, operators and global functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/jinja/runtime.hpp"

namespace evergreen::jinja {

// Filters: value | name(arguments).
using FilterFn = Value (*)(Runtime&, const Value& input, CallArguments&);
FilterFn find_filter(const Dialect& dialect, std::string_view name);  // null where there is none
std::vector<std::string> filter_names(const Dialect& dialect);

// Tests: value is name(arguments).
using TestFn = bool (*)(Runtime&, const Value& input, CallArguments&);
TestFn find_test(std::string_view name);
std::vector<std::string> test_names();

// Methods that Python's str, list, tuple, dict and float have and that the sandbox allows.
bool has_method(const Value& self, std::string_view name);
Value call_method(Runtime& runtime, const Value& self, const std::string& name, CallArguments& arguments);
// object.name and object[key]; undefined where there is no such thing.
Value get_attribute(Runtime& runtime, const Value& object, const std::string& name);
Value get_item(Runtime& runtime, const Value& object, const Value& key);
Value get_slice(Runtime& runtime, const Value& object, const Value& start, const Value& stop,
                const Value& step);
// "a.b.0" as filters take it: attribute by attribute.
Value get_path(Runtime& runtime, const Value& object, const Value& path);

// Operators: + - * / // % **, and the sign.
Value apply_operator(Runtime& runtime, std::string_view operation, const Value& left, const Value& right);
Value apply_sign(Runtime& runtime, std::string_view sign, const Value& operand);

// Functions that every template can call, but strftime_now only where the runtime knows the date.
std::optional<Value> find_global(Runtime& runtime, const std::string& name);

// "%s and %d" % values, and "{} and {name}".format(...).
std::string format_percent(Runtime& runtime, const std::string& format, const Value& values);
std::string format_braces(Runtime& runtime, const std::string& format, const CallArguments& arguments);

struct JsonStyle {
  bool ensure_ascii = false, sort_keys = false;
  std::optional<std::string> indent;  // for each level
  std::string item_separator = ", ", key_separator = ": ";
};
std::string to_json(Runtime& runtime, const Value& value, const JsonStyle& style);

std::string escape_html(std::string_view text);

// Orders items as Python's sorted(): stable, by their keys.
void sort_by_keys(Runtime& runtime, std::vector<std::pair<Value, Value>>& keys_and_items, bool reverse);

}  // namespace evergreen::jinja
