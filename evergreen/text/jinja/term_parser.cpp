#include <algorithm>
#include <charconv>

#include <fmt/format.h>

#include "evergreen/base/nearest.hpp"
#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/expression_parser.hpp"

namespace evergreen::jinja {

using Kind = Expression::Kind;

ExpressionPtr ExpressionParser::unary(bool with_filters) {
  const TokenStream::Depth depth(tokens_);
  ExpressionPtr made;
  if (tokens_.current().is_symbol("-") || tokens_.current().is_symbol("+")) {
    const Token sign = tokens_.take();
    made = make(Kind::unary, sign.at, sign.text, unary(false));
  } else {
    made = primary();
  }
  made = postfix(measured(std::move(made)));
  return with_filters ? filters_and_tests(std::move(made)) : std::move(made);
}

ExpressionPtr ExpressionParser::literal(Position at, Value value) {
  ExpressionPtr made = make(Kind::literal, at);
  made->value = std::move(value);
  return made;
}

ExpressionPtr ExpressionParser::primary() {
  const Token token = tokens_.current();
  switch (token.kind) {
    case TokenKind::name:
      return name();
    case TokenKind::string: {
      std::string text;
      while (tokens_.current().kind == TokenKind::string) text += tokens_.take().text;
      return literal(token.at, Value::text(std::move(text)));
    }
    case TokenKind::integer:
      tokens_.take();
      return literal(token.at, integer(token));
    case TokenKind::real:
      tokens_.take();
      return literal(token.at, Value::real(std::strtod(token.text.c_str(), nullptr)));
    default:
      break;
  }
  if (tokens_.skip_symbol("(")) {
    ExpressionPtr inner = tuple(true, {}, true);
    tokens_.expect_symbol(")");
    return inner;
  }
  if (token.is_symbol("[")) return list();
  if (token.is_symbol("{")) return dict();
  tokens_.fail("unexpected " + tokens_.described(token));
}

Value ExpressionParser::integer(const Token& token) const {
  std::string_view digits = token.text;
  int base = 10;
  if (digits.size() > 2 && digits[0] == '0' && std::isalpha(static_cast<unsigned char>(digits[1]))) {
    const char letter = static_cast<char>(std::tolower(digits[1]));
    base = letter == 'x' ? 16 : letter == 'o' ? 8 : 2;
    digits.remove_prefix(2);
  }
  int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size()) {
    throw_template_error(fmt::format("'{}' is not a whole number of 64 bits", token.text), token.at);
  }
  return Value::integer(value);
}

ExpressionPtr ExpressionParser::name() {
  const Token token = tokens_.take();
  if (token.text == "true" || token.text == "True") return literal(token.at, Value::boolean(true));
  if (token.text == "false" || token.text == "False") return literal(token.at, Value::boolean(false));
  if (token.text == "none" || token.text == "None") return literal(token.at, Value());
  for (Statement* macro : macros) {
    macro->uses_caller |= token.text == "caller";
    macro->uses_varargs |= token.text == "varargs";
    macro->uses_kwargs |= token.text == "kwargs";
  }
  return make(Kind::name, token.at, token.text);
}

ExpressionPtr ExpressionParser::list() {
  ExpressionPtr made = make(Kind::list, tokens_.take().at);
  while (!tokens_.current().is_symbol("]")) {
    if (!made->parts.empty()) tokens_.expect_symbol(",");
    if (tokens_.current().is_symbol("]")) break;
    made->parts.push_back(expression());
  }
  tokens_.expect_symbol("]");
  return made;
}

ExpressionPtr ExpressionParser::dict() {
  ExpressionPtr made = make(Kind::dict, tokens_.take().at);
  while (!tokens_.current().is_symbol("}")) {
    if (!made->parts.empty()) tokens_.expect_symbol(",");
    if (tokens_.current().is_symbol("}")) break;
    made->parts.push_back(expression());
    tokens_.expect_symbol(":");
    made->parts.push_back(expression());
  }
  tokens_.expect_symbol("}");
  return made;
}

ExpressionPtr ExpressionParser::postfix(ExpressionPtr made) {
  while (tokens_.current().is_symbol(".") || tokens_.current().is_symbol("[") ||
         tokens_.current().is_symbol("(")) {
    made = measured(tokens_.current().is_symbol("(") ? call(std::move(made)) : subscript(std::move(made)));
  }
  return made;
}

ExpressionPtr ExpressionParser::filters_and_tests(ExpressionPtr made) {
  while (true) {
    made = measured(std::move(made));
    if (tokens_.current().is_symbol("|")) {
      tokens_.take();
      made = one_filter(std::move(made));
    } else if (tokens_.current().is_name("is")) {
      made = test(std::move(made));
    } else if (tokens_.current().is_symbol("(")) {
      made = call(std::move(made));
    } else {
      return made;
    }
  }
}

ExpressionPtr ExpressionParser::subscript(ExpressionPtr object) {
  const Token token = tokens_.take();
  if (token.text == ".") {
    const Token member = tokens_.take();
    if (member.kind == TokenKind::name)
      return make(Kind::attribute, token.at, member.text, std::move(object));
    if (member.kind != TokenKind::integer) throw_template_error("expected a name or number", member.at);
    return make(Kind::item, token.at, "", std::move(object), literal(member.at, integer(member)));
  }
  std::vector<ExpressionPtr> keys;
  while (!tokens_.current().is_symbol("]")) {
    if (!keys.empty()) tokens_.expect_symbol(",");
    keys.push_back(subscribed());
  }
  tokens_.expect_symbol("]");
  if (keys.size() == 1) return make(Kind::item, token.at, "", std::move(object), std::move(keys.front()));
  ExpressionPtr key = make(Kind::tuple, token.at);
  for (const ExpressionPtr& part : keys) {
    if (part->kind == Kind::slice)
      throw_template_error("a slice beside other indices is not supported", token.at);
  }
  key->parts = std::move(keys);
  return make(Kind::item, token.at, "", std::move(object), std::move(key));
}

ExpressionPtr ExpressionParser::subscribed() {
  const Position at = tokens_.current().at;
  ExpressionPtr start = tokens_.current().is_symbol(":") ? nullptr : expression();
  if (start && !tokens_.current().is_symbol(":")) return start;
  tokens_.expect_symbol(":");
  const auto bound = [&]() -> ExpressionPtr {
    const bool none = tokens_.current().is_symbol(":") || tokens_.current().is_symbol("]") ||
                      tokens_.current().is_symbol(",");
    return none ? nullptr : expression();
  };
  ExpressionPtr stop = bound();
  ExpressionPtr step = tokens_.skip_symbol(":") ? bound() : nullptr;
  return make(Kind::slice, at, "", std::move(start), std::move(stop), std::move(step));
}

ExpressionPtr ExpressionParser::call(ExpressionPtr callee) {
  ExpressionPtr made = make(Kind::call, tokens_.current().at, "", std::move(callee));
  made->arguments = arguments();
  return made;
}

std::vector<Argument> ExpressionParser::arguments() {
  std::vector<Argument> all;
  const auto has = [&](Argument::Kind kind) {
    return std::any_of(all.begin(), all.end(),
                       [&](const Argument& argument) { return argument.kind == kind; });
  };
  using A = Argument::Kind;
  tokens_.expect_symbol("(");
  while (!tokens_.current().is_symbol(")")) {
    if (!all.empty()) tokens_.expect_symbol(",");
    if (tokens_.current().is_symbol(")")) break;
    Argument argument;
    if (tokens_.skip_symbol("*")) {
      argument.kind = A::spread_list;
    } else if (tokens_.skip_symbol("**")) {
      argument.kind = A::spread_dict;
    } else if (tokens_.current().kind == TokenKind::name && tokens_.ahead().is_symbol("=")) {
      argument.kind = A::named;
      argument.name = tokens_.take().text;
      tokens_.take();
    }
    const bool late_positional = argument.kind == A::positional && has(A::named);
    const bool twice = argument.kind == A::spread_list && has(A::spread_list);
    if (late_positional || twice || has(A::spread_dict) ||
        (argument.kind == A::positional && has(A::spread_list))) {
      tokens_.fail("invalid order of the arguments of a call");
    }
    argument.value = expression();
    all.push_back(std::move(argument));
  }
  tokens_.expect_symbol(")");
  return all;
}

std::string ExpressionParser::dotted_name() {
  std::string text = tokens_.expect_any_name();
  while (tokens_.skip_symbol(".")) text += "." + tokens_.expect_any_name();
  return text;
}

ExpressionPtr ExpressionParser::one_filter(ExpressionPtr input) {
  const Position at = tokens_.current().at;
  ExpressionPtr made = make(Kind::filter, at, dotted_name(), std::move(input));
  if (find_filter(tokens_.dialect(), made->name) == nullptr &&
      branches == 0) {  // in a condition it may never be reached
    throw_template_error(fmt::format("no filter named '{}'", made->name), at,
                         suggest_name(made->name, filter_names(tokens_.dialect())));
  }
  if (tokens_.current().is_symbol("(")) made->arguments = arguments();
  return made;
}

ExpressionPtr ExpressionParser::filters(ExpressionPtr made) {
  while (tokens_.skip_symbol("|")) made = measured(one_filter(std::move(made)));
  return made;
}

ExpressionPtr ExpressionParser::test(ExpressionPtr input) {
  const Position at = tokens_.take().at;
  const bool negated = tokens_.skip_name("not");
  ExpressionPtr made = make(Kind::test, at, dotted_name(), std::move(input));
  if (find_test(made->name) == nullptr && branches == 0) {
    throw_template_error(fmt::format("no test named '{}'", made->name), at,
                         suggest_name(made->name, test_names()));
  }
  const TokenKind kind = tokens_.current().kind;
  const bool opens = tokens_.current().is_symbol("[") || tokens_.current().is_symbol("{");
  const bool ends = tokens_.current().is_name("else") || tokens_.current().is_name("or") ||
                    tokens_.current().is_name("and") || tokens_.current().is_name("if") ||
                    tokens_.current().is_name("in") || tokens_.current().is_name("not");
  if (tokens_.current().is_symbol("(")) {
    made->arguments = arguments();
  } else if (opens || kind == TokenKind::string || kind == TokenKind::integer || kind == TokenKind::real ||
             (kind == TokenKind::name && !ends)) {
    if (tokens_.current().is_name("is")) tokens_.fail("tests cannot be chained with 'is'");
    Argument argument;
    argument.value = postfix(primary());
    made->arguments.push_back(std::move(argument));
  }
  return negated ? make(Kind::negate, at, "", std::move(made)) : std::move(made);
}

}  // namespace evergreen::jinja
