#include "evergreen/text/jinja/expression_parser.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace evergreen::jinja {

using Kind = Expression::Kind;

ExpressionPtr ExpressionParser::target(bool with_namespace, std::string_view end) {
  const Position at = tokens_.current().at;
  std::vector<ExpressionPtr> parts;
  bool is_tuple = false;
  while (true) {
    if (!parts.empty() && (tokens_.current().is_symbol("=") || tokens_.current().is_symbol(")") ||
                           tokens_.current().is_name(end)))
      break;
    parts.push_back(single_target(with_namespace));
    if (!tokens_.skip_symbol(",")) break;
    is_tuple = true;
  }
  if (!is_tuple) return std::move(parts.front());
  ExpressionPtr made = make(Kind::tuple, at);
  made->parts = std::move(parts);
  return made;
}

ExpressionPtr ExpressionParser::single_target(bool with_namespace) {
  const TokenStream::Depth depth(tokens_);
  const Position at = tokens_.current().at;
  if (tokens_.skip_symbol("(")) {
    ExpressionPtr inner = target(with_namespace);
    tokens_.expect_symbol(")");
    return inner;
  }
  if (tokens_.current().kind != TokenKind::name)
    tokens_.fail("cannot assign to " + tokens_.described(tokens_.current()));
  ExpressionPtr made = make(Kind::name, at);
  made->name = tokens_.take().text;
  for (const char* constant : {"true", "false", "none", "True", "False", "None"}) {
    if (made->name == constant) throw_template_error(fmt::format("cannot assign to '{}'", constant), at);
  }
  if (with_namespace && tokens_.skip_symbol(".")) {
    made->kind = Kind::namespace_attribute;
    made->attribute = tokens_.expect_any_name();
  }
  return made;
}

ExpressionPtr ExpressionParser::make(Kind kind, Position at) {
  auto made = std::make_unique<Expression>();
  made->kind = kind;
  made->at = at;
  return made;
}

bool ExpressionParser::at_tuple_end(std::string_view end) const {
  const TokenKind kind = tokens_.current().kind;
  return kind == TokenKind::variable_end || kind == TokenKind::block_end ||
         tokens_.current().is_symbol(")") || (!end.empty() && tokens_.current().is_name(end));
}

ExpressionPtr ExpressionParser::tuple(bool with_conditional, std::string_view end, bool in_parentheses) {
  const Position at = tokens_.current().at;
  std::vector<ExpressionPtr> parts;
  bool is_tuple = false;
  while (!at_tuple_end(end)) {
    parts.push_back(with_conditional ? expression() : logical_or());
    if (!tokens_.skip_symbol(",")) break;
    is_tuple = true;
  }
  if (!is_tuple && !parts.empty()) return std::move(parts.front());
  if (!is_tuple && !in_parentheses)
    tokens_.fail("expected an expression, got " + tokens_.described(tokens_.current()));
  ExpressionPtr made = make(Kind::tuple, at);
  made->parts = std::move(parts);
  return measured(std::move(made));
}

ExpressionPtr ExpressionParser::expression() {
  const TokenStream::Depth depth(tokens_);
  ExpressionPtr value = logical_or();
  while (tokens_.current().is_name("if")) {
    const Position at = tokens_.take().at;
    ExpressionPtr condition = logical_or();
    ExpressionPtr otherwise = tokens_.skip_name("else") ? expression() : nullptr;
    value = measured(
        make(Kind::conditional, at, "", std::move(value), std::move(condition), std::move(otherwise)));
  }
  return value;
}

// Chains like a + b + c lean to the left: their tree is as deep as they are long, whatever the nesting of the source.
ExpressionPtr ExpressionParser::measured(ExpressionPtr made) const {
  for (const ExpressionPtr& part : made->parts) {
    if (part) made->height = std::max(made->height, 1 + part->height);
  }
  for (const Argument& argument : made->arguments)
    made->height = std::max(made->height, 1 + argument.value->height);
  if (made->height > 2 * kMaxSourceDepth) tokens_.fail("an expression is too long");
  return made;
}

ExpressionPtr ExpressionParser::chain(ExpressionPtr left, Kind kind, Position at, std::string name,
                                      ExpressionPtr right) const {
  return measured(make(kind, at, std::move(name), std::move(left), std::move(right)));
}

ExpressionPtr ExpressionParser::logical_or() {
  ExpressionPtr left = logical_and();
  while (tokens_.current().is_name("or")) {
    const Position at = tokens_.take().at;
    left = chain(std::move(left), Kind::logical_or, at, "or", logical_and());
  }
  return left;
}

ExpressionPtr ExpressionParser::logical_and() {
  ExpressionPtr left = logical_not();
  while (tokens_.current().is_name("and")) {
    const Position at = tokens_.take().at;
    left = chain(std::move(left), Kind::logical_and, at, "and", logical_not());
  }
  return left;
}

ExpressionPtr ExpressionParser::logical_not() {
  if (!tokens_.current().is_name("not")) return comparison();
  const TokenStream::Depth depth(tokens_);
  const Position at = tokens_.take().at;
  return measured(make(Kind::negate, at, "", logical_not()));
}

ExpressionPtr ExpressionParser::comparison() {
  ExpressionPtr left = sum();
  ExpressionPtr made;
  while (true) {
    std::string operation;
    const Position at = tokens_.current().at;
    for (const char* symbol : {"==", "!=", "<", "<=", ">", ">="}) {
      if (tokens_.current().is_symbol(symbol)) operation = symbol;
    }
    if (tokens_.current().is_name("in")) operation = "in";
    if (tokens_.current().is_name("not") && tokens_.ahead().is_name("in")) {
      tokens_.take();
      operation = "not in";
    }
    if (operation.empty()) break;
    tokens_.take();
    if (!made) made = make(Kind::comparison, at, "", std::move(left));
    made->operators.push_back(operation);
    made->parts.push_back(sum());
  }
  return made ? measured(std::move(made)) : std::move(left);
}

ExpressionPtr ExpressionParser::sum() {
  ExpressionPtr left = concatenation();
  while (tokens_.current().is_symbol("+") || tokens_.current().is_symbol("-")) {
    const Token operation = tokens_.take();
    left = chain(std::move(left), Kind::binary, operation.at, operation.text, concatenation());
  }
  return left;
}

ExpressionPtr ExpressionParser::concatenation() {
  ExpressionPtr first = product();
  if (!tokens_.current().is_symbol("~")) return first;
  ExpressionPtr made = make(Kind::concat, tokens_.current().at, "", std::move(first));
  while (tokens_.skip_symbol("~")) made->parts.push_back(product());
  return measured(std::move(made));
}

ExpressionPtr ExpressionParser::product() {
  ExpressionPtr left = power();
  while (tokens_.current().is_symbol("*") || tokens_.current().is_symbol("/") ||
         tokens_.current().is_symbol("//") || tokens_.current().is_symbol("%")) {
    const Token operation = tokens_.take();
    left = chain(std::move(left), Kind::binary, operation.at, operation.text, power());
  }
  return left;
}

ExpressionPtr ExpressionParser::power() {
  ExpressionPtr left = unary();
  while (tokens_.current().is_symbol("**")) {
    const Position at = tokens_.take().at;
    left = chain(std::move(left), Kind::binary, at, "**", unary());
  }
  return left;
}

}  // namespace evergreen::jinja
