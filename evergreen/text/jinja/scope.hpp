// The variables of a template while it runs, and the objects that remember where they were made.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evergreen/text/jinja/ast.hpp"
#include "evergreen/text/jinja/runtime.hpp"

namespace evergreen::jinja {

class Evaluator;

// Jinja's scopes: `set` writes into the innermost one, names are looked for from there outwards. Loops,
// macros and blocks have a scope of their own, conditions have not. Owned by the Evaluator, since a macro may outlive its place.
struct Scope {
  Scope* parent = nullptr;
  std::vector<std::pair<std::string, Value>> variables;

  void set(const std::string& name, Value value);
  const Value* find(const std::string& name) const;  // here or further out; null where there is none
};

struct Macro : Object {
  Macro(Evaluator& owner, const Statement& macro, Scope* made_in)
      : Object(ObjectKind::macro), evaluator(owner), statement(macro), scope(made_in) {}
  std::optional<Value> call(Runtime& runtime, CallArguments& arguments) override;
  std::optional<Value> attribute(Runtime& runtime, const std::string& name) override;
  void bind(Runtime& runtime, CallArguments& arguments, Scope& inner) const;

  Evaluator& evaluator;
  const Statement& statement;
  Scope* scope;
};

// The variable `loop`. Items are tested against the loop's condition only when they are asked for, as in
// Jinja: the condition may look at a namespace that the body changes.
struct Loop : Object {
  Loop(Evaluator& owner, const Statement& loop, Scope* outside, std::vector<Value> items, int64_t outer_loops)
      : Object(ObjectKind::loop),
        evaluator(owner),
        statement(loop),
        scope(outside),
        source(std::move(items)),
        tests(loop.expressions[1] != nullptr),
        depth0(outer_loops) {}
  bool advance();  // to the next item, if there is one
  std::optional<Value> attribute(Runtime& runtime, const std::string& name) override;
  std::optional<Value> call(Runtime& runtime, CallArguments& arguments) override;  // a recursive loop

  const std::optional<Value>& peek();
  int64_t length();

  Evaluator& evaluator;
  const Statement& statement;
  Scope* scope;
  std::vector<Value> source;
  size_t next_source = 0;
  bool tests;
  int64_t depth0;
  int64_t index0 = -1;
  Value current, before;
  std::optional<Value> after;
  bool peeked = false;
  std::optional<int64_t> known_length;
  std::optional<Value> last_changed;

 private:
  std::optional<Value> pull();
};

}  // namespace evergreen::jinja
