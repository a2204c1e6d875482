// A template's source as tokens, white space already trimmed as the dialect's trim_blocks and lstrip_blocks ask.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/jinja/dialect.hpp"
#include "evergreen/text/jinja/position.hpp"

namespace evergreen::jinja {

enum class TokenKind {
  data,            // text outside of tags
  variable_begin,  // {{
  variable_end,
  block_begin,  // {%
  block_end,
  name,
  integer,
  real,
  string,  // `text` holds the value, escapes resolved
  symbol,  // an operator or bracket
  end,
};

struct Token {
  TokenKind kind = TokenKind::end;
  std::string text;
  Position at;

  bool is_symbol(std::string_view symbol) const { return kind == TokenKind::symbol && text == symbol; }
  bool is_name(std::string_view name) const { return kind == TokenKind::name && text == name; }
};

// The last token is of kind `end`. `source` is well-formed UTF-8.
std::vector<Token> tokenize(std::string_view source, const Dialect& dialect);

}  // namespace evergreen::jinja
