#include <fmt/format.h>

#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/evaluator_class.hpp"

namespace evergreen::jinja {

// Each kind has a function of its own, so that the frame of this one, which recurses, stays small.
Value Evaluator::evaluate(const Expression& e) {
  const Runtime::Nesting nesting(runtime_);
  runtime_.charge(kStepWork);
  runtime_.at = e.at;
  switch (e.kind) {
    case Expression::Kind::literal:
      return e.value;
    case Expression::Kind::name:
      return lookup(e);
    case Expression::Kind::list:
      return runtime_.list(evaluate_all(e.parts));
    case Expression::Kind::tuple:
      return runtime_.sequence(evaluate_all(e.parts), Sequence::Form::tuple);
    case Expression::Kind::dict:
      return make_dict(e);
    case Expression::Kind::attribute:
    case Expression::Kind::item:
      return item(e);
    case Expression::Kind::call:
      return call(e);
    case Expression::Kind::filter:
      return filter(e, evaluate(*e.parts[0]));
    case Expression::Kind::test:
      return test(e);
    case Expression::Kind::negate:
      return Value::boolean(!is_true(evaluate(*e.parts[0])));
    case Expression::Kind::unary:
    case Expression::Kind::binary:
    case Expression::Kind::logical_and:
    case Expression::Kind::logical_or:
      return binary(e);
    case Expression::Kind::comparison:
      return comparison(e);
    case Expression::Kind::concat:
      return concatenation(e);
    case Expression::Kind::conditional:
      return conditional(e);
    case Expression::Kind::slice:
    case Expression::Kind::namespace_attribute:
      break;  // never evaluated by themselves
  }
  runtime_.fail("an expression that has no value");
}

std::vector<Value> Evaluator::evaluate_all(const std::vector<ExpressionPtr>& expressions) {
  std::vector<Value> values;
  values.reserve(expressions.size());
  for (const ExpressionPtr& expression : expressions) values.push_back(evaluate(*expression));
  return values;
}

Value Evaluator::lookup(const Expression& e) {
  if (const Value* found = scope_->find(e.name)) return *found;
  if (const Value* found = variables_.find_name(e.name)) return *found;
  if (auto global = find_global(runtime_, e.name)) return *global;
  return Value::undefined(fmt::format("'{}' is undefined", e.name));
}

Value Evaluator::make_dict(const Expression& e) {
  Dict dict;
  for (size_t i = 0; i < e.parts.size(); i += 2) {
    Value name = evaluate(*e.parts[i]);
    Value value = evaluate(*e.parts[i + 1]);
    dict.set(runtime_.key(name), name, std::move(value));
  }
  return runtime_.dict(std::move(dict));
}

Value Evaluator::item(const Expression& e) {
  const Value object = evaluate(*e.parts[0]);
  if (e.kind == Expression::Kind::attribute) {
    runtime_.at = e.at;
    return get_attribute(runtime_, object, e.name);
  }
  const Expression& key = *e.parts[1];
  if (key.kind != Expression::Kind::slice) {
    const Value index = evaluate(key);
    runtime_.at = e.at;
    return get_item(runtime_, object, index);
  }
  Value bounds[3];
  for (size_t i = 0; i < 3; ++i) {
    if (key.parts[i]) bounds[i] = evaluate(*key.parts[i]);
  }
  runtime_.at = e.at;
  return get_slice(runtime_, object, bounds[0], bounds[1], bounds[2]);
}

CallArguments Evaluator::evaluate_arguments(const std::vector<Argument>& arguments) {
  CallArguments values;
  for (const Argument& argument : arguments) {
    Value value = evaluate(*argument.value);
    switch (argument.kind) {
      case Argument::Kind::positional:
        values.positional.push_back(std::move(value));
        break;
      case Argument::Kind::named:
        values.named.emplace_back(argument.name, std::move(value));
        break;
      case Argument::Kind::spread_list:
        for (Value& one : runtime_.iterate(value)) values.positional.push_back(std::move(one));
        break;
      case Argument::Kind::spread_dict:
        if (!value.is_dict()) runtime_.fail("argument after ** must be a mapping, not " + type_name(value));
        for (const auto& [name, one] : value.as_dict().entries()) {
          if (!name.is_text()) runtime_.fail("keywords must be strings");
          values.named.emplace_back(name.as_text(), one);
        }
    }
  }
  return values;
}

Value Evaluator::call_value(const Value& callee, CallArguments& arguments) {
  runtime_.require_defined(callee);
  if (callee.is_object()) {
    if (auto result = callee.as_object()->call(runtime_, arguments)) return *result;
  }
  runtime_.fail(fmt::format("'{}' object is not callable", type_name(callee)));
}

Value Evaluator::call(const Expression& e) {
  const Expression& callee = *e.parts[0];
  if (callee.kind == Expression::Kind::attribute) {
    const Value object = evaluate(*callee.parts[0]);
    if (has_method(object, callee.name)) {
      CallArguments arguments = evaluate_arguments(e.arguments);
      runtime_.at = callee.at;
      return call_method(runtime_, object, callee.name, arguments);
    }
    runtime_.at = callee.at;
    const Value function = get_attribute(runtime_, object, callee.name);
    CallArguments arguments = evaluate_arguments(e.arguments);
    runtime_.at = callee.at;
    return call_value(function, arguments);
  }
  const Value function = evaluate(callee);
  CallArguments arguments = evaluate_arguments(e.arguments);
  runtime_.at = callee.at;
  return call_value(function, arguments);
}

Value Evaluator::filter(const Expression& e, const Value& input) {
  CallArguments arguments = evaluate_arguments(e.arguments);
  runtime_.at = e.at;
  const FilterFn function = find_filter(runtime_.dialect(), e.name);
  if (function == nullptr) runtime_.fail(fmt::format("no filter named '{}'", e.name));
  return function(runtime_, input, arguments);
}

Value Evaluator::filter_chain(const Expression& e, const Value& input) {
  return filter(e, e.parts[0] ? filter_chain(*e.parts[0], input) : input);
}

Value Evaluator::test(const Expression& e) {
  const Value input = evaluate(*e.parts[0]);
  CallArguments arguments = evaluate_arguments(e.arguments);
  runtime_.at = e.at;
  const TestFn function = find_test(e.name);
  if (function == nullptr) runtime_.fail(fmt::format("no test named '{}'", e.name));
  return Value::boolean(function(runtime_, input, arguments));
}

Value Evaluator::binary(const Expression& e) {
  Value left = evaluate(*e.parts[0]);
  if (e.kind == Expression::Kind::logical_and) return is_true(left) ? evaluate(*e.parts[1]) : left;
  if (e.kind == Expression::Kind::logical_or) return is_true(left) ? left : evaluate(*e.parts[1]);
  if (e.kind == Expression::Kind::unary) {
    runtime_.at = e.at;
    return apply_sign(runtime_, e.name, left);
  }
  const Value right = evaluate(*e.parts[1]);
  runtime_.at = e.at;
  return apply_operator(runtime_, e.name, left, right);
}

bool Evaluator::compare_once(const std::string& operation, const Value& left, const Value& right) {
  if (operation == "==") return runtime_.equal(left, right);
  if (operation == "!=") return !runtime_.equal(left, right);
  if (operation == "<") return runtime_.less(left, right, "<");
  if (operation == ">") return runtime_.less(right, left, ">");
  if (operation == "<=") return !runtime_.less(right, left, "<=");
  if (operation == ">=") return !runtime_.less(left, right, ">=");
  return runtime_.contains(right, left) == (operation == "in");
}

Value Evaluator::comparison(const Expression& e) {
  Value left = evaluate(*e.parts[0]);
  for (size_t i = 0; i < e.operators.size(); ++i) {
    Value right = evaluate(*e.parts[i + 1]);
    runtime_.at = e.at;
    if (!compare_once(e.operators[i], left, right)) return Value::boolean(false);
    left = std::move(right);
  }
  return Value::boolean(true);
}

Value Evaluator::concatenation(const Expression& e) {
  std::string text;
  for (const ExpressionPtr& part : e.parts) {
    text += runtime_.str(evaluate(*part));
    runtime_.charge(static_cast<int64_t>(text.size() / e.parts.size()));
  }
  return runtime_.text(std::move(text));
}

Value Evaluator::conditional(const Expression& e) {
  if (is_true(evaluate(*e.parts[1]))) return evaluate(*e.parts[0]);
  if (e.parts[2]) return evaluate(*e.parts[2]);
  return Value::undefined(fmt::format(
      "the inline if-expression on line {} evaluated to false and no else section was defined.", e.at.line));
}

}  // namespace evergreen::jinja
