#include "evergreen/base/json.hpp"

#include <set>
#include <vector>

namespace evergreen {
namespace {

constexpr const char* kAdvice = "the file is damaged: fetch it again, or correct it if it was edited";

// Follows the parser and refuses what nlohmann would let pass: repeated names and deep nesting.
class StrictParse {
 public:
  StrictParse(const std::string& where, int max_depth) : where_(where), max_depth_(max_depth) {}

  bool operator()(int depth, Json::parse_event_t event, Json& value) {
    using Event = Json::parse_event_t;
    if (event == Event::object_start || event == Event::array_start) {
      if (depth >= max_depth_) {
        throw Error(ErrorKind::input, fmt::format("the JSON is nested deeper than {} levels", max_depth_),
                    where_);
      }
      if (event == Event::object_start) names_.emplace_back();
    } else if (event == Event::key) {
      const std::string& name = value.get_ref<const std::string&>();
      if (!names_.back().insert(name).second) {
        throw Error(ErrorKind::input, fmt::format("the name '{}' occurs twice in one JSON object", name),
                    where_, kAdvice);
      }
    } else if (event == Event::object_end) {
      names_.pop_back();
    }
    return true;
  }

 private:
  const std::string& where_;
  int max_depth_;
  std::vector<std::set<std::string>> names_;
};

std::string line_and_column(std::string_view text, size_t byte) {
  size_t line = 1, column = 1;
  for (size_t i = 0; i + 1 < byte && i < text.size(); ++i) {
    column = text[i] == '\n' ? 1 : column + 1;
    line += text[i] == '\n' ? 1 : 0;
  }
  return fmt::format("line {}, column {}", line, column);
}

}  // namespace

Json parse_json(std::string_view text, const std::string& where, int max_depth) {
  if (text.find('\0') !=
      std::string_view::npos) {  // the parser would take it for the end, and ignore the rest
    throw Error(ErrorKind::input, "this is not valid JSON: it holds a zero byte", where, kAdvice);
  }
  StrictParse strict(where, max_depth);
  try {
    return Json::parse(text, std::ref(strict));
  } catch (const Json::parse_error& error) {
    throw Error(ErrorKind::input,
                "this is not valid JSON: it breaks off at " + line_and_column(text, error.byte), where,
                kAdvice);
  } catch (const Json::exception& error) {  // a number out of range
    throw Error(ErrorKind::input, std::string("this JSON cannot be read: ") + error.what(), where);
  }
}

Json read_json(const fs::path& path, int max_depth) {
  return parse_json(read_text(path), path.string(), max_depth);
}

void throw_json_member(const std::string& name, const std::string& where, const std::string& problem) {
  throw Error(ErrorKind::input, fmt::format("'{}' {}", name, problem), where);
}

std::string to_text(const OrderedJson& json) {
  return json.dump(2, ' ', false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace evergreen
