#include "evergreen/eval/checks.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <memory>
#include <set>

#include <fmt/format.h>
#include <utf8proc.h>

#include "evergreen/base/json.hpp"
#include "evergreen/base/nearest.hpp"
#include "evergreen/eval/answers.hpp"
#include "evergreen/eval/regex.hpp"
#include "evergreen/text/utf8.hpp"

namespace evergreen {
namespace {

// The members of one check; what a kind does not ask for is an error.
class Members {
 public:
  Members(const Json& object, std::string where) : object_(object), where_(std::move(where)) {}

  template <class T>
  T get(const std::string& name) {
    known_.push_back(name);
    return json_get<T>(object_, name, where_);
  }
  template <class T>
  T get_or(const std::string& name, T fallback) {
    known_.push_back(name);
    return json_get_or<T>(object_, name, fallback, where_);
  }
  bool has(const std::string& name) const { return object_.contains(name); }
  const Json& value(const std::string& name) {
    known_.push_back(name);
    return object_.at(name);
  }
  const std::string& where() const { return where_; }

  void require_all_known() const {
    for (const auto& [name, value] : object_.items()) {
      if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
      throw Error(ErrorKind::input, fmt::format("a check of this kind has no member '{}'", name), where_,
                  suggest_name(name, known_));
    }
  }

 private:
  const Json& object_;
  std::string where_;
  std::vector<std::string> known_;
};

std::string fold_case(std::string_view text) {
  std::string folded;
  for (size_t at = 0; at < text.size();) {
    const Utf8Char c = decode_utf8(text, at);
    append_utf8(folded, static_cast<char32_t>(utf8proc_tolower(static_cast<utf8proc_int32_t>(c.code))));
    at += c.bytes;
  }
  return folded;
}

// A check of the stripped response against a text, both without case where asked.
template <class Compare>
ResponseCheck text_check(Members& m, Compare compare) {
  const bool ignore_case = m.get_or<bool>("ignore_case", false);
  const auto text = m.get<std::string>("text");
  const std::string wanted = ignore_case ? fold_case(text) : text;
  return [=](std::string_view response) {
    return compare(ignore_case ? fold_case(strip(response)) : std::string(strip(response)), wanted);
  };
}

ResponseCheck enclosed_check(std::string open, std::string close, std::optional<std::string> inside) {
  return [=](std::string_view response) {
    const std::string_view text = strip(response);
    if (text.size() < open.size() + close.size() || !text.starts_with(open) || !text.ends_with(close))
      return false;
    const std::string_view between = text.substr(open.size(), text.size() - open.size() - close.size());
    if (inside) return strip(between) == *inside;
    const bool again = between.find(open) != between.npos || between.find(close) != between.npos;
    return !again && !strip(between).empty();
  };
}

std::optional<std::string> optional_text(Members& m) {
  return m.has("text") ? std::optional(m.get<std::string>("text")) : std::nullopt;
}

ResponseCheck make_quoted(Members& m) {
  const std::optional<std::string> inside = optional_text(m);
  std::vector<ResponseCheck> kinds;
  for (const auto& [open, close] :
       {std::pair("\"", "\""), std::pair("\u201C", "\u201D"), std::pair("\u00AB", "\u00BB")}) {
    kinds.push_back(enclosed_check(open, close, inside));
  }
  return [kinds](std::string_view response) {
    return std::any_of(kinds.begin(), kinds.end(),
                       [&](const ResponseCheck& check) { return check(response); });
  };
}

ResponseCheck make_repeated(Members& m) {
  const auto text = m.get<std::string>("text");
  const auto times = m.get<int64_t>("times");
  if (text.empty() || times < 1)
    throw Error(ErrorKind::input, "'text' is empty or 'times' is less than 1", m.where());
  return [=](std::string_view response) {
    std::string_view left = strip(response);
    int64_t count = 0;
    while (left.starts_with(text)) {
      ++count;
      left.remove_prefix(text.size());
      const size_t next = left.find_first_not_of(" \t\r\n,;");
      if (next == 0) return false;  // "abab" is one word, not two
      left.remove_prefix(std::min(next, left.size()));
    }
    return left.empty() && count == times;
  };
}

struct Range {
  int64_t min = 0, max = 0;
  bool holds(int64_t n) const { return n >= min && n <= max; }
};

Range read_range(Members& m, int64_t smallest) {
  const Range range{m.get_or<int64_t>("min", smallest),
                    m.get_or<int64_t>("max", std::numeric_limits<int64_t>::max())};
  if (range.min > range.max)
    throw Error(ErrorKind::input, fmt::format("'min' {} is more than 'max' {}", range.min, range.max),
                m.where());
  return range;
}

ResponseCheck make_list(Members& m) {
  const Range range = read_range(m, 1);
  const Regex item(R"(\s*(?:[-*\x{2022}]|[0-9]+[.)])\s+\S.*)");
  return [=](std::string_view response) {
    std::string_view left = strip(response);
    int64_t items = 0;
    while (!left.empty()) {
      const std::string_view line = left.substr(0, left.find('\n'));
      left.remove_prefix(std::min(left.size(), line.size() + 1));
      if (strip(line).empty()) continue;
      if (!item.matches(strip(line))) return false;
      ++items;
    }
    return range.holds(items);
  };
}

ResponseCheck make_json(Members& m) {
  const bool has_key = m.has("key"), has_value = m.has("value");
  const std::string key = has_key ? m.get<std::string>("key") : "";
  const Json value = has_value ? m.value("value") : Json();
  if (has_value && !has_key) throw Error(ErrorKind::input, "'value' without 'key'", m.where());
  return [=](std::string_view response) {
    const Json document = Json::parse(strip(response), nullptr, false);
    if (document.is_discarded()) return false;
    if (!has_key) return true;
    return document.is_object() && document.contains(key) && (!has_value || document.at(key) == value);
  };
}

ResponseCheck make_regex(Members& m) {
  const Regex pattern(m.get<std::string>("pattern"), m.get_or<bool>("ignore_case", false));
  const bool whole = m.get_or<bool>("whole", false);
  return [=](std::string_view response) {
    return whole ? pattern.matches(strip(response)) : pattern.found_in(strip(response));
  };
}

ResponseCheck make_words(Members& m) {
  const Range range = read_range(m, 0);
  return [=](std::string_view response) {
    const std::string_view text = strip(response);
    return range.holds(text.empty() ? 0 : count_words(text));
  };
}

ResponseCheck case_check(int (*forbidden)(utf8proc_int32_t)) {
  return [=](std::string_view response) {
    for (size_t at = 0; at < response.size();) {
      const Utf8Char c = decode_utf8(response, at);
      if (forbidden(static_cast<utf8proc_int32_t>(c.code)) != 0) return false;
      at += c.bytes;
    }
    return !strip(response).empty();
  };
}

struct Kind {
  const char* name;
  ResponseCheck (*make)(Members& m);
};

constexpr std::array kKinds = {
    Kind{"equals",
         [](Members& m) { return text_check(m, [](const auto& r, const auto& t) { return r == t; }); }},
    Kind{"contains",
         [](Members& m) {
           return text_check(m, [](const auto& r, const auto& t) { return r.find(t) != r.npos; });
         }},
    Kind{"starts_with",
         [](Members& m) {
           return text_check(m, [](const auto& r, const auto& t) { return r.starts_with(t); });
         }},
    Kind{"ends_with",
         [](Members& m) {
           return text_check(m, [](const auto& r, const auto& t) { return r.ends_with(t); });
         }},
    Kind{"quoted", make_quoted},
    Kind{"enclosed",
         [](Members& m) {
           return enclosed_check(m.get<std::string>("open"), m.get<std::string>("close"), optional_text(m));
         }},
    Kind{"repeated", make_repeated},
    Kind{"list", make_list},
    Kind{"json", make_json},
    Kind{"regex", make_regex},
    Kind{"words", make_words},
    Kind{"lowercase", [](Members&) { return case_check(utf8proc_isupper); }},
    Kind{"uppercase", [](Members&) { return case_check(utf8proc_islower); }},
};

}  // namespace

std::vector<std::string> check_kinds() {
  std::vector<std::string> names;
  for (const Kind& kind : kKinds) names.emplace_back(kind.name);
  return names;
}

ResponseCheck make_check(const std::string& json, const std::string& where) {
  const Json object = parse_json(json, where);
  Members members(object, where);
  const auto name = members.get<std::string>("check");
  const bool negated = members.get_or<bool>("not", false);
  const auto kind = std::find_if(kKinds.begin(), kKinds.end(), [&](const Kind& k) { return name == k.name; });
  if (kind == kKinds.end()) {
    throw Error(ErrorKind::input, fmt::format("there is no check '{}'", name), where,
                suggest_name(name, check_kinds()));
  }
  ResponseCheck check = kind->make(members);
  members.require_all_known();
  if (!negated) return check;
  return [check](std::string_view response) { return !check(response); };
}

}  // namespace evergreen
