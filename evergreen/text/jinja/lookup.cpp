#include <algorithm>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/text_methods.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

// A method taken from its value and not called yet.
struct Method : Object {
  Method(Value method_self, std::string method_name)
      : Object(ObjectKind::method), self(std::move(method_self)), name(std::move(method_name)) {}
  std::optional<Value> call(Runtime& runtime, CallArguments& arguments) override {
    return call_method(runtime, self, name, arguments);
  }
  Value self;
  std::string name;
};

std::optional<Value> own_attribute(Runtime& runtime, const Value& object, const std::string& name) {
  if (object.is_object()) return object.as_object()->attribute(runtime, name);
  if (has_method(object, name)) return Value::object(runtime.make<Method>(object, name));
  return std::nullopt;
}

std::optional<Value> own_item(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is_dict()) {
    const std::string found_key = dict_key(key);
    const Value* found = found_key.empty() ? nullptr : object.as_dict().find(found_key);
    return found ? std::optional(*found) : std::nullopt;
  }
  const bool indexed = object.is_text() || (object.is_sequence() && object.as_sequence().has_index());
  if (!key.is_whole() || !indexed) return std::nullopt;
  const int64_t length = runtime.length(object);
  const int64_t index = key.as_whole() < 0 ? key.as_whole() + length : key.as_whole();
  if (index < 0 || index >= length) return std::nullopt;
  if (object.is_sequence()) return object.as_sequence().items[index];
  const size_t at = byte_of_character(object.as_text(), index);
  return runtime.text(object.as_text().substr(at, decode_utf8(object.as_text(), at).bytes));
}

Value missing(Runtime& runtime, const Value& object, const Value& key) {
  const std::string described = described_type(object);
  if (!key.is_text())
    return Value::undefined(fmt::format("{} has no element {}", described, runtime.repr(key)));
  return Value::undefined(fmt::format("'{}' has no attribute '{}'", described, key.as_text()));
}

struct Bounds {
  int64_t start, stop, step;
};

// Python's slice.indices().
Bounds slice_bounds(Runtime& runtime, int64_t length, const Value& start, const Value& stop,
                    const Value& step) {
  const auto whole = [&](const Value& value, int64_t fallback) {
    if (value.is_none()) return fallback;
    if (!value.is_whole()) runtime.fail("slice indices must be integers or None");
    return value.as_whole();
  };
  const int64_t by = whole(step, 1);
  if (by == 0) runtime.fail("slice step cannot be zero");
  const int64_t lowest = by > 0 ? 0 : -1, highest = by > 0 ? length : length - 1;
  const auto clip = [&](const Value& value, int64_t fallback) {
    int64_t index = whole(value, fallback);
    if (value.is_none()) return index;
    if (index < 0) index += length;
    return std::clamp(index, lowest, highest);
  };
  return {clip(start, by > 0 ? lowest : highest), clip(stop, by > 0 ? highest : lowest), by};
}

// The places of a slice, in order.
std::vector<size_t> slice_places(const Bounds& bounds) {
  std::vector<size_t> places;
  const auto go_on = [&](int64_t i) { return bounds.step > 0 ? i < bounds.stop : i > bounds.stop; };
  for (int64_t i = bounds.start; go_on(i);) {
    places.push_back(static_cast<size_t>(i));
    if (__builtin_add_overflow(i, bounds.step, &i)) break;
  }
  return places;
}

Value slice_text(Runtime& runtime, const std::string& text, const Bounds& bounds) {
  if (bounds.step == 1) {
    const size_t begin = byte_of_character(text, bounds.start);
    const size_t count = static_cast<size_t>(std::max<int64_t>(bounds.stop - bounds.start, 0));
    return runtime.text(text.substr(begin, byte_of_character(std::string_view(text).substr(begin), count)));
  }
  std::vector<std::string_view> characters;
  for (size_t at = 0; at < text.size();) {
    const size_t bytes = decode_utf8(text, at).bytes;
    characters.push_back(std::string_view(text).substr(at, bytes));
    at += bytes;
  }
  runtime.charge(static_cast<int64_t>(characters.size() * sizeof characters[0]));
  std::string out;
  for (const size_t place : slice_places(bounds)) out.append(characters[place]);
  return runtime.text(std::move(out));
}

}  // namespace

Value get_attribute(Runtime& runtime, const Value& object, const std::string& name) {
  runtime.require_defined(object);
  if (auto found = own_attribute(runtime, object, name)) return *found;
  const Value key = Value::text(name);
  if (auto found = own_item(runtime, object, key)) return *found;
  return missing(runtime, object, key);
}

Value get_item(Runtime& runtime, const Value& object, const Value& key) {
  runtime.require_defined(object);
  if (auto found = own_item(runtime, object, key)) return *found;
  if (key.is_text()) {
    if (auto found = own_attribute(runtime, object, key.as_text())) return *found;
  }
  if (key.is_undefined()) return Value::undefined(key.problem());
  return missing(runtime, object, key);
}

Value get_slice(Runtime& runtime, const Value& object, const Value& start, const Value& stop,
                const Value& step) {
  runtime.require_defined(object);
  const bool indexed = object.is_text() || (object.is_sequence() && object.as_sequence().has_index());
  if (!indexed) return Value::undefined(fmt::format("{} has no element slice", described_type(object)));
  const Bounds bounds = slice_bounds(runtime, runtime.length(object), start, stop, step);
  if (object.is_text()) return slice_text(runtime, object.as_text(), bounds);
  const Sequence& sequence = object.as_sequence();
  std::vector<Value> items;
  for (const size_t place : slice_places(bounds)) items.push_back(sequence.items[place]);
  return runtime.sequence(std::move(items), sequence.form);
}

Value get_path(Runtime& runtime, const Value& object, const Value& path) {
  if (path.is_whole()) return get_item(runtime, object, path);
  Value value = object;
  for (const std::string& part : split(runtime.str(path), ".", -1, false)) {
    const bool number = all_characters(part, "decimal") && part.size() < 18;
    value = get_item(runtime, value, number ? Value::integer(std::stoll(part)) : Value::text(part));
  }
  return value;
}

}  // namespace evergreen::jinja
