#include <map>
#include <utility>

#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"

namespace evergreen::jinja {
namespace {

using FunctionBody = Value (*)(Runtime&, CallArguments&);

struct Function : Object {
  explicit Function(FunctionBody function_body) : Object(ObjectKind::function), body(function_body) {}
  std::optional<Value> call(Runtime& runtime, CallArguments& arguments) override {
    return body(runtime, arguments);
  }
  FunctionBody body;
};

struct Cycler : Object {
  explicit Cycler(std::vector<Value> cycled) : Object(ObjectKind::cycler), items(std::move(cycled)) {}

  struct Step : Object {
    Step(Cycler& owner, bool back_to_start)
        : Object(ObjectKind::method), cycler(owner), resets(back_to_start) {}
    std::optional<Value> call(Runtime&, CallArguments&) override {
      const Value current = cycler.items[cycler.at];
      cycler.at = resets ? 0 : (cycler.at + 1) % cycler.items.size();
      return resets ? Value() : current;
    }
    Cycler& cycler;
    bool resets;
  };

  std::optional<Value> attribute(Runtime& runtime, const std::string& name) override {
    if (name == "current") return items[at];
    if (name == "next" || name == "reset") return Value::object(runtime.make<Step>(*this, name == "reset"));
    return std::nullopt;
  }
  std::vector<Value> items;
  size_t at = 0;
};

struct Joiner : Object {
  explicit Joiner(Value between) : Object(ObjectKind::joiner), separator(std::move(between)) {}
  std::optional<Value> call(Runtime& runtime, CallArguments&) override {
    return std::exchange(used, true) ? separator : runtime.text("");
  }
  Value separator;
  bool used = false;
};

Value range(Runtime& runtime, CallArguments& arguments) {
  const BoundArguments bound(runtime, "range", arguments, {"start", "stop", "step"});
  const int64_t start = bound.has(1) ? bound.whole(0) : 0, stop = bound.whole(bound.has(1) ? 1 : 0);
  const int64_t step = bound.whole_or(2, 1);
  if (step == 0) runtime.fail("range() arg 3 must not be zero");
  const double span = static_cast<double>(stop) - static_cast<double>(start);
  if (span / static_cast<double>(step) > static_cast<double>(kMaxRange)) {
    runtime.fail(fmt::format("Range too big. The sandbox blocks ranges larger than {}.", kMaxRange));
  }
  std::vector<Value> items;
  for (int64_t i = start; step > 0 ? i < stop : i > stop;) {
    items.push_back(Value::integer(i));
    if (__builtin_add_overflow(i, step, &i)) break;
  }
  return runtime.sequence(std::move(items), Sequence::Form::range);
}

// dict(pairs or mapping, name=value ...), as dict and as the attributes of a namespace.
Dict make_dict(Runtime& runtime, CallArguments& arguments) {
  Dict made;
  if (arguments.positional.size() > 1) {
    runtime.fail(fmt::format("dict expected at most 1 argument, got {}", arguments.positional.size()));
  }
  for (const Value& given : arguments.positional) {
    if (given.is_dict()) {
      for (const auto& [name, value] : given.as_dict().entries()) made.set(runtime.key(name), name, value);
      continue;
    }
    for (const Value& pair : runtime.iterate(given)) {
      const std::vector<Value> parts = runtime.iterate(pair);
      if (parts.size() != 2) runtime.fail("dictionary update sequence elements must be pairs");
      made.set(runtime.key(parts[0]), parts[0], parts[1]);
    }
  }
  for (const auto& [name, value] : arguments.named) made.set(name, value);
  return made;
}

Value dict(Runtime& runtime, CallArguments& arguments) { return runtime.dict(make_dict(runtime, arguments)); }

Value name_space(Runtime& runtime, CallArguments& arguments) {
  auto* made = runtime.make<Namespace>();
  made->attributes = make_dict(runtime, arguments);
  return Value::object(made);
}

Value cycler(Runtime& runtime, CallArguments& arguments) {
  if (arguments.positional.empty()) runtime.fail("at least one item has to be provided");
  return Value::object(runtime.make<Cycler>(arguments.positional));
}

Value joiner(Runtime& runtime, CallArguments& arguments) {
  const BoundArguments bound(runtime, "joiner", arguments, {"sep"});
  return Value::object(runtime.make<Joiner>(bound.get_or(0, runtime.text(", "))));
}

Value raise_exception(Runtime& runtime, CallArguments& arguments) {
  const BoundArguments bound(runtime, "raise_exception", arguments, {"message"});
  runtime.fail(runtime.str(bound.get(0)));
}

Value strftime_now(Runtime& runtime, CallArguments& arguments) {
  const BoundArguments bound(runtime, "strftime_now", arguments, {"format"});
  return runtime.text(format_time(*runtime.now, bound.text(0)));
}

}  // namespace

std::optional<Value> find_global(Runtime& runtime, const std::string& name) {
  static const std::map<std::string, FunctionBody, std::less<>> functions = {
      {"cycler", cycler},
      {"dict", dict},
      {"joiner", joiner},
      {"namespace", name_space},
      {"range", range},
      {"raise_exception", raise_exception},
      {"strftime_now", strftime_now},
  };
  const auto found = functions.find(name);
  if (found == functions.end() || (name == "strftime_now" && !runtime.now)) return std::nullopt;
  return Value::object(runtime.make<Function>(found->second));
}

}  // namespace evergreen::jinja
