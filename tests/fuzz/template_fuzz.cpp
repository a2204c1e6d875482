// A chat template: it must render or fail with an Error, within its limits, whatever it says.
#include <cstdint>
#include <string_view>

#include "evergreen/base/error.hpp"
#include "evergreen/text/chat_template.hpp"

namespace {

constexpr const char* kMessages = R"([{"role": "system", "content": "Be brief."},
  {"role": "user", "content": " Hi \u00e9 <b> "},
  {"role": "assistant", "content": null, "tool_calls": [{"function": {"name": "f", "arguments": {"a": [1, 2.5, "x"]}}}]},
  {"role": "tool", "content": "{}"}, {"role": "assistant", "content": "Bye", "thinking": "hm"}])";
constexpr const char* kTools =
    R"([{"type": "function", "function": {"name": "f", "parameters": {"properties": {}}}}])";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  evergreen::ChatOptions options;
  options.bos_token = "<s>";
  options.eos_token = "</s>";
  options.tools_json = kTools;
  options.now = evergreen::CalendarTime{2024, 7, 26, 12, 34, 56};
  options.limits = {.output_bytes = 1 << 16, .work = 1 << 18};
  try {
    const evergreen::ChatTemplate chat(std::string_view(reinterpret_cast<const char*>(data), size));
    const std::string text = chat.render_json(kMessages, options);
    if (text.size() > (1 << 16)) __builtin_trap();
    const evergreen::RenderedChat spans = chat.render_spans_json(kMessages, options);
    for (const evergreen::TextSpan& span : spans.assistant) {
      if (span.begin > span.end || span.end > spans.text.size()) __builtin_trap();
    }
  } catch (const evergreen::Error&) {
  }
  return 0;
}

extern "C" const char* const* evergreen_fuzz_words() {
  static const char* const words[] = {"{{ ",
                                      " }}",
                                      "{% ",
                                      " %}",
                                      "{%- ",
                                      " -%}",
                                      "{# ",
                                      " #}",
                                      "{% if ",
                                      "{% endif %}",
                                      "{% else %}",
                                      "{% elif ",
                                      "{% for x in ",
                                      "{% endfor %}",
                                      "{% set x = ",
                                      "{% macro m(a, b=1) %}",
                                      "{% endmacro %}",
                                      "{{ m(x) }}",
                                      "{% raw %}",
                                      "{% endraw %}",
                                      "{% generation %}",
                                      "{% endgeneration %}",
                                      "{% call m() %}",
                                      "{% endcall %}",
                                      "caller()",
                                      "{% filter upper %}",
                                      "{% endfilter %}",
                                      "{% with a = x %}",
                                      "{% endwith %}",
                                      "{% break %}",
                                      "messages",
                                      "messages[0]",
                                      ".content",
                                      ".role",
                                      "loop.last",
                                      "loop(x)",
                                      " recursive",
                                      "namespace(a=1)",
                                      "ns.a",
                                      "range(9)",
                                      " | tojson",
                                      " | tojson(indent=2)",
                                      " | length",
                                      " | list",
                                      " | map('upper')",
                                      " | sort",
                                      " | join('-')",
                                      " | trim",
                                      " | replace('a', 'bb')",
                                      " | batch(2)",
                                      " | groupby('role')",
                                      " | selectattr('role', 'equalto', 'user')",
                                      " | dictsort",
                                      " | items",
                                      " | default('')",
                                      " | int",
                                      " | round(2)",
                                      " | indent(4)",
                                      " | truncate(5)",
                                      " | format(1)",
                                      " is defined",
                                      " is string",
                                      " is mapping",
                                      " in ",
                                      " not in ",
                                      " and ",
                                      " or ",
                                      "not ",
                                      " if ",
                                      " else ",
                                      " ~ ",
                                      " + ",
                                      " * 99",
                                      " // 0",
                                      " ** 99",
                                      "[1:]",
                                      "[::-1]",
                                      "[::0]",
                                      ".split('a')",
                                      ".strip()",
                                      ".format(1)",
                                      ".items()",
                                      ".get('a')",
                                      ".startswith('a')",
                                      "'%d %s %5.2f'",
                                      "'{0:>9}'",
                                      "{'a': 1}",
                                      "[x, x]",
                                      "(x, 1)",
                                      "none",
                                      "true",
                                      "1.5",
                                      "9223372036854775807",
                                      "-1",
                                      "strftime_now('%Y')",
                                      "raise_exception('e')",
                                      "\xC3\xA9",
                                      "\xF0\x9F\x99\x82",
                                      nullptr};
  return words;
}
