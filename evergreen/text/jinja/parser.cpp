#include "evergreen/text/jinja/parser.hpp"

#include <algorithm>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/nearest.hpp"
#include "evergreen/text/jinja/expression_parser.hpp"

namespace evergreen::jinja {
namespace {

using Kind = Expression::Kind;
using Names = std::initializer_list<std::string_view>;

class Parser {
 public:
  Parser(std::string_view source, const Dialect& dialect) : tokens_(source, dialect), expressions_(tokens_) {}

  Block run() {
    Block body = block_until({});
    if (tokens_.current().kind != TokenKind::end) {
      tokens_.fail("unexpected " + TokenStream::described(tokens_.current()));
    }
    return body;
  }

 private:
  bool at_any(Names ends) const;
  Block block_until(Names ends);
  Block body_until(Names ends);
  Block body_through(std::string_view end);
  static StatementPtr make_statement(Statement::Kind kind, Position at);
  StatementPtr statement();
  [[noreturn]] void unknown_tag(const Token& tag) const;
  Block own_scope(std::string_view end);
  StatementPtr if_statement(Position at);
  StatementPtr for_statement(Position at);
  StatementPtr set_statement(Position at);
  void signature(Statement& made);
  void macro_body(Statement& made, std::string_view end);
  StatementPtr macro_statement(Position at);
  StatementPtr call_statement(Position at);
  StatementPtr filter_statement(Position at);
  StatementPtr with_statement(Position at);
  StatementPtr print_statement(Position at);

  TokenStream tokens_;
  ExpressionParser expressions_;
  int loops_ = 0;
};

bool Parser::at_any(Names ends) const {
  return std::any_of(ends.begin(), ends.end(),
                     [&](std::string_view end) { return tokens_.current().is_name(end); });
}

// Statements up to a block that begins with one of `ends`, which stays the current token.
Block Parser::block_until(Names ends) {
  const TokenStream::Depth depth(tokens_);
  Block body;
  while (tokens_.current().kind != TokenKind::end) {
    const Token token = tokens_.take();
    if (token.kind == TokenKind::data) {
      body.push_back(make_statement(Statement::Kind::data, token.at));
      body.back()->text = token.text;
    } else if (token.kind == TokenKind::variable_begin) {
      body.push_back(make_statement(Statement::Kind::print, token.at));
      body.back()->expressions.push_back(expressions_.tuple());
      tokens_.expect_kind(TokenKind::variable_end);
    } else {
      if (at_any(ends)) return body;
      body.push_back(statement());
      tokens_.expect_kind(TokenKind::block_end);
    }
  }
  if (ends.size() > 0) {
    tokens_.fail(fmt::format("unexpected end of template, expected '{}'", fmt::join(ends, "' or '")));
  }
  return body;
}

Block Parser::body_until(Names ends) {
  tokens_.skip_symbol(":");
  tokens_.expect_kind(TokenKind::block_end);
  return block_until(ends);
}

Block Parser::body_through(std::string_view end) {
  Block body = body_until({end});
  tokens_.take();
  return body;
}

StatementPtr Parser::make_statement(Statement::Kind kind, Position at) {
  auto statement = std::make_unique<Statement>();
  statement->kind = kind;
  statement->at = at;
  return statement;
}

StatementPtr Parser::statement() {
  if (tokens_.current().kind != TokenKind::name)
    tokens_.fail("expected the name of a tag, got " + tokens_.described(tokens_.current()));
  const Token tag = tokens_.take();
  using S = Statement::Kind;
  if (tag.text == "if") return if_statement(tag.at);
  if (tag.text == "for") return for_statement(tag.at);
  if (tag.text == "set") return set_statement(tag.at);
  if (tag.text == "macro") return macro_statement(tag.at);
  if (tag.text == "call") return call_statement(tag.at);
  if (tag.text == "filter") return filter_statement(tag.at);
  if (tag.text == "with") return with_statement(tag.at);
  if (tag.text == "print") return print_statement(tag.at);
  if (tag.text == "break" || tag.text == "continue") {
    if (loops_ == 0) throw_template_error(fmt::format("'{}' outside of a loop", tag.text), tag.at);
    return make_statement(tag.text == "break" ? S::break_loop : S::continue_loop, tag.at);
  }
  if (tag.text == "generation") {
    StatementPtr made = make_statement(S::generation, tag.at);
    made->body = own_scope("endgeneration");
    return made;
  }
  unknown_tag(tag);
}

void Parser::unknown_tag(const Token& tag) const {
  for (const char* known : {"block", "extends", "include", "import", "from", "do", "trans", "autoescape"}) {
    if (tag.text == known) {
      throw_template_error(fmt::format("the tag '{}' is not supported in chat templates", tag.text), tag.at);
    }
  }
  throw_template_error(
      fmt::format("unknown tag '{}'", tag.text), tag.at,
      suggest_name(tag.text, {"if",     "elif",      "else",  "endif",    "for",        "endfor",
                              "set",    "endset",    "macro", "endmacro", "call",       "endcall",
                              "filter", "endfilter", "with",  "endwith",  "generation", "endgeneration",
                              "break",  "continue",  "raw",   "print"}));
}

// A body that is a function in Jinja: no loop around it can be left from inside.
Block Parser::own_scope(std::string_view end) {
  const int loops = std::exchange(loops_, 0);
  Block body = body_through(end);
  loops_ = loops;
  return body;
}

StatementPtr Parser::if_statement(Position at) {
  StatementPtr made = make_statement(Statement::Kind::condition, at);
  while (true) {
    ExpressionPtr condition = expressions_.tuple(false);
    ++expressions_.branches;
    Block body = body_until({"elif", "else", "endif"});
    --expressions_.branches;
    made->branches.push_back({std::move(condition), std::move(body)});
    const Token end = tokens_.take();
    if (end.text == "elif") continue;
    if (end.text == "else") made->branches.push_back({nullptr, body_through("endif")});
    return made;
  }
}

StatementPtr Parser::for_statement(Position at) {
  StatementPtr made = make_statement(Statement::Kind::loop, at);
  made->target = expressions_.target(false, "in");
  if (!tokens_.skip_name("in")) tokens_.fail("expected 'in', got " + tokens_.described(tokens_.current()));
  made->expressions.push_back(expressions_.tuple(false, "recursive"));
  made->expressions.push_back(tokens_.skip_name("if") ? expressions_.expression() : nullptr);
  made->recursive = tokens_.skip_name("recursive");
  ++loops_;
  made->body = body_until({"endfor", "else"});
  --loops_;
  if (tokens_.take().text == "else") made->otherwise = body_through("endfor");
  return made;
}

StatementPtr Parser::set_statement(Position at) {
  ExpressionPtr assigned = expressions_.target(true);
  if (tokens_.skip_symbol("=")) {
    StatementPtr made = make_statement(Statement::Kind::set, at);
    made->target = std::move(assigned);
    made->expressions.push_back(expressions_.tuple());
    return made;
  }
  StatementPtr made = make_statement(Statement::Kind::set_block, at);
  made->target = std::move(assigned);
  made->expressions.push_back(tokens_.current().is_symbol("|") ? expressions_.filters(nullptr) : nullptr);
  made->body = body_through("endset");
  return made;
}

void Parser::signature(Statement& made) {
  tokens_.expect_symbol("(");
  while (!tokens_.current().is_symbol(")")) {
    if (!made.parameters.empty()) tokens_.expect_symbol(",");
    if (tokens_.current().is_symbol(")")) break;
    Parameter parameter{tokens_.expect_any_name(), nullptr};
    if (tokens_.skip_symbol("=")) {
      parameter.fallback = expressions_.expression();
    } else if (!made.parameters.empty() && made.parameters.back().fallback) {
      tokens_.fail("a parameter without default follows one with a default");
    }
    made.parameters.push_back(std::move(parameter));
  }
  tokens_.expect_symbol(")");
}

void Parser::macro_body(Statement& made, std::string_view end) {
  expressions_.macros.push_back(&made);
  made.body = own_scope(end);
  expressions_.macros.pop_back();
}

StatementPtr Parser::macro_statement(Position at) {
  StatementPtr made = make_statement(Statement::Kind::macro, at);
  made->text = tokens_.expect_any_name();
  signature(*made);
  macro_body(*made, "endmacro");
  return made;
}

StatementPtr Parser::call_statement(Position at) {
  StatementPtr made = make_statement(Statement::Kind::call_block, at);
  if (tokens_.current().is_symbol("(")) signature(*made);
  made->expressions.push_back(expressions_.expression());
  if (made->expressions[0]->kind != Kind::call) tokens_.fail("expected a call");
  macro_body(*made, "endcall");
  return made;
}

StatementPtr Parser::filter_statement(Position at) {
  StatementPtr made = make_statement(Statement::Kind::filter_block, at);
  made->expressions.push_back(expressions_.filters(expressions_.one_filter(nullptr)));
  made->body = body_through("endfilter");
  return made;
}

StatementPtr Parser::with_statement(Position at) {
  StatementPtr made = make_statement(Statement::Kind::with, at);
  while (tokens_.current().kind != TokenKind::block_end && !tokens_.current().is_symbol(":")) {
    if (!made->targets.empty()) tokens_.expect_symbol(",");
    made->targets.push_back(expressions_.target(false));
    tokens_.expect_symbol("=");
    made->expressions.push_back(expressions_.expression());
  }
  made->body = body_through("endwith");
  return made;
}

StatementPtr Parser::print_statement(Position at) {
  StatementPtr made = make_statement(Statement::Kind::print, at);
  while (tokens_.current().kind != TokenKind::block_end) {
    if (!made->expressions.empty()) tokens_.expect_symbol(",");
    made->expressions.push_back(expressions_.expression());
  }
  return made;
}

}  // namespace

Block parse(std::string_view source, const Dialect& dialect) { return Parser(source, dialect).run(); }

}  // namespace evergreen::jinja
