// The values of a template: Python's, as far as templates can see them.
//
// Lists, tuples and dictionaries never change once made (Jinja's immutable sandbox), so they are shared
// freely and cannot contain themselves. What can change (namespaces, loops, macros) is an Object, owned by the Runtime.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <variant>
#include <vector>

namespace evergreen::jinja {

class Value;
struct Object;
struct Sequence;
class Dict;

struct Undefined {
  std::shared_ptr<const std::string> problem;  // "'x' is undefined"
};
struct None {};
struct Text {
  std::string text;     // well-formed UTF-8
  bool markup = false;  // Markup: escaped for HTML
};

class Value {
 public:
  Value() : data_(None{}) {}
  static Value undefined(std::string problem);
  static Value boolean(bool value) { return Value(Data(value)); }
  static Value integer(int64_t value) { return Value(Data(value)); }
  static Value real(double value) { return Value(Data(value)); }
  static Value text(std::string value, bool markup = false);
  static Value sequence(Sequence sequence);
  static Value dict(Dict dict);
  static Value object(Object* object) { return Value(Data(object)); }

  bool is_undefined() const { return std::holds_alternative<Undefined>(data_); }
  bool is_none() const { return std::holds_alternative<None>(data_); }
  bool is_boolean() const { return std::holds_alternative<bool>(data_); }
  bool is_integer() const { return std::holds_alternative<int64_t>(data_); }
  bool is_real() const { return std::holds_alternative<double>(data_); }
  bool is_number() const { return is_boolean() || is_integer() || is_real(); }
  bool is_whole() const { return is_boolean() || is_integer(); }  // bool is an int in Python
  bool is_text() const { return std::holds_alternative<std::shared_ptr<const Text>>(data_); }
  bool is_sequence() const { return std::holds_alternative<std::shared_ptr<const Sequence>>(data_); }
  bool is_dict() const { return std::holds_alternative<std::shared_ptr<const Dict>>(data_); }
  bool is_object() const { return std::holds_alternative<Object*>(data_); }

  const std::string& problem() const { return *std::get<Undefined>(data_).problem; }
  bool as_boolean() const { return std::get<bool>(data_); }
  int64_t as_whole() const { return is_boolean() ? as_boolean() : std::get<int64_t>(data_); }
  double as_double() const { return is_real() ? std::get<double>(data_) : static_cast<double>(as_whole()); }
  const std::string& as_text() const { return std::get<std::shared_ptr<const Text>>(data_)->text; }
  bool is_markup() const { return is_text() && std::get<std::shared_ptr<const Text>>(data_)->markup; }
  const Sequence& as_sequence() const { return *std::get<std::shared_ptr<const Sequence>>(data_); }
  const Dict& as_dict() const { return *std::get<std::shared_ptr<const Dict>>(data_); }
  Object* as_object() const { return std::get<Object*>(data_); }
  bool is_same(const Value& other) const;  // Python's `is`

 private:
  using Data = std::variant<Undefined, None, bool, int64_t, double, std::shared_ptr<const Text>,
                            std::shared_ptr<const Sequence>, std::shared_ptr<const Dict>, Object*>;
  explicit Value(Data data) : data_(std::move(data)) {}
  Data data_;
};

struct Sequence {
  enum class Form { list, tuple, range, keys, values, items, generator };
  std::vector<Value> items;
  Form form = Form::list;
  int depth = 1;                // of lists in lists
  int64_t weight = 1;           // values in it, counted as often as they occur
  mutable size_t consumed = 0;  // a generator gives each item once

  // The items that are left to iterate over; a generator is empty afterwards.
  std::vector<Value> take() const;
  bool has_length() const { return form != Form::generator; }
  bool has_index() const { return form == Form::list || form == Form::tuple || form == Form::range; }
};

// A dictionary in order of insertion.
class Dict {
 public:
  using Entry = std::pair<Value, Value>;

  // `key` is what dict_key() gives for the entry's key; a later value replaces an earlier one.
  void set(std::string key, Value name, Value value);
  void set(const std::string& name, Value value);
  const Value* find(const std::string& key) const;
  const Value* find_name(std::string_view name) const;
  const std::vector<Entry>& entries() const { return entries_; }
  int depth() const { return depth_; }
  int64_t weight() const { return weight_; }

 private:
  std::vector<Entry> entries_;
  std::unordered_map<std::string, uint32_t> index_;
  int depth_ = 1;
  int64_t weight_ = 1;
};

enum class ObjectKind { name_space, macro, function, method, loop, cycler, joiner };

class Runtime;
struct CallArguments;

// What has an identity. Owned by a Runtime.
struct Object {
  explicit Object(ObjectKind object_kind) : kind(object_kind) {}
  virtual ~Object() = default;
  virtual std::optional<Value> attribute(Runtime&, const std::string&) { return std::nullopt; }
  virtual std::optional<Value> call(Runtime&, CallArguments&) {
    return std::nullopt;
  }  // none: cannot be called
  const ObjectKind kind;
};

int value_depth(const Value& value);
int64_t value_weight(
    const Value& value);  // what it costs to walk through the value; texts count 1 for 64 bytes
bool is_true(const Value& value);
std::string type_name(const Value& value);       // "str", "NoneType", "dict"
std::string described_type(const Value& value);  // "str object", "None": as Jinja's messages name it
bool equals(const Value& a, const Value& b);     // ==
// -1, 0, 1; 2 where Python would not compare the two.
int compare(const Value& a, const Value& b);
// What makes two keys of a dictionary equal; empty for a value that cannot be a key.
std::string dict_key(const Value& value);
std::string text_key(std::string_view name);

std::string real_to_text(double value);         // Python's repr
std::string quote_text(std::string_view text);  // Python's repr of a string

}  // namespace evergreen::jinja
