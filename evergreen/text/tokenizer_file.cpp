#include "evergreen/text/tokenizer_file.hpp"

#include <set>

namespace evergreen {
namespace {

class Reader : public nlohmann::json_sax<Json> {
 public:
  Reader(TokenizerFile& file, const std::string& where) : file_(file), where_(where) {}

  bool null() override { return add(nullptr); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override {
    return part_ == Part::vocab ? add_id(value) : add(value);
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (part_ != Part::vocab) return add(value);
    return add_id(value > INT32_MAX ? -1 : static_cast<int64_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override { return add(value); }
  bool string(string_t& value) override { return part_ == Part::merges ? add_merge_part(value) : add(value); }
  bool binary(binary_t&) override { return false; }

  bool start_object(size_t) override {
    const bool is_vocab = at_model() && name_ == "vocab";
    Json* made = open(Json::object());
    if (is_vocab) {
      part_ = Part::vocab;
    } else {
      model_ = open_.size() == 2 && name_ == "model" ? made : model_;
      names_.emplace_back();
    }
    return true;
  }

  bool key(string_t& name) override {
    if (part_ == Part::vocab) {
      if (file_.tokens.find(name) >= 0) repeated(name);
      file_.tokens.add(name);
      return true;
    }
    if (!names_.back().insert(name).second) repeated(name);
    name_ = name;
    return true;
  }

  bool end_object() override {
    if (part_ != Part::vocab) names_.pop_back();
    part_ = Part::other;
    open_.pop_back();
    return true;
  }

  bool start_array(size_t) override {
    if (part_ == Part::merges) {
      if (in_merge_) wrong_merge();
      in_merge_ = true;
      merge_parts_ = 0;
      return true;
    }
    const bool is_merges = at_model() && name_ == "merges";
    open(Json::array());
    if (is_merges) part_ = Part::merges;
    return true;
  }

  bool end_array() override {
    if (part_ == Part::merges && in_merge_) {
      if (merge_parts_ != 2) wrong_merge();
      in_merge_ = false;
      return true;
    }
    part_ = Part::other;
    open_.pop_back();
    return true;
  }

  bool parse_error(size_t position, const std::string&, const nlohmann::detail::exception&) override {
    fail(fmt::format("this is not valid JSON: it breaks off at byte {}", position));
  }

 private:
  enum class Part { other, vocab, merges };

  [[noreturn]] void fail(const std::string& problem) const { throw Error(ErrorKind::input, problem, where_); }
  [[noreturn]] void repeated(const std::string& name) const {
    fail(fmt::format("the name '{}' occurs twice in one JSON object", name));
  }
  [[noreturn]] void wrong_merge() const {
    fail(fmt::format("merge {} is neither 'a b' nor ['a', 'b']", file_.merges.size() + 1));
  }

  bool at_model() const { return model_ != nullptr && !open_.empty() && open_.back() == model_; }

  Json* place(Json value) {
    if (open_.empty()) {
      file_.root = std::move(value);
      return &file_.root;
    }
    Json& parent = *open_.back();
    if (parent.is_object()) return &(parent[name_] = std::move(value));
    parent.push_back(std::move(value));
    return &parent.back();
  }

  Json* open(Json container) {
    if (part_ == Part::vocab) fail("an id in 'vocab' is not a whole number");
    if (part_ == Part::merges) wrong_merge();
    if (open_.size() >= kMaxJsonDepth)
      fail(fmt::format("the JSON is nested deeper than {} levels", kMaxJsonDepth));
    open_.push_back(place(std::move(container)));
    return open_.back();
  }

  bool add(Json value) {
    if (part_ == Part::vocab) fail("an id in 'vocab' is not a whole number");
    if (part_ == Part::merges) wrong_merge();
    place(std::move(value));
    return true;
  }

  bool add_id(int64_t id) {
    file_.ids.push_back(id);
    return true;
  }

  bool add_merge_part(std::string& part) {
    if (!in_merge_) {
      file_.merges.emplace_back(std::move(part), std::string());
    } else if (merge_parts_++ == 0) {
      file_.merges.emplace_back(std::move(part), std::string());
    } else if (merge_parts_ == 2) {
      file_.merges.back().second = std::move(part);
      // An empty token has no place in a merge, and here it would be taken for the form "a b".
      if (file_.merges.back().first.empty() || file_.merges.back().second.empty()) wrong_merge();
    } else {
      wrong_merge();
    }
    return true;
  }

  TokenizerFile& file_;
  const std::string& where_;
  Part part_ = Part::other;
  std::vector<Json*> open_;
  std::vector<std::set<std::string>> names_;
  std::string name_;
  const Json* model_ = nullptr;
  bool in_merge_ = false;
  int merge_parts_ = 0;
};

}  // namespace

TokenizerFile parse_tokenizer_file(std::string_view text, const std::string& where) {
  TokenizerFile file;
  Reader reader(file, where);
  try {
    Json::sax_parse(text, &reader);
  } catch (const Json::exception& error) {
    throw Error(ErrorKind::input, std::string("this JSON cannot be read: ") + error.what(), where);
  }
  return file;
}

}  // namespace evergreen
