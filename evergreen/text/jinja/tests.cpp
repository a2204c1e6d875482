#include <map>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/text_methods.hpp"

namespace evergreen::jinja {
namespace {

using Tests = std::map<std::string, TestFn, std::less<>>;

Value only_argument(Runtime& runtime, CallArguments& arguments) {
  return BoundArguments(runtime, "test", arguments, {"other"}).get(0);
}

template <bool (Value::*check)() const>
bool has_type(Runtime&, const Value& value, CallArguments&) {
  return (value.*check)();
}

bool remainder_is(Runtime& runtime, const Value& value, const Value& divisor, int64_t wanted) {
  const Value rest = apply_operator(runtime, "%", value, divisor);
  return equals(rest, Value::integer(wanted));
}

bool is_iterable(Runtime&, const Value& value, CallArguments&) {
  return value.is_text() || value.is_sequence() || value.is_dict() || value.is_undefined();
}

bool is_sequence(Runtime&, const Value& value, CallArguments&) {
  return value.is_text() || value.is_dict() || value.is_undefined() ||
         (value.is_sequence() && value.as_sequence().has_index());
}

bool is_callable(Runtime&, const Value& value, CallArguments&) {
  if (!value.is_object()) return value.is_undefined();
  const ObjectKind kind = value.as_object()->kind;
  return kind != ObjectKind::name_space && kind != ObjectKind::cycler;
}

bool is_equal(Runtime& runtime, const Value& value, CallArguments& arguments) {
  return runtime.equal(value, only_argument(runtime, arguments));
}
bool is_not_equal(Runtime& runtime, const Value& value, CallArguments& arguments) {
  return !is_equal(runtime, value, arguments);
}
bool is_less(Runtime& runtime, const Value& value, CallArguments& arguments) {
  return runtime.less(value, only_argument(runtime, arguments), "<");
}
bool is_greater(Runtime& runtime, const Value& value, CallArguments& arguments) {
  return runtime.less(only_argument(runtime, arguments), value, ">");
}
bool is_at_most(Runtime& runtime, const Value& value, CallArguments& arguments) {
  return !runtime.less(only_argument(runtime, arguments), value, "<=");
}
bool is_at_least(Runtime& runtime, const Value& value, CallArguments& arguments) {
  return !runtime.less(value, only_argument(runtime, arguments), ">=");
}

const Tests& tests() {
  static const Tests all = {
      {"odd",
       [](Runtime& r, const Value& v, CallArguments&) { return remainder_is(r, v, Value::integer(2), 1); }},
      {"even",
       [](Runtime& r, const Value& v, CallArguments&) { return remainder_is(r, v, Value::integer(2), 0); }},
      {"divisibleby", [](Runtime& r, const Value& v,
                         CallArguments& a) { return remainder_is(r, v, only_argument(r, a), 0); }},
      {"defined", [](Runtime&, const Value& v, CallArguments&) { return !v.is_undefined(); }},
      {"undefined", has_type<&Value::is_undefined>},
      {"none", has_type<&Value::is_none>},
      {"boolean", has_type<&Value::is_boolean>},
      {"false", [](Runtime&, const Value& v, CallArguments&) { return v.is_boolean() && !v.as_boolean(); }},
      {"true", [](Runtime&, const Value& v, CallArguments&) { return v.is_boolean() && v.as_boolean(); }},
      {"integer", has_type<&Value::is_integer>},
      {"float", has_type<&Value::is_real>},
      {"number", has_type<&Value::is_number>},
      {"string", has_type<&Value::is_text>},
      {"mapping", has_type<&Value::is_dict>},
      {"escaped", has_type<&Value::is_markup>},
      {"sequence", is_sequence},
      {"iterable", is_iterable},
      {"callable", is_callable},
      {"lower", [](Runtime& r, const Value& v, CallArguments&) { return is_lower_text(r.str(v)); }},
      {"upper", [](Runtime& r, const Value& v, CallArguments&) { return is_upper_text(r.str(v)); }},
      {"filter", [](Runtime& r, const Value& v,
                    CallArguments&) { return find_filter(r.dialect(), r.str(v)) != nullptr; }},
      {"test", [](Runtime& r, const Value& v, CallArguments&) { return find_test(r.str(v)) != nullptr; }},
      {"sameas", [](Runtime& r, const Value& v, CallArguments& a) { return v.is_same(only_argument(r, a)); }},
      {"in", [](Runtime& r, const Value& v, CallArguments& a) { return r.contains(only_argument(r, a), v); }},
      {"==", is_equal},
      {"eq", is_equal},
      {"equalto", is_equal},
      {"!=", is_not_equal},
      {"ne", is_not_equal},
      {"<", is_less},
      {"lt", is_less},
      {"lessthan", is_less},
      {">", is_greater},
      {"gt", is_greater},
      {"greaterthan", is_greater},
      {"<=", is_at_most},
      {"le", is_at_most},
      {">=", is_at_least},
      {"ge", is_at_least},
  };
  return all;
}

}  // namespace

TestFn find_test(std::string_view name) {
  const auto found = tests().find(name);
  return found == tests().end() ? nullptr : found->second;
}

std::vector<std::string> test_names() {
  std::vector<std::string> names;
  for (const auto& [name, test] : tests()) names.push_back(name);
  return names;
}

}  // namespace evergreen::jinja
