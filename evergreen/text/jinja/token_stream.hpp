// A template's tokens, one after the other, with the questions that a parser asks of them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evergreen/text/jinja/lexer.hpp"

namespace evergreen::jinja {

class TokenStream {
 public:
  TokenStream(std::string_view source, const Dialect& dialect)
      : dialect_(dialect), tokens_(tokenize(source, dialect)) {}

  const Dialect& dialect() const { return dialect_; }

  const Token& current() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[at_ + 1 < tokens_.size() ? at_ + 1 : at_]; }
  Token take() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }

  [[noreturn]] void fail(const std::string& message) const { throw_template_error(message, current().at); }
  static std::string described(const Token& token);

  bool skip_symbol(std::string_view symbol);
  bool skip_name(std::string_view name);
  void expect_symbol(std::string_view symbol);
  void expect_kind(TokenKind kind);
  std::string expect_any_name();

  // Source nested deeper than any template: refused before the recursion takes the stack.
  class Depth {
   public:
    explicit Depth(TokenStream& stream) : stream_(stream) {
      if (++stream_.depth_ > kMaxSourceDepth) stream_.fail("the template is nested too deeply");
    }
    ~Depth() { --stream_.depth_; }
    Depth(const Depth&) = delete;
    Depth& operator=(const Depth&) = delete;

   private:
    TokenStream& stream_;
  };

 private:
  const Dialect& dialect_;
  const std::vector<Token> tokens_;
  size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace evergreen::jinja
