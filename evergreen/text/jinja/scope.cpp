#include "evergreen/text/jinja/scope.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "evergreen/text/jinja/evaluator_class.hpp"

namespace evergreen::jinja {

void Scope::set(const std::string& name, Value value) {
  for (auto& [known, old] : variables) {
    if (known == name) {
      old = std::move(value);
      return;
    }
  }
  variables.emplace_back(name, std::move(value));
}

const Value* Scope::find(const std::string& name) const {
  for (const Scope* scope = this; scope != nullptr; scope = scope->parent) {
    for (const auto& [known, value] : scope->variables) {
      if (known == name) return &value;
    }
  }
  return nullptr;
}

std::optional<Value> Macro::call(Runtime& runtime, CallArguments& arguments) {
  const Evaluator::ScopeStack stack(evaluator);
  Scope* inner = evaluator.make_scope(scope);
  const Evaluator::Enter enter(evaluator, inner);
  bind(runtime, arguments, *inner);
  return runtime.text(evaluator.capture(statement.body, inner));
}

std::optional<Value> Macro::attribute(Runtime& runtime, const std::string& name) {
  if (name == "name") return runtime.text(statement.text);
  return std::nullopt;
}

// Positional arguments first, then by name, then defaults, which may use the arguments before them.
void Macro::bind(Runtime& runtime, CallArguments& arguments, Scope& inner) const {
  const std::string name = statement.text.empty() ? "caller" : statement.text;
  auto& named = arguments.named;
  const auto take_named = [&](const std::string& wanted) -> std::optional<Value> {
    const auto found =
        std::find_if(named.begin(), named.end(), [&](const auto& one) { return one.first == wanted; });
    if (found == named.end()) return std::nullopt;
    const std::optional<Value> value(found->second);
    named.erase(found);
    return value;
  };
  const auto& parameters = statement.parameters;
  for (size_t i = 0; i < parameters.size(); ++i) {
    std::optional<Value> given;
    if (i < arguments.positional.size()) {
      given = arguments.positional[i];
    } else {
      given = take_named(parameters[i].name);
    }
    if (!given && parameters[i].fallback) given = evaluator.evaluate(*parameters[i].fallback);
    if (!given) given = Value::undefined(fmt::format("parameter '{}' was not provided", parameters[i].name));
    inner.set(parameters[i].name, std::move(*given));
  }
  const bool named_caller = std::any_of(parameters.begin(), parameters.end(), [](const Parameter& parameter) {
    return parameter.name == "caller";
  });
  if (statement.uses_caller && !named_caller) {
    inner.set("caller", take_named("caller").value_or(Value::undefined("No caller defined")));
  }
  if (statement.uses_kwargs) {
    Dict rest;
    for (const auto& [key, value] : std::exchange(named, {})) rest.set(key, value);
    inner.set("kwargs", runtime.dict(std::move(rest)));
  }
  if (!named.empty()) {
    runtime.fail(fmt::format("macro '{}' takes no keyword argument '{}'", name, named.front().first));
  }
  const size_t extra = arguments.positional.size() - std::min(arguments.positional.size(), parameters.size());
  if (statement.uses_varargs) {
    const auto end = arguments.positional.end();
    inner.set("varargs",
              runtime.sequence({end - static_cast<std::ptrdiff_t>(extra), end}, Sequence::Form::tuple));
  } else if (extra > 0) {
    runtime.fail(fmt::format("macro '{}' takes not more than {} argument(s)", name, parameters.size()));
  }
}

std::optional<Value> Loop::pull() {
  while (next_source < source.size()) {
    const Value& item = source[next_source++];
    if (!tests || evaluator.passes(statement, scope, item)) return item;
  }
  return std::nullopt;
}

const std::optional<Value>& Loop::peek() {
  if (!peeked) after = pull();
  peeked = true;
  return after;
}

bool Loop::advance() {
  std::optional<Value> item = peek();
  peeked = false;
  after.reset();
  if (!item) return false;
  ++index0;
  before = std::exchange(current, std::move(*item));
  return true;
}

int64_t Loop::length() {
  if (known_length) return *known_length;
  std::vector<Value> rest;
  while (auto item = pull()) rest.push_back(std::move(*item));
  known_length = static_cast<int64_t>(rest.size()) + index0 + 1 + (peeked && after);
  source = std::move(rest);
  next_source = 0;
  tests = false;
  return *known_length;
}

std::optional<Value> Loop::attribute(Runtime& runtime, const std::string& name) {
  if (name == "index0") return Value::integer(index0);
  if (name == "index") return Value::integer(index0 + 1);
  if (name == "first") return Value::boolean(index0 == 0);
  if (name == "last") return Value::boolean(!peek());
  if (name == "length") return Value::integer(length());
  if (name == "revindex") return Value::integer(length() - index0);
  if (name == "revindex0") return Value::integer(length() - index0 - 1);
  if (name == "depth") return Value::integer(depth0 + 1);
  if (name == "depth0") return Value::integer(depth0);
  if (name == "previtem") return index0 == 0 ? Value::undefined("there is no previous item") : before;
  if (name == "nextitem") return peek() ? *peek() : Value::undefined("there is no next item");
  if (name == "cycle" || name == "changed") {
    struct LoopMethod : Object {
      LoopMethod(Loop& owner, bool is_cycle) : Object(ObjectKind::method), loop(owner), cycles(is_cycle) {}
      std::optional<Value> call(Runtime& rt, CallArguments& arguments) override {
        if (cycles) {
          if (arguments.positional.empty()) rt.fail("no items for cycling given");
          return arguments.positional[static_cast<size_t>(loop.index0) % arguments.positional.size()];
        }
        const Value now = rt.sequence(arguments.positional, Sequence::Form::tuple);
        const bool same = loop.last_changed && rt.equal(*loop.last_changed, now);
        loop.last_changed = now;
        return Value::boolean(!same);
      }
      Loop& loop;
      bool cycles;
    };
    return Value::object(runtime.make<LoopMethod>(*this, name == "cycle"));
  }
  return std::nullopt;
}

std::optional<Value> Loop::call(Runtime& runtime, CallArguments& arguments) {
  if (!statement.recursive) {
    runtime.fail("The loop must have the 'recursive' marker to be called recursively.");
  }
  const BoundArguments bound(runtime, "loop", arguments, {"iterable"});
  return runtime.text(evaluator.recurse(statement, scope, runtime.iterate(bound.get(0)), depth0 + 1));
}

}  // namespace evergreen::jinja
