#include <fmt/format.h>

#include "evergreen/text/jinja/evaluator_class.hpp"

namespace evergreen::jinja {

Rendered Evaluator::run(const Block& body) {
  scope_ = make_scope(nullptr);
  out_ = &rendered_.text;
  execute(body);
  return std::move(rendered_);
}

Value Evaluator::run(const Expression& expression) {
  scope_ = make_scope(nullptr);
  out_ = &rendered_.text;
  return evaluate(expression);
}

Scope* Evaluator::make_scope(Scope* parent) {
  runtime_.charge(128);
  scopes_.push_back(std::make_unique<Scope>());
  scopes_.back()->parent = parent;
  return scopes_.back().get();
}

void Evaluator::write(std::string_view text) {
  runtime_.charge(static_cast<int64_t>(text.size()));
  if (static_cast<int64_t>(out_->size() + text.size()) > runtime_.limits().output_bytes) {
    runtime_.fail(fmt::format("the rendered text is longer than {} bytes", runtime_.limits().output_bytes));
  }
  out_->append(text);
}

std::string Evaluator::capture(const Block& body, Scope* scope) {
  const Enter enter(*this, scope);
  std::string text;
  struct Redirect {
    Redirect(std::string*& out, std::string* to) : out_(out), before_(std::exchange(out, to)) {}
    ~Redirect() { out_ = before_; }
    std::string*& out_;
    std::string* before_;
  } redirect(out_, &text);
  execute(body);
  return text;
}

Evaluator::Flow Evaluator::execute(const Block& body) {
  for (const StatementPtr& statement : body) {
    const Flow flow = execute(*statement);
    if (flow != Flow::normal) return flow;
  }
  return Flow::normal;
}

Evaluator::Flow Evaluator::execute(const Statement& s) {
  const Runtime::Nesting nesting(runtime_);
  runtime_.charge(kStepWork);
  runtime_.at = s.at;
  switch (s.kind) {
    case Statement::Kind::data:
      write(s.text);
      break;
    case Statement::Kind::print:
      run_print(s);
      break;
    case Statement::Kind::condition:
      return run_condition(s);
    case Statement::Kind::loop:
      run_loop(s, runtime_.iterate(evaluate(*s.expressions[0])), 0);
      break;
    case Statement::Kind::set:
      assign(*s.target, evaluate(*s.expressions[0]));
      break;
    case Statement::Kind::set_block:
      run_set_block(s);
      break;
    case Statement::Kind::macro:
      scope_->set(s.text, make_macro(s));
      break;
    case Statement::Kind::call_block:
      run_call_block(s);
      break;
    case Statement::Kind::filter_block: {
      const Value body = runtime_.text(capture(s.body, make_scope(scope_)));
      write(runtime_.str(filter_chain(*s.expressions[0], body)));
      break;
    }
    case Statement::Kind::with:
      return run_with(s);
    case Statement::Kind::generation:
      run_generation(s);
      break;
    case Statement::Kind::break_loop:
      return Flow::leave_loop;
    case Statement::Kind::continue_loop:
      return Flow::next_item;
  }
  return Flow::normal;
}

Value Evaluator::make_macro(const Statement& s) {
  ++captures_;
  return Value::object(runtime_.make<Macro>(*this, s, scope_));
}

void Evaluator::run_print(const Statement& s) {
  for (const ExpressionPtr& expression : s.expressions) write(runtime_.str(evaluate(*expression)));
}

Evaluator::Flow Evaluator::run_condition(const Statement& s) {
  for (const Branch& branch : s.branches) {
    if (!branch.condition || is_true(evaluate(*branch.condition))) return execute(branch.body);
  }
  return Flow::normal;
}

void Evaluator::run_loop(const Statement& s, std::vector<Value> items, int64_t depth0) {
  auto* loop = runtime_.make<Loop>(*this, s, scope_, std::move(items), depth0);
  captures_ += loop->tests || s.recursive;
  bool any = false;
  while (loop->advance()) {
    any = true;
    const ScopeStack stack(*this);
    const Enter enter(*this, make_scope(loop->scope));
    scope_->set("loop", Value::object(loop));
    assign(*s.target, loop->current);
    if (execute(s.body) == Flow::leave_loop) break;
  }
  if (!any) {
    const Enter enter(*this, make_scope(scope_));
    execute(s.otherwise);
  }
}

std::string Evaluator::recurse(const Statement& s, Scope* scope, std::vector<Value> items, int64_t depth0) {
  const Enter enter(*this, scope);
  std::string text;
  std::string* before = std::exchange(out_, &text);
  run_loop(s, std::move(items), depth0);
  out_ = before;
  return text;
}

bool Evaluator::passes(const Statement& s, Scope* scope, const Value& item) {
  const ScopeStack stack(*this);
  const Enter enter(*this, make_scope(scope));
  assign(*s.target, item);
  return is_true(evaluate(*s.expressions[1]));
}

void Evaluator::assign(const Expression& target, const Value& value) {
  runtime_.at = target.at;
  if (target.kind == Expression::Kind::name) return scope_->set(target.name, value);
  if (target.kind == Expression::Kind::namespace_attribute) {
    const Value* found = scope_->find(target.name);
    if (!found || !found->is_object() || found->as_object()->kind != ObjectKind::name_space) {
      runtime_.fail("cannot assign attribute on non-namespace object");
    }
    if (target.attribute.starts_with('_')) {
      runtime_.fail(fmt::format("a namespace cannot have the attribute '{}'", target.attribute));
    }
    static_cast<Namespace*>(found->as_object())->attributes.set(target.attribute, value);
    return;
  }
  const std::vector<Value> values = runtime_.iterate(value);
  if (values.size() > target.parts.size()) {
    runtime_.fail(fmt::format("too many values to unpack (expected {})", target.parts.size()));
  }
  if (values.size() < target.parts.size()) {
    runtime_.fail(
        fmt::format("not enough values to unpack (expected {}, got {})", target.parts.size(), values.size()));
  }
  for (size_t i = 0; i < values.size(); ++i) assign(*target.parts[i], values[i]);
}

void Evaluator::run_set_block(const Statement& s) {
  Value value = runtime_.text(capture(s.body, make_scope(scope_)));
  if (s.expressions[0]) value = filter_chain(*s.expressions[0], value);
  assign(*s.target, value);
}

void Evaluator::run_call_block(const Statement& s) {
  const Expression& callee = *s.expressions[0];
  const Value function = evaluate(*callee.parts[0]);
  CallArguments arguments = evaluate_arguments(callee.arguments);
  arguments.named.emplace_back("caller", make_macro(s));
  runtime_.at = callee.at;
  write(runtime_.str(call_value(function, arguments)));
}

Evaluator::Flow Evaluator::run_with(const Statement& s) {
  std::vector<Value> values = evaluate_all(s.expressions);
  const Enter enter(*this, make_scope(scope_));
  for (size_t i = 0; i < values.size(); ++i) assign(*s.targets[i], values[i]);
  return execute(s.body);
}

void Evaluator::run_generation(const Statement& s) {
  const std::string text = capture(s.body, make_scope(scope_));
  if (out_ == &rendered_.text) {
    rendered_.generation.emplace_back(out_->size(), out_->size() + text.size());
  } else {
    rendered_.generation_in_macro = true;
  }
  write(text);
}

Rendered render(const Block& body, Runtime& runtime, const Dict& variables) {
  return Evaluator(runtime, variables).run(body);
}

Value evaluate(const Block& body, Runtime& runtime, const Dict& variables) {
  const bool alone = body.size() == 1 && body.front()->kind == Statement::Kind::print &&
                     body.front()->expressions.size() == 1;
  if (!alone) return Value::text(render(body, runtime, variables).text);
  Value value = Evaluator(runtime, variables).run(*body.front()->expressions.front());
  if (value.is_undefined()) runtime.allow_undefined(value);
  return value;
}

}  // namespace evergreen::jinja
