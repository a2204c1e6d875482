// What one rendering needs while it runs: its place for errors, its budget, and the objects it has made.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evergreen/text/calendar_time.hpp"
#include "evergreen/text/jinja/dialect.hpp"
#include "evergreen/text/jinja/position.hpp"
#include "evergreen/text/jinja/value.hpp"

namespace evergreen::jinja {

struct Limits {
  int64_t output_bytes = int64_t{64} << 20;
  int64_t work =
      int64_t{1} << 29;  // one unit per byte made, kStepWork for each evaluated node: bounds time and memory
};
inline constexpr int64_t kStepWork = 64;

struct CallArguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

class Runtime {
 public:
  // `dialect` outlives the runtime.
  explicit Runtime(const Limits& limits, const Dialect& dialect = kDefaultDialect)
      : dialect_(dialect), limits_(limits), work_left_(limits.work) {}

  const Dialect& dialect() const { return dialect_; }

  Position at;  // of what is evaluated now
  std::optional<CalendarTime> now;

  [[noreturn]] void fail(const std::string& message) const { throw_template_error(message, at); }
  // Error{input} when the rendering has done more work than it may.
  void charge(int64_t units) {
    work_left_ -= units;
    if (work_left_ < 0) out_of_work();
  }
  const Limits& limits() const { return limits_; }

  // What is asked for the text, the items or the length of an undefined value: an error in a strict dialect.
  void allow_undefined(const Value& value) const {
    if (dialect_.strict_undefined) fail(value.problem());
  }

  // Values, checked against the limits and charged for.
  Value text(std::string text, bool markup = false);
  Value sequence(std::vector<Value> items, Sequence::Form form = Sequence::Form::list);
  Value list(std::vector<Value> items) { return sequence(std::move(items)); }
  Value dict(Dict dict);

  template <class T, class... Args>
  T* make(Args&&... args) {
    charge(256);
    auto owned = std::make_unique<T>(std::forward<Args>(args)...);
    T* raw = owned.get();
    objects_.push_back(std::move(owned));
    return raw;
  }

  std::string str(const Value& value);   // Python's str()
  std::string repr(const Value& value);  // Python's repr()
  // The items that a loop over `value` sees.
  std::vector<Value> iterate(const Value& value);
  int64_t length(const Value& value);
  bool equal(const Value& a, const Value& b);
  bool less(const Value& a, const Value& b, const char* operation);
  bool contains(const Value& container, const Value& item);
  std::string key(const Value& value);  // dict_key, or the error of an unhashable value

  // Throws where `value` is undefined: what Jinja does at nearly every use of one.
  void require_defined(const Value& value) const {
    if (value.is_undefined()) fail(value.problem());
  }

  // Nested evaluation: keeps the depth under kMaxCallDepth.
  class Nesting {
   public:
    explicit Nesting(Runtime& runtime) : runtime_(runtime) {
      if (++runtime_.depth_ > kMaxCallDepth) runtime_.too_deep();
    }
    ~Nesting() { --runtime_.depth_; }
    Nesting(const Nesting&) = delete;
    Nesting& operator=(const Nesting&) = delete;

   private:
    Runtime& runtime_;
  };

 private:
  [[noreturn]] void out_of_work() const;
  [[noreturn]] void too_deep();
  void append_repr(const Value& value, std::string& out);
  void append_items(const std::vector<Value>& items, std::string& out);

  const Dialect& dialect_;
  Limits limits_;
  int64_t work_left_;
  int depth_ = 0;
  std::deque<std::unique_ptr<Object>> objects_;
};

struct Namespace : Object {
  Namespace() : Object(ObjectKind::name_space) {}
  std::optional<Value> attribute(Runtime&, const std::string& name) override {
    const Value* found = attributes.find_name(name);
    return found ? std::optional(*found) : std::nullopt;
  }
  Dict attributes;
};

// Arguments by the names of a function's parameters, as Python binds them; `missing` ones are null.
class BoundArguments {
 public:
  BoundArguments(Runtime& runtime, const std::string& function, CallArguments& arguments,
                 std::initializer_list<const char*> parameters);
  bool has(size_t i) const { return values_[i].has_value(); }
  const Value& get(size_t i) const;  // an error where it is missing
  Value get_or(size_t i, Value fallback) const { return values_[i] ? *values_[i] : fallback; }
  int64_t whole(size_t i) const;
  int64_t whole_or(size_t i, int64_t fallback) const { return has(i) ? whole(i) : fallback; }
  std::string text(size_t i) const;  // an error where it is not a text
  std::string text_or(size_t i, std::string fallback) const { return has(i) ? text(i) : fallback; }
  bool flag_or(size_t i, bool fallback) const { return has(i) ? is_true(get(i)) : fallback; }

 private:
  Runtime& runtime_;
  std::string function_;
  std::vector<std::string> names_;
  std::vector<std::optional<Value>> values_;
};

}  // namespace evergreen::jinja
