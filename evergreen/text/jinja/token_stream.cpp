#include "evergreen/text/jinja/token_stream.hpp"

#include <fmt/format.h>

namespace evergreen::jinja {

std::string TokenStream::described(const Token& token) {
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

bool TokenStream::skip_symbol(std::string_view symbol) {
  const bool found = current().is_symbol(symbol);
  if (found) take();
  return found;
}

bool TokenStream::skip_name(std::string_view name) {
  const bool found = current().is_name(name);
  if (found) take();
  return found;
}

void TokenStream::expect_symbol(std::string_view symbol) {
  if (!skip_symbol(symbol)) fail(fmt::format("expected '{}', got {}", symbol, described(current())));
}

void TokenStream::expect_kind(TokenKind kind) {
  if (current().kind != kind)
    fail(fmt::format("expected {}, got {}", described({kind, "", {}}), described(current())));
  take();
}

std::string TokenStream::expect_any_name() {
  if (current().kind != TokenKind::name) fail("expected a name, got " + described(current()));
  return take().text;
}

}  // namespace evergreen::jinja
