#include "evergreen/eval/csv.hpp"

#include <fmt/format.h>

#include "evergreen/base/error.hpp"

namespace evergreen {
namespace {

class CsvReader {
 public:
  CsvReader(std::string_view text, const std::string& file) : text_(text), file_(file) {
    if (text_.starts_with("\xEF\xBB\xBF")) text_.remove_prefix(3);
  }

  std::vector<CsvRow> run() {
    std::vector<CsvRow> rows;
    while (at_ < text_.size()) {
      CsvRow row{{}, line_};
      do {
        row.cells.push_back(cell());
      } while (take(','));
      end_line();
      if (row.cells.size() > 1 || !row.cells.front().empty()) rows.push_back(std::move(row));
    }
    return rows;
  }

 private:
  bool take(char wanted) {
    if (at_ >= text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void end_line() {
    take('\r');
    if (take('\n')) ++line_;
  }

  std::string cell() {
    if (!take('"')) {
      const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
      std::string value(text_.substr(at_, end - at_));
      at_ = end;
      return value;
    }
    const size_t begun = line_;
    std::string value;
    for (;;) {
      if (at_ >= text_.size())
        throw Error(ErrorKind::input, "a quoted value does not end",
                    fmt::format("{}, line {}", file_, begun));
      const char c = text_[at_++];
      if (c == '\n') ++line_;
      if (c == '"' && !take('"')) break;
      value.push_back(c);
    }
    // Lenient as Python's csv: what stands between the closing quote and the comma belongs to the value.
    const size_t end = std::min(text_.find_first_of(",\r\n", at_), text_.size());
    value += text_.substr(at_, end - at_);
    at_ = end;
    return value;
  }

  std::string_view text_;
  const std::string& file_;
  size_t at_ = 0, line_ = 1;
};

}  // namespace

std::vector<CsvRow> parse_csv(std::string_view text, const std::string& file) {
  return CsvReader(text, file).run();
}

}  // namespace evergreen
