#include "evergreen/text/jinja/dialect.hpp"

#include <gtest/gtest.h>

#include "evergreen/text/jinja/evaluator.hpp"
#include "evergreen/text/jinja/parser.hpp"
#include "tests/support/errors.hpp"

namespace evergreen::jinja {
namespace {

std::string rendered(const std::string& source, const Dialect& dialect) {
  Runtime runtime({}, dialect);
  return render(parse(source, dialect), runtime, Dict()).text;
}

TEST(Dialect, TrimmingIsAChoice) {
  const std::string source = "a\n  {% if true %}\nb\n{% endif %}\n";
  EXPECT_EQ(rendered(source, kDefaultDialect), "a\nb\n");
  const Dialect plain = {.trim_blocks = false, .lstrip_blocks = false, .keep_trailing_newline = true};
  EXPECT_EQ(rendered(source, plain), "a\n  \nb\n\n");
}

TEST(Dialect, StrictOnesRefuseWhatIsUndefined) {
  const Dialect strict = {.strict_undefined = true};
  for (const char* source : {"{{x}}", "{% for a in x %}{% endfor %}", "{{x | length}}", "{{1 in x}}"}) {
    EXPECT_NO_THROW(rendered(source, kDefaultDialect)) << source;
    test::expect_error(ErrorKind::input, "'x' is undefined", [&] { rendered(source, strict); });
  }
  EXPECT_EQ(rendered("{{'no' if x is not defined}}", strict), "no");
}

TEST(Dialect, MayHaveFiltersOfItsOwn) {
  const Dialect dialect = {.filters = {{"twice", [](Runtime& r, const Value& v, CallArguments&) {
                                          return r.text(r.str(v) + r.str(v));
                                        }}}};
  EXPECT_EQ(rendered("{{['a', 1] | map('twice') | join(',')}}", dialect), "aa,11");
  test::expect_error(ErrorKind::input, "twice", [] { rendered("{{'a' | twice}}", kDefaultDialect); });
}

TEST(Dialect, AnExpressionAloneHasAValue) {
  Runtime runtime(Limits{});
  EXPECT_TRUE(evaluate(parse("{{[1, 2]}}"), runtime, Dict()).is_sequence());
  EXPECT_EQ(evaluate(parse("{{1}}{{2}}"), runtime, Dict()).as_text(), "12");
}

}  // namespace
}  // namespace evergreen::jinja
