// The evaluator itself, split over expressions.cpp, statements.cpp and scope.cpp.
#pragma once

#include "evergreen/text/jinja/evaluator.hpp"
#include "evergreen/text/jinja/scope.hpp"

namespace evergreen::jinja {

class Evaluator {
 public:
  Evaluator(Runtime& runtime, const Dict& variables) : runtime_(runtime), variables_(variables) {}

  Rendered run(const Block& body);
  // The value of an expression that stands alone.
  Value run(const Expression& expression);

  Runtime& runtime() { return runtime_; }
  Value evaluate(const Expression& expression);
  // The text that `body` gives in `scope`.
  std::string capture(const Block& body, Scope* scope);
  void assign(const Expression& target, const Value& value);
  // Whether `item` passes the condition of a loop that runs in `scope`.
  bool passes(const Statement& loop, Scope* scope, const Value& item);
  std::string recurse(const Statement& loop, Scope* scope, std::vector<Value> items, int64_t depth0);
  Scope* make_scope(Scope* parent);

  // Makes `scope` the innermost one while it lives.
  class Enter {
   public:
    Enter(Evaluator& evaluator, Scope* scope)
        : evaluator_(evaluator), outer_(std::exchange(evaluator.scope_, scope)) {}
    ~Enter() { evaluator_.scope_ = outer_; }
    Enter(const Enter&) = delete;
    Enter& operator=(const Enter&) = delete;

   private:
    Evaluator& evaluator_;
    Scope* outer_;
  };

  // Frees the scopes that were made while it lived, unless something was made that may still ask for one of them.
  class ScopeStack {
   public:
    explicit ScopeStack(Evaluator& evaluator)
        : evaluator_(evaluator), scopes_(evaluator.scopes_.size()), captures_(evaluator.captures_) {}
    ~ScopeStack() {
      if (evaluator_.captures_ == captures_) evaluator_.scopes_.resize(scopes_);
    }
    ScopeStack(const ScopeStack&) = delete;
    ScopeStack& operator=(const ScopeStack&) = delete;

   private:
    Evaluator& evaluator_;
    size_t scopes_;
    int64_t captures_;
  };

 private:
  enum class Flow { normal, leave_loop, next_item };

  Flow execute(const Block& body);
  Flow execute(const Statement& statement);
  Flow run_condition(const Statement& statement);
  void run_loop(const Statement& statement, std::vector<Value> items, int64_t depth0);
  void run_print(const Statement& statement);
  void run_set_block(const Statement& statement);
  Value make_macro(const Statement& statement);
  void run_call_block(const Statement& statement);
  Flow run_with(const Statement& statement);
  void run_generation(const Statement& statement);
  void write(std::string_view text);

  Value lookup(const Expression& expression);
  Value make_dict(const Expression& expression);
  Value item(const Expression& expression);
  Value call(const Expression& expression);
  Value call_value(const Value& callee, CallArguments& arguments);
  Value filter(const Expression& expression, const Value& input);
  Value filter_chain(const Expression& expression,
                     const Value& input);  // of a block: the innermost input is `input`
  Value test(const Expression& expression);
  Value comparison(const Expression& expression);
  bool compare_once(const std::string& operation, const Value& left, const Value& right);
  Value concatenation(const Expression& expression);
  Value conditional(const Expression& expression);
  Value binary(const Expression& expression);
  std::vector<Value> evaluate_all(const std::vector<ExpressionPtr>& expressions);
  CallArguments evaluate_arguments(const std::vector<Argument>& arguments);

  Runtime& runtime_;
  const Dict& variables_;
  std::vector<std::unique_ptr<Scope>> scopes_;
  int64_t captures_ = 0;  // macros, and loops that evaluate something later
  Scope* scope_ = nullptr;
  Rendered rendered_;
  std::string* out_ = nullptr;
};

}  // namespace evergreen::jinja
