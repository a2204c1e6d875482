#include "evergreen/text/jinja/runtime.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {

void Runtime::out_of_work() const {
  throw_template_error("the template does too much work", at,
                       "a template that runs this long has a loop that grows");
}

void Runtime::too_deep() {
  --depth_;  // the guard that called us never came to be
  fail("maximum recursion depth exceeded");
}

Value Runtime::text(std::string text, bool markup) {
  charge(static_cast<int64_t>(text.size()) + 16);
  return Value::text(std::move(text), markup);
}

Value Runtime::sequence(std::vector<Value> items, Sequence::Form form) {
  charge(static_cast<int64_t>(items.size() * sizeof(Value)) + 64);
  Value value = Value::sequence({.items = std::move(items), .form = form});
  if (value_depth(value) > kMaxValueDepth) fail("lists are nested too deeply");
  return value;
}

Value Runtime::dict(Dict dict) {
  charge(static_cast<int64_t>(dict.entries().size() * 128) + 64);
  if (dict.depth() > kMaxValueDepth) fail("dictionaries are nested too deeply");
  return Value::dict(std::move(dict));
}

void Runtime::append_items(const std::vector<Value>& items, std::string& out) {
  for (size_t i = 0; i < items.size(); ++i) {
    if (i > 0) out += ", ";
    append_repr(items[i], out);
  }
}

void Runtime::append_repr(const Value& value, std::string& out) {
  const Nesting nesting(*this);
  charge(kStepWork / 2);
  const size_t before = out.size();
  if (value.is_undefined()) {
    out += "Undefined";
  } else if (value.is_text()) {
    out += value.is_markup() ? fmt::format("Markup({})", quote_text(value.as_text()))
                             : quote_text(value.as_text());
  } else if (value.is_dict()) {
    out += '{';
    bool first = true;
    for (const auto& [name, item] : value.as_dict().entries()) {
      if (!std::exchange(first, false)) out += ", ";
      append_repr(name, out);
      out += ": ";
      append_repr(item, out);
    }
    out += '}';
  } else if (value.is_sequence()) {
    const Sequence& sequence = value.as_sequence();
    switch (sequence.form) {
      case Sequence::Form::list:
        out += '[';
        append_items(sequence.items, out);
        out += ']';
        break;
      case Sequence::Form::tuple:
        out += '(';
        append_items(sequence.items, out);
        out += sequence.items.size() == 1 ? ",)" : ")";
        break;
      case Sequence::Form::generator:
        out += "<generator object>";
        break;
      default:
        out += type_name(value) + "([";
        append_items(sequence.items, out);
        out += "])";
    }
  } else if (value.is_object()) {
    if (value.as_object()->kind == ObjectKind::name_space) {
      out += "<Namespace ";
      append_repr(Value::dict(static_cast<Namespace*>(value.as_object())->attributes), out);
      out += '>';
    } else {
      out += "<" + type_name(value) + ">";
    }
  } else {
    out += str(value);
  }
  charge(static_cast<int64_t>(out.size() - std::min(before, out.size())));
}

std::string Runtime::repr(const Value& value) {
  std::string out;
  append_repr(value, out);
  return out;
}

std::string Runtime::str(const Value& value) {
  if (value.is_text()) return value.as_text();
  if (value.is_undefined()) allow_undefined(value);
  if (value.is_undefined()) return {};
  if (value.is_none()) return "None";
  if (value.is_boolean()) return value.as_boolean() ? "True" : "False";
  if (value.is_integer()) return fmt::format("{}", value.as_whole());
  if (value.is_real()) return real_to_text(value.as_double());
  return repr(value);
}

std::vector<Value> Runtime::iterate(const Value& value) {
  charge(value_weight(value));
  if (value.is_sequence()) {
    charge(static_cast<int64_t>(value.as_sequence().items.size() * sizeof(Value)));
    return value.as_sequence().take();
  }
  if (value.is_undefined()) allow_undefined(value);
  if (value.is_undefined()) return {};
  std::vector<Value> items;
  if (value.is_dict()) {
    for (const auto& [name, item] : value.as_dict().entries()) items.push_back(name);
  } else if (value.is_text()) {
    const std::string& text = value.as_text();
    for (size_t i = 0; i < text.size();) {
      const size_t bytes = decode_utf8(text, i).bytes;
      items.push_back(this->text(text.substr(i, bytes)));
      i += bytes;
    }
  } else {
    fail(fmt::format("'{}' object is not iterable", type_name(value)));
  }
  charge(static_cast<int64_t>(items.size() * sizeof(Value)));
  return items;
}

int64_t Runtime::length(const Value& value) {
  if (value.is_text()) {
    charge(value_weight(value));
    return static_cast<int64_t>(count_code_points(value.as_text()));
  }
  if (value.is_sequence() && value.as_sequence().has_length()) {
    return static_cast<int64_t>(value.as_sequence().items.size());
  }
  if (value.is_dict()) return static_cast<int64_t>(value.as_dict().entries().size());
  if (value.is_undefined()) allow_undefined(value);
  if (value.is_undefined()) return 0;
  fail(fmt::format("object of type '{}' has no len()", type_name(value)));
}

bool Runtime::equal(const Value& a, const Value& b) {
  charge(std::min(value_weight(a), value_weight(b)));
  return equals(a, b);
}

namespace {

// Where two lists stop being equal: it is these items that Python compares.
std::optional<std::pair<Value, Value>> first_difference(const Value& a, const Value& b) {
  if (!a.is_sequence() || !b.is_sequence() || type_name(a) != type_name(b)) return std::nullopt;
  const auto &x = a.as_sequence().items, &y = b.as_sequence().items;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i) {
    if (!equals(x[i], y[i])) return std::pair(x[i], y[i]);
  }
  return std::nullopt;
}

}  // namespace

bool Runtime::less(const Value& a, const Value& b, const char* operation) {
  charge(std::min(value_weight(a), value_weight(b)));
  require_defined(a);
  require_defined(b);
  const int order = compare(a, b);
  if (order == 2) {
    if (const auto inner = first_difference(a, b)) return less(inner->first, inner->second, operation);
    fail(fmt::format("'{}' not supported between instances of '{}' and '{}'", operation, type_name(a),
                     type_name(b)));
  }
  return order < 0;
}

bool Runtime::contains(const Value& container, const Value& item) {
  if (container.is_text()) {
    if (!item.is_text()) {
      require_defined(item);
      fail(fmt::format("'in <string>' requires string as left operand, not {}", type_name(item)));
    }
    charge(value_weight(container));
    return container.as_text().find(item.as_text()) != std::string::npos;
  }
  if (container.is_dict()) return container.as_dict().find(key(item)) != nullptr;
  if (container.is_undefined()) allow_undefined(container);
  if (container.is_undefined()) return false;
  if (!container.is_sequence())
    fail(fmt::format("argument of type '{}' is not iterable", type_name(container)));
  const std::vector<Value> items = iterate(container);
  return std::any_of(items.begin(), items.end(), [&](const Value& other) { return equal(item, other); });
}

std::string Runtime::key(const Value& value) {
  charge(value_weight(value));
  std::string key = dict_key(value);
  if (key.empty()) fail(fmt::format("unhashable type: '{}'", type_name(value)));
  charge(static_cast<int64_t>(key.size()));
  return key;
}

BoundArguments::BoundArguments(Runtime& runtime, const std::string& function, CallArguments& arguments,
                               std::initializer_list<const char*> parameters)
    : runtime_(runtime),
      function_(function),
      names_(parameters.begin(), parameters.end()),
      values_(names_.size()) {
  if (arguments.positional.size() > names_.size()) {
    runtime.fail(fmt::format("{}() takes at most {} arguments ({} given)", function, names_.size(),
                             arguments.positional.size()));
  }
  for (size_t i = 0; i < arguments.positional.size(); ++i) values_[i] = arguments.positional[i];
  for (const auto& [name, value] : arguments.named) {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) {
      runtime.fail(fmt::format("{}() got an unexpected keyword argument '{}'", function, name));
    }
    std::optional<Value>& slot = values_[static_cast<size_t>(found - names_.begin())];
    if (slot) runtime.fail(fmt::format("{}() got multiple values for argument '{}'", function, name));
    slot = value;
  }
}

const Value& BoundArguments::get(size_t i) const {
  if (!values_[i]) {
    runtime_.fail(fmt::format("{}() missing required argument: '{}'", function_, names_[i]));
  }
  return *values_[i];
}

int64_t BoundArguments::whole(size_t i) const {
  const Value& value = get(i);
  runtime_.require_defined(value);
  if (!value.is_whole()) {
    runtime_.fail(fmt::format("'{}' object cannot be interpreted as an integer", type_name(value)));
  }
  return value.as_whole();
}

std::string BoundArguments::text(size_t i) const {
  const Value& value = get(i);
  runtime_.require_defined(value);
  if (!value.is_text()) {
    runtime_.fail(
        fmt::format("{}() argument '{}' must be str, not {}", function_, names_[i], type_name(value)));
  }
  return value.as_text();
}

}  // namespace evergreen::jinja
