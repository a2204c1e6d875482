#include "evergreen/text/jinja/json_value.hpp"

#include "evergreen/base/json.hpp"

namespace evergreen::jinja {
namespace {

class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(const std::string& where) : where_(where) {}

  Value result;

  bool null() override { return add(Value()); }
  bool boolean(bool value) override { return add(Value::boolean(value)); }
  bool number_integer(number_integer_t value) override { return add(Value::integer(value)); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<number_unsigned_t>(INT64_MAX))
      fail(fmt::format("the number {} needs more than 64 bits", value));
    return add(Value::integer(static_cast<int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t& written) override {
    if (written.find_first_of(".eE") == string_t::npos)
      fail(fmt::format("the number {} needs more than 64 bits", written));
    return add(Value::real(value));
  }
  bool string(string_t& value) override { return add(Value::text(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(size_t) override { return open(true); }
  bool start_array(size_t) override { return open(false); }
  bool key(string_t& name) override {
    if (frames_.back().dict.find_name(name))
      fail(fmt::format("the name '{}' occurs twice in one JSON object", name));
    frames_.back().name = name;
    return true;
  }
  bool end_object() override {
    Dict dict = std::move(frames_.back().dict);
    frames_.pop_back();
    return add(Value::dict(std::move(dict)));
  }
  bool end_array() override {
    std::vector<Value> items = std::move(frames_.back().items);
    frames_.pop_back();
    return add(Value::sequence({.items = std::move(items)}));
  }
  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail(fmt::format("this is not valid JSON: it breaks off at byte {}", position));
  }

 private:
  struct Frame {
    bool is_object = false;
    Dict dict;
    std::vector<Value> items;
    std::string name;
  };

  [[noreturn]] void fail(const std::string& problem) const { throw Error(ErrorKind::input, problem, where_); }

  bool open(bool is_object) {
    if (frames_.size() >= kMaxJsonDepth)
      fail(fmt::format("the JSON is nested deeper than {} levels", kMaxJsonDepth));
    frames_.push_back({is_object, {}, {}, {}});
    return true;
  }

  bool add(Value value) {
    if (frames_.empty()) {
      result = std::move(value);
    } else if (frames_.back().is_object) {
      frames_.back().dict.set(frames_.back().name, std::move(value));
    } else {
      frames_.back().items.push_back(std::move(value));
    }
    return true;
  }

  const std::string& where_;
  std::vector<Frame> frames_;
};

}  // namespace

Value parse_json_value(std::string_view text, const std::string& where) {
  if (text.find('\0') !=
      std::string_view::npos) {  // the parser would take it for the end, and ignore the rest
    throw Error(ErrorKind::input, "this is not valid JSON: it holds a zero byte", where);
  }
  Builder builder(where);
  Json::sax_parse(text, &builder);
  return builder.result;
}

}  // namespace evergreen::jinja
