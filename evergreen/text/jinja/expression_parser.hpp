// The expressions of a template, and the targets of its assignments. For parser.cpp only.
#pragma once

#include <utility>

#include "evergreen/text/jinja/ast.hpp"
#include "evergreen/text/jinja/token_stream.hpp"

namespace evergreen::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  ExpressionPtr target(bool with_namespace, std::string_view end = {});
  ExpressionPtr tuple(bool with_conditional = true, std::string_view end = {}, bool in_parentheses = false);
  ExpressionPtr expression();
  ExpressionPtr one_filter(ExpressionPtr input);
  ExpressionPtr filters(ExpressionPtr made);

  int branches = 0;                // of conditions around the current place
  std::vector<Statement*> macros;  // the macros around it

 private:
  using Kind = Expression::Kind;

  // --- targets of assignments ---
  ExpressionPtr single_target(bool with_namespace);

  // --- expressions, loosest binding first ---
  static ExpressionPtr make(Kind kind, Position at);
  template <class... Parts>
  static ExpressionPtr make(Kind kind, Position at, std::string name, Parts... parts) {
    ExpressionPtr made = make(kind, at);
    made->name = std::move(name);
    (made->parts.push_back(std::move(parts)), ...);
    return made;
  }
  bool at_tuple_end(std::string_view end) const;
  ExpressionPtr measured(ExpressionPtr made) const;
  ExpressionPtr chain(ExpressionPtr left, Kind kind, Position at, std::string name,
                      ExpressionPtr right) const;
  ExpressionPtr logical_or();
  ExpressionPtr logical_and();
  ExpressionPtr logical_not();
  ExpressionPtr comparison();
  ExpressionPtr sum();
  ExpressionPtr concatenation();
  ExpressionPtr product();
  ExpressionPtr power();
  ExpressionPtr unary(bool with_filters = true);
  ExpressionPtr literal(Position at, Value value);
  ExpressionPtr primary();
  Value integer(const Token& token) const;
  ExpressionPtr name();
  ExpressionPtr list();
  ExpressionPtr dict();
  ExpressionPtr postfix(ExpressionPtr made);
  ExpressionPtr filters_and_tests(ExpressionPtr made);
  ExpressionPtr subscript(ExpressionPtr object);
  ExpressionPtr subscribed();
  ExpressionPtr call(ExpressionPtr callee);
  std::vector<Argument> arguments();
  std::string dotted_name();
  ExpressionPtr test(ExpressionPtr input);

  TokenStream& tokens_;
};

}  // namespace evergreen::jinja
