#include <fmt/format.h>

#include "evergreen/text/jinja/filter_groups.hpp"
#include "evergreen/text/jinja/text_methods.hpp"
#include "evergreen/text/unicode.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen::jinja {
namespace {

// A method of str, applied to str(value).
template <const char* name>
Value by_method(Runtime& runtime, const Value& input, CallArguments& arguments) {
  return call_method(runtime, runtime.text(runtime.str(input)), name, arguments);
}
constexpr char kCapitalize[] = "capitalize", kLower[] = "lower", kUpper[] = "upper", kTrim[] = "strip";

Value title(Runtime& runtime, const Value& input, CallArguments&) {
  std::string out;
  bool begins = true;  // Jinja's own rule: after one of -, white space, ( { [ <
  const std::string text = runtime.str(input);
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    const std::string_view character = std::string_view(text).substr(at, next.bytes);
    out += begins ? to_upper(character) : to_lower(character);
    begins = is_python_space(next.code) ||
             (next.code < 0x80 &&
              std::string_view("-({[<").find(static_cast<char>(next.code)) != std::string_view::npos);
    at += next.bytes;
  }
  return runtime.text(std::move(out));
}

Value center(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "center", arguments, {"width"});
  CallArguments width;
  width.positional.push_back(Value::integer(bound.whole_or(0, 80)));
  return call_method(runtime, runtime.text(runtime.str(input)), "center", width);
}

Value replace(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "replace", arguments, {"old", "new", "count"});
  CallArguments call;
  call.positional = {runtime.text(runtime.str(bound.get(0))), runtime.text(runtime.str(bound.get(1)))};
  if (bound.has(2) && !bound.get(2).is_none()) call.positional.push_back(bound.get(2));
  return call_method(runtime, runtime.text(runtime.str(input)), "replace", call);
}

Value format(Runtime& runtime, const Value& input, CallArguments& arguments) {
  if (!arguments.positional.empty() && !arguments.named.empty()) {
    runtime.fail("can't handle positional and keyword arguments at the same time");
  }
  if (arguments.named.empty()) {
    const Value values = runtime.sequence(arguments.positional, Sequence::Form::tuple);
    return runtime.text(format_percent(runtime, runtime.str(input), values));
  }
  Dict values;
  for (const auto& [name, value] : arguments.named) values.set(name, value);
  return runtime.text(format_percent(runtime, runtime.str(input), runtime.dict(std::move(values))));
}

Value indent(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "indent", arguments, {"width", "first", "blank"});
  if (!input.is_text()) {
    runtime.require_defined(input);
    runtime.fail(fmt::format("unsupported operand type(s) for +=: '{}' and 'str'", type_name(input)));
  }
  std::string margin(4, ' ');
  if (bound.has(0) && bound.get(0).is_text()) {
    margin = bound.text(0);
  } else if (bound.has(0)) {
    const int64_t width = std::max<int64_t>(bound.whole(0), 0);
    runtime.charge(width);
    margin = std::string(static_cast<size_t>(width), ' ');
  }
  std::string out;
  bool is_first = true;
  for (const std::string& line : split_lines(input.as_text() + "\n", false)) {
    const bool indented = is_first ? bound.flag_or(1, false) : bound.flag_or(2, false) || !line.empty();
    if (!is_first) out += '\n';
    if (indented) out += margin;
    runtime.charge(static_cast<int64_t>(line.size() + margin.size()));
    out += line;
    is_first = false;
  }
  return runtime.text(std::move(out));
}

Value truncate(Runtime& runtime, const Value& input, CallArguments& arguments) {
  const BoundArguments bound(runtime, "truncate", arguments, {"length", "killwords", "end", "leeway"});
  const std::string text = runtime.str(input), end = bound.text_or(2, "...");
  const int64_t length = bound.whole_or(0, 255),
                leeway = bound.has(3) && !bound.get(3).is_none() ? bound.whole(3) : 5;
  const auto end_length = static_cast<int64_t>(count_code_points(end));
  if (length < end_length) runtime.fail(fmt::format("expected length >= {}, got {}", end_length, length));
  if (leeway < 0) runtime.fail(fmt::format("expected leeway >= 0, got {}", leeway));
  const auto size = static_cast<int64_t>(count_code_points(text));
  if (size <= length || size - length <= leeway) return runtime.text(text);
  std::string kept = text.substr(0, byte_of_character(text, static_cast<size_t>(length - end_length)));
  if (!bound.flag_or(1, false)) kept = split(kept, " ", 1, true).front();
  return runtime.text(kept + end);
}

Value word_count(Runtime& runtime, const Value& input, CallArguments&) {
  int64_t words = 0;
  bool inside = false;
  const std::string text = runtime.str(input);
  for (size_t at = 0; at < text.size();) {
    const Utf8Char next = decode_utf8(text, at);
    const std::string_view character = std::string_view(text).substr(at, next.bytes);
    const bool word = next.code == '_' || all_characters(character, "alnum");
    words += word && !inside;
    inside = word;
    at += next.bytes;
  }
  return Value::integer(words);
}

Value escape(Runtime& runtime, const Value& input, CallArguments&) {
  if (input.is_markup()) return input;
  return runtime.text(escape_html(runtime.str(input)), true);
}

Value force_escape(Runtime& runtime, const Value& input, CallArguments&) {
  return runtime.text(escape_html(runtime.str(input)), true);
}

Value safe(Runtime& runtime, const Value& input, CallArguments&) {
  return runtime.text(runtime.str(input), true);
}

Value string(Runtime& runtime, const Value& input, CallArguments&) {
  return input.is_text() ? input : runtime.text(runtime.str(input));
}

Value url_encode(Runtime& runtime, const Value& input, CallArguments&) {
  const auto encode = [](std::string_view text, bool for_query) {
    std::string out;
    for (const char c : text) {
      const bool plain = std::isalnum(static_cast<unsigned char>(c)) ||
                         std::string_view("_.-~").find(c) != std::string_view::npos;
      if (plain || (c == '/' && !for_query)) {
        out.push_back(c);
      } else if (c == ' ' && for_query) {
        out.push_back('+');
      } else {
        out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
      }
    }
    return out;
  };
  if (input.is_text() || !(input.is_dict() || input.is_sequence())) {
    return runtime.text(encode(runtime.str(input), false));
  }
  std::string out;
  const auto add = [&](const Value& name, const Value& value) {
    if (!out.empty()) out += '&';
    out += encode(runtime.str(name), true) + "=" + encode(runtime.str(value), true);
  };
  if (input.is_dict()) {
    for (const auto& [name, value] : input.as_dict().entries()) add(name, value);
  } else {
    for (const Value& pair : runtime.iterate(input)) {
      const std::vector<Value> parts = runtime.iterate(pair);
      if (parts.size() != 2) runtime.fail("urlencode needs pairs");
      add(parts[0], parts[1]);
    }
  }
  return runtime.text(std::move(out));
}

}  // namespace

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&#34;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out.push_back(c);
    }
  }
  return out;
}

FilterTable text_filters() {
  return {{"capitalize", by_method<kCapitalize>},
          {"center", center},
          {"e", escape},
          {"escape", escape},
          {"forceescape", force_escape},
          {"format", format},
          {"indent", indent},
          {"lower", by_method<kLower>},
          {"replace", replace},
          {"safe", safe},
          {"string", string},
          {"title", title},
          {"trim", by_method<kTrim>},
          {"truncate", truncate},
          {"upper", by_method<kUpper>},
          {"urlencode", url_encode},
          {"wordcount", word_count}};
}

}  // namespace evergreen::jinja
