#include "evergreen/text/jinja/parser.hpp"

#include <algorithm>
#include <charconv>
#include <initializer_list>
#include <utility>

#include <fmt/format.h>

#include "evergreen/base/nearest.hpp"
#include "evergreen/text/jinja/builtins.hpp"
#include "evergreen/text/jinja/lexer.hpp"

namespace evergreen::jinja {
namespace {

using Kind = Expression::Kind;
using Names = std::initializer_list<std::string_view>;

class Parser {
 public:
  explicit Parser(std::string_view source) : tokens_(tokenize(source)) {}

  Block run() {
    Block body = block_until({});
    if (current().kind != TokenKind::end) fail("unexpected " + described(current()));
    return body;
  }

 private:
  // --- tokens ---
  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  [[noreturn]] void fail(const std::string& message) const { throw_template_error(message, current().at); }

  static std::string described(const Token& token) {
    switch (token.kind) {
      case TokenKind::data:
        return "text";
      case TokenKind::variable_begin:
        return "'{{'";
      case TokenKind::variable_end:
        return "'}}'";
      case TokenKind::block_begin:
        return "'{%'";
      case TokenKind::block_end:
        return "'%}'";
      case TokenKind::string:
        return "a string";
      case TokenKind::end:
        return "end of template";
      default:
        return fmt::format("'{}'", token.text);
    }
  }

  bool skip_symbol(std::string_view symbol) {
    const bool found = current().is_symbol(symbol);
    if (found) take();
    return found;
  }
  bool skip_name(std::string_view name) {
    const bool found = current().is_name(name);
    if (found) take();
    return found;
  }
  void expect_symbol(std::string_view symbol) {
    if (!skip_symbol(symbol)) fail(fmt::format("expected '{}', got {}", symbol, described(current())));
  }
  void expect_kind(TokenKind kind) {
    if (current().kind != kind)
      fail(fmt::format("expected {}, got {}", described({kind, "", {}}), described(current())));
    take();
  }
  std::string expect_any_name() {
    if (current().kind != TokenKind::name) fail("expected a name, got " + described(current()));
    return take().text;
  }

  // Source nested deeper than any template: refused before the recursion takes the stack.
  struct Depth {
    explicit Depth(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > kMaxSourceDepth) parser_.fail("the template is nested too deeply");
    }
    ~Depth() { --parser_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;
    Parser& parser_;
  };

  // --- statements ---
  bool at_any(Names ends) const {
    return std::any_of(ends.begin(), ends.end(),
                       [&](std::string_view end) { return current().is_name(end); });
  }

  // Statements up to a block that begins with one of `ends`, which stays the current token.
  Block block_until(Names ends) {
    const Depth depth(*this);
    Block body;
    while (current().kind != TokenKind::end) {
      const Token token = take();
      if (token.kind == TokenKind::data) {
        body.push_back(make_statement(Statement::Kind::data, token.at));
        body.back()->text = token.text;
      } else if (token.kind == TokenKind::variable_begin) {
        body.push_back(make_statement(Statement::Kind::print, token.at));
        body.back()->expressions.push_back(tuple());
        expect_kind(TokenKind::variable_end);
      } else {
        if (at_any(ends)) return body;
        body.push_back(statement());
        expect_kind(TokenKind::block_end);
      }
    }
    if (ends.size() > 0) {
      fail(fmt::format("unexpected end of template, expected '{}'", fmt::join(ends, "' or '")));
    }
    return body;
  }

  Block body_until(Names ends) {
    skip_symbol(":");
    expect_kind(TokenKind::block_end);
    return block_until(ends);
  }

  Block body_through(std::string_view end) {
    Block body = body_until({end});
    take();
    return body;
  }

  static StatementPtr make_statement(Statement::Kind kind, Position at) {
    auto statement = std::make_unique<Statement>();
    statement->kind = kind;
    statement->at = at;
    return statement;
  }

  StatementPtr statement() {
    if (current().kind != TokenKind::name) fail("expected the name of a tag, got " + described(current()));
    const Token tag = take();
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

  [[noreturn]] void unknown_tag(const Token& tag) const {
    for (const char* known : {"block", "extends", "include", "import", "from", "do", "trans", "autoescape"}) {
      if (tag.text == known) {
        throw_template_error(fmt::format("the tag '{}' is not supported in chat templates", tag.text),
                             tag.at);
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
  Block own_scope(std::string_view end) {
    const int loops = std::exchange(loops_, 0);
    Block body = body_through(end);
    loops_ = loops;
    return body;
  }

  StatementPtr if_statement(Position at) {
    StatementPtr made = make_statement(Statement::Kind::condition, at);
    while (true) {
      ExpressionPtr condition = tuple(false);
      ++branches_;
      Block body = body_until({"elif", "else", "endif"});
      --branches_;
      made->branches.push_back({std::move(condition), std::move(body)});
      const Token end = take();
      if (end.text == "elif") continue;
      if (end.text == "else") made->branches.push_back({nullptr, body_through("endif")});
      return made;
    }
  }

  StatementPtr for_statement(Position at) {
    StatementPtr made = make_statement(Statement::Kind::loop, at);
    made->target = target(false, "in");
    if (!skip_name("in")) fail("expected 'in', got " + described(current()));
    made->expressions.push_back(tuple(false, "recursive"));
    made->expressions.push_back(skip_name("if") ? expression() : nullptr);
    made->recursive = skip_name("recursive");
    ++loops_;
    made->body = body_until({"endfor", "else"});
    --loops_;
    if (take().text == "else") made->otherwise = body_through("endfor");
    return made;
  }

  StatementPtr set_statement(Position at) {
    ExpressionPtr assigned = target(true);
    if (skip_symbol("=")) {
      StatementPtr made = make_statement(Statement::Kind::set, at);
      made->target = std::move(assigned);
      made->expressions.push_back(tuple());
      return made;
    }
    StatementPtr made = make_statement(Statement::Kind::set_block, at);
    made->target = std::move(assigned);
    made->expressions.push_back(current().is_symbol("|") ? filters(nullptr) : nullptr);
    made->body = body_through("endset");
    return made;
  }

  void signature(Statement& made) {
    expect_symbol("(");
    while (!current().is_symbol(")")) {
      if (!made.parameters.empty()) expect_symbol(",");
      if (current().is_symbol(")")) break;
      Parameter parameter{expect_any_name(), nullptr};
      if (skip_symbol("=")) {
        parameter.fallback = expression();
      } else if (!made.parameters.empty() && made.parameters.back().fallback) {
        fail("a parameter without default follows one with a default");
      }
      made.parameters.push_back(std::move(parameter));
    }
    expect_symbol(")");
  }

  void macro_body(Statement& made, std::string_view end) {
    macros_.push_back(&made);
    made.body = own_scope(end);
    macros_.pop_back();
  }

  StatementPtr macro_statement(Position at) {
    StatementPtr made = make_statement(Statement::Kind::macro, at);
    made->text = expect_any_name();
    signature(*made);
    macro_body(*made, "endmacro");
    return made;
  }

  StatementPtr call_statement(Position at) {
    StatementPtr made = make_statement(Statement::Kind::call_block, at);
    if (current().is_symbol("(")) signature(*made);
    made->expressions.push_back(expression());
    if (made->expressions[0]->kind != Kind::call) fail("expected a call");
    macro_body(*made, "endcall");
    return made;
  }

  StatementPtr filter_statement(Position at) {
    StatementPtr made = make_statement(Statement::Kind::filter_block, at);
    made->expressions.push_back(filters(one_filter(nullptr)));
    made->body = body_through("endfilter");
    return made;
  }

  StatementPtr with_statement(Position at) {
    StatementPtr made = make_statement(Statement::Kind::with, at);
    while (current().kind != TokenKind::block_end && !current().is_symbol(":")) {
      if (!made->targets.empty()) expect_symbol(",");
      made->targets.push_back(target(false));
      expect_symbol("=");
      made->expressions.push_back(expression());
    }
    made->body = body_through("endwith");
    return made;
  }

  StatementPtr print_statement(Position at) {
    StatementPtr made = make_statement(Statement::Kind::print, at);
    while (current().kind != TokenKind::block_end) {
      if (!made->expressions.empty()) expect_symbol(",");
      made->expressions.push_back(expression());
    }
    return made;
  }

  // --- targets of assignments ---
  ExpressionPtr target(bool with_namespace, std::string_view end = {}) {
    const Position at = current().at;
    std::vector<ExpressionPtr> parts;
    bool is_tuple = false;
    while (true) {
      if (!parts.empty() && (current().is_symbol("=") || current().is_symbol(")") || current().is_name(end)))
        break;
      parts.push_back(single_target(with_namespace));
      if (!skip_symbol(",")) break;
      is_tuple = true;
    }
    if (!is_tuple) return std::move(parts.front());
    ExpressionPtr made = make(Kind::tuple, at);
    made->parts = std::move(parts);
    return made;
  }

  ExpressionPtr single_target(bool with_namespace) {
    const Depth depth(*this);
    const Position at = current().at;
    if (skip_symbol("(")) {
      ExpressionPtr inner = target(with_namespace);
      expect_symbol(")");
      return inner;
    }
    if (current().kind != TokenKind::name) fail("cannot assign to " + described(current()));
    ExpressionPtr made = make(Kind::name, at);
    made->name = take().text;
    for (const char* constant : {"true", "false", "none", "True", "False", "None"}) {
      if (made->name == constant) throw_template_error(fmt::format("cannot assign to '{}'", constant), at);
    }
    if (with_namespace && skip_symbol(".")) {
      made->kind = Kind::namespace_attribute;
      made->attribute = expect_any_name();
    }
    return made;
  }

  // --- expressions, loosest binding first ---
  static ExpressionPtr make(Kind kind, Position at) {
    auto made = std::make_unique<Expression>();
    made->kind = kind;
    made->at = at;
    return made;
  }

  template <class... Parts>
  static ExpressionPtr make(Kind kind, Position at, std::string name, Parts... parts) {
    ExpressionPtr made = make(kind, at);
    made->name = std::move(name);
    (made->parts.push_back(std::move(parts)), ...);
    return made;
  }

  bool at_tuple_end(std::string_view end) const {
    const TokenKind kind = current().kind;
    return kind == TokenKind::variable_end || kind == TokenKind::block_end || current().is_symbol(")") ||
           (!end.empty() && current().is_name(end));
  }

  ExpressionPtr tuple(bool with_conditional = true, std::string_view end = {}, bool in_parentheses = false) {
    const Position at = current().at;
    std::vector<ExpressionPtr> parts;
    bool is_tuple = false;
    while (!at_tuple_end(end)) {
      parts.push_back(with_conditional ? expression() : logical_or());
      if (!skip_symbol(",")) break;
      is_tuple = true;
    }
    if (!is_tuple && !parts.empty()) return std::move(parts.front());
    if (!is_tuple && !in_parentheses) fail("expected an expression, got " + described(current()));
    ExpressionPtr made = make(Kind::tuple, at);
    made->parts = std::move(parts);
    return measured(std::move(made));
  }

  ExpressionPtr expression() {
    const Depth depth(*this);
    ExpressionPtr value = logical_or();
    while (current().is_name("if")) {
      const Position at = take().at;
      ExpressionPtr condition = logical_or();
      ExpressionPtr otherwise = skip_name("else") ? expression() : nullptr;
      value = measured(
          make(Kind::conditional, at, "", std::move(value), std::move(condition), std::move(otherwise)));
    }
    return value;
  }

  // Chains like a + b + c lean to the left: their tree is as deep as they are long, whatever the nesting of
  // the source.
  ExpressionPtr measured(ExpressionPtr made) const {
    for (const ExpressionPtr& part : made->parts) {
      if (part) made->height = std::max(made->height, 1 + part->height);
    }
    for (const Argument& argument : made->arguments)
      made->height = std::max(made->height, 1 + argument.value->height);
    if (made->height > 2 * kMaxSourceDepth) fail("an expression is too long");
    return made;
  }

  ExpressionPtr chain(ExpressionPtr left, Kind kind, Position at, std::string name,
                      ExpressionPtr right) const {
    return measured(make(kind, at, std::move(name), std::move(left), std::move(right)));
  }

  ExpressionPtr logical_or() {
    ExpressionPtr left = logical_and();
    while (current().is_name("or")) {
      const Position at = take().at;
      left = chain(std::move(left), Kind::logical_or, at, "or", logical_and());
    }
    return left;
  }

  ExpressionPtr logical_and() {
    ExpressionPtr left = logical_not();
    while (current().is_name("and")) {
      const Position at = take().at;
      left = chain(std::move(left), Kind::logical_and, at, "and", logical_not());
    }
    return left;
  }

  ExpressionPtr logical_not() {
    if (!current().is_name("not")) return comparison();
    const Depth depth(*this);
    const Position at = take().at;
    return measured(make(Kind::negate, at, "", logical_not()));
  }

  ExpressionPtr comparison() {
    ExpressionPtr left = sum();
    ExpressionPtr made;
    while (true) {
      std::string operation;
      const Position at = current().at;
      for (const char* symbol : {"==", "!=", "<", "<=", ">", ">="}) {
        if (current().is_symbol(symbol)) operation = symbol;
      }
      if (current().is_name("in")) operation = "in";
      if (current().is_name("not") && ahead().is_name("in")) {
        take();
        operation = "not in";
      }
      if (operation.empty()) break;
      take();
      if (!made) made = make(Kind::comparison, at, "", std::move(left));
      made->operators.push_back(operation);
      made->parts.push_back(sum());
    }
    return made ? measured(std::move(made)) : std::move(left);
  }

  ExpressionPtr sum() {
    ExpressionPtr left = concatenation();
    while (current().is_symbol("+") || current().is_symbol("-")) {
      const Token operation = take();
      left = chain(std::move(left), Kind::binary, operation.at, operation.text, concatenation());
    }
    return left;
  }

  ExpressionPtr concatenation() {
    ExpressionPtr first = product();
    if (!current().is_symbol("~")) return first;
    ExpressionPtr made = make(Kind::concat, current().at, "", std::move(first));
    while (skip_symbol("~")) made->parts.push_back(product());
    return measured(std::move(made));
  }

  ExpressionPtr product() {
    ExpressionPtr left = power();
    while (current().is_symbol("*") || current().is_symbol("/") || current().is_symbol("//") ||
           current().is_symbol("%")) {
      const Token operation = take();
      left = chain(std::move(left), Kind::binary, operation.at, operation.text, power());
    }
    return left;
  }

  ExpressionPtr power() {
    ExpressionPtr left = unary();
    while (current().is_symbol("**")) {
      const Position at = take().at;
      left = chain(std::move(left), Kind::binary, at, "**", unary());
    }
    return left;
  }

  ExpressionPtr unary(bool with_filters = true) {
    const Depth depth(*this);
    ExpressionPtr made;
    if (current().is_symbol("-") || current().is_symbol("+")) {
      const Token sign = take();
      made = make(Kind::unary, sign.at, sign.text, unary(false));
    } else {
      made = primary();
    }
    made = postfix(measured(std::move(made)));
    return with_filters ? filters_and_tests(std::move(made)) : std::move(made);
  }

  ExpressionPtr literal(Position at, Value value) {
    ExpressionPtr made = make(Kind::literal, at);
    made->value = std::move(value);
    return made;
  }

  ExpressionPtr primary() {
    const Token token = current();
    switch (token.kind) {
      case TokenKind::name:
        return name();
      case TokenKind::string: {
        std::string text;
        while (current().kind == TokenKind::string) text += take().text;
        return literal(token.at, Value::text(std::move(text)));
      }
      case TokenKind::integer:
        take();
        return literal(token.at, integer(token));
      case TokenKind::real:
        take();
        return literal(token.at, Value::real(std::strtod(token.text.c_str(), nullptr)));
      default:
        break;
    }
    if (skip_symbol("(")) {
      ExpressionPtr inner = tuple(true, {}, true);
      expect_symbol(")");
      return inner;
    }
    if (token.is_symbol("[")) return list();
    if (token.is_symbol("{")) return dict();
    fail("unexpected " + described(token));
  }

  Value integer(const Token& token) const {
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

  ExpressionPtr name() {
    const Token token = take();
    if (token.text == "true" || token.text == "True") return literal(token.at, Value::boolean(true));
    if (token.text == "false" || token.text == "False") return literal(token.at, Value::boolean(false));
    if (token.text == "none" || token.text == "None") return literal(token.at, Value());
    for (Statement* macro : macros_) {
      macro->uses_caller |= token.text == "caller";
      macro->uses_varargs |= token.text == "varargs";
      macro->uses_kwargs |= token.text == "kwargs";
    }
    return make(Kind::name, token.at, token.text);
  }

  ExpressionPtr list() {
    ExpressionPtr made = make(Kind::list, take().at);
    while (!current().is_symbol("]")) {
      if (!made->parts.empty()) expect_symbol(",");
      if (current().is_symbol("]")) break;
      made->parts.push_back(expression());
    }
    expect_symbol("]");
    return made;
  }

  ExpressionPtr dict() {
    ExpressionPtr made = make(Kind::dict, take().at);
    while (!current().is_symbol("}")) {
      if (!made->parts.empty()) expect_symbol(",");
      if (current().is_symbol("}")) break;
      made->parts.push_back(expression());
      expect_symbol(":");
      made->parts.push_back(expression());
    }
    expect_symbol("}");
    return made;
  }

  ExpressionPtr postfix(ExpressionPtr made) {
    while (current().is_symbol(".") || current().is_symbol("[") || current().is_symbol("(")) {
      made = measured(current().is_symbol("(") ? call(std::move(made)) : subscript(std::move(made)));
    }
    return made;
  }

  ExpressionPtr filters_and_tests(ExpressionPtr made) {
    while (true) {
      made = measured(std::move(made));
      if (current().is_symbol("|")) {
        take();
        made = one_filter(std::move(made));
      } else if (current().is_name("is")) {
        made = test(std::move(made));
      } else if (current().is_symbol("(")) {
        made = call(std::move(made));
      } else {
        return made;
      }
    }
  }

  ExpressionPtr subscript(ExpressionPtr object) {
    const Token token = take();
    if (token.text == ".") {
      const Token member = take();
      if (member.kind == TokenKind::name)
        return make(Kind::attribute, token.at, member.text, std::move(object));
      if (member.kind != TokenKind::integer) throw_template_error("expected a name or number", member.at);
      return make(Kind::item, token.at, "", std::move(object), literal(member.at, integer(member)));
    }
    std::vector<ExpressionPtr> keys;
    while (!current().is_symbol("]")) {
      if (!keys.empty()) expect_symbol(",");
      keys.push_back(subscribed());
    }
    expect_symbol("]");
    if (keys.size() == 1) return make(Kind::item, token.at, "", std::move(object), std::move(keys.front()));
    ExpressionPtr key = make(Kind::tuple, token.at);
    for (const ExpressionPtr& part : keys) {
      if (part->kind == Kind::slice)
        throw_template_error("a slice beside other indices is not supported", token.at);
    }
    key->parts = std::move(keys);
    return make(Kind::item, token.at, "", std::move(object), std::move(key));
  }

  ExpressionPtr subscribed() {
    const Position at = current().at;
    ExpressionPtr start = current().is_symbol(":") ? nullptr : expression();
    if (start && !current().is_symbol(":")) return start;
    expect_symbol(":");
    const auto bound = [&]() -> ExpressionPtr {
      const bool none = current().is_symbol(":") || current().is_symbol("]") || current().is_symbol(",");
      return none ? nullptr : expression();
    };
    ExpressionPtr stop = bound();
    ExpressionPtr step = skip_symbol(":") ? bound() : nullptr;
    return make(Kind::slice, at, "", std::move(start), std::move(stop), std::move(step));
  }

  ExpressionPtr call(ExpressionPtr callee) {
    ExpressionPtr made = make(Kind::call, current().at, "", std::move(callee));
    made->arguments = arguments();
    return made;
  }

  std::vector<Argument> arguments() {
    std::vector<Argument> all;
    const auto has = [&](Argument::Kind kind) {
      return std::any_of(all.begin(), all.end(),
                         [&](const Argument& argument) { return argument.kind == kind; });
    };
    using A = Argument::Kind;
    expect_symbol("(");
    while (!current().is_symbol(")")) {
      if (!all.empty()) expect_symbol(",");
      if (current().is_symbol(")")) break;
      Argument argument;
      if (skip_symbol("*")) {
        argument.kind = A::spread_list;
      } else if (skip_symbol("**")) {
        argument.kind = A::spread_dict;
      } else if (current().kind == TokenKind::name && ahead().is_symbol("=")) {
        argument.kind = A::named;
        argument.name = take().text;
        take();
      }
      const bool late_positional = argument.kind == A::positional && has(A::named);
      const bool twice = argument.kind == A::spread_list && has(A::spread_list);
      if (late_positional || twice || has(A::spread_dict) ||
          (argument.kind == A::positional && has(A::spread_list))) {
        fail("invalid order of the arguments of a call");
      }
      argument.value = expression();
      all.push_back(std::move(argument));
    }
    expect_symbol(")");
    return all;
  }

  std::string dotted_name() {
    std::string text = expect_any_name();
    while (skip_symbol(".")) text += "." + expect_any_name();
    return text;
  }

  ExpressionPtr one_filter(ExpressionPtr input) {
    const Position at = current().at;
    ExpressionPtr made = make(Kind::filter, at, dotted_name(), std::move(input));
    if (find_filter(made->name) == nullptr && branches_ == 0) {  // in a condition it may never be reached
      throw_template_error(fmt::format("no filter named '{}'", made->name), at,
                           suggest_name(made->name, filter_names()));
    }
    if (current().is_symbol("(")) made->arguments = arguments();
    return made;
  }

  ExpressionPtr filters(ExpressionPtr made) {
    while (skip_symbol("|")) made = measured(one_filter(std::move(made)));
    return made;
  }

  ExpressionPtr test(ExpressionPtr input) {
    const Position at = take().at;
    const bool negated = skip_name("not");
    ExpressionPtr made = make(Kind::test, at, dotted_name(), std::move(input));
    if (find_test(made->name) == nullptr && branches_ == 0) {
      throw_template_error(fmt::format("no test named '{}'", made->name), at,
                           suggest_name(made->name, test_names()));
    }
    const TokenKind kind = current().kind;
    const bool opens = current().is_symbol("[") || current().is_symbol("{");
    const bool ends = current().is_name("else") || current().is_name("or") || current().is_name("and") ||
                      current().is_name("if") || current().is_name("in") || current().is_name("not");
    if (current().is_symbol("(")) {
      made->arguments = arguments();
    } else if (opens || kind == TokenKind::string || kind == TokenKind::integer || kind == TokenKind::real ||
               (kind == TokenKind::name && !ends)) {
      if (current().is_name("is")) fail("tests cannot be chained with 'is'");
      Argument argument;
      argument.value = postfix(primary());
      made->arguments.push_back(std::move(argument));
    }
    return negated ? make(Kind::negate, at, "", std::move(made)) : std::move(made);
  }

  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0, loops_ = 0;
  int branches_ = 0;                // of conditions around the current place
  std::vector<Statement*> macros_;  // the macros around it
};

}  // namespace

Block parse(std::string_view source) { return Parser(source).run(); }

}  // namespace evergreen::jinja
