#include "evergreen/data/record_parser.hpp"

#include <simdjson.h>

namespace evergreen {
namespace {

namespace dom = simdjson::dom;
static_assert(kChunkPadding >= simdjson::SIMDJSON_PADDING);

// The value of a field or of a path with dots; nothing where it is missing.
bool find_field(dom::object object, std::string_view path, dom::element& out) {
  if (object.at_key(path).get(out) == simdjson::SUCCESS) return true;
  for (size_t dot = path.find('.'); dot != std::string_view::npos; dot = path.find('.', dot + 1)) {
    dom::object inner;
    if (object.at_key(path.substr(0, dot)).get(inner) == simdjson::SUCCESS &&
        find_field(inner, path.substr(dot + 1), out))
      return true;
  }
  return false;
}

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

bool is_blank(std::string_view line) { return line.find_first_not_of(" \t\r") == std::string_view::npos; }

}  // namespace

struct RecordParser::State {
  FieldNames fields;
  dom::parser parser;

  void read_date(dom::object object, CorpusRecord& record) const {
    dom::element value;
    if (!find_field(object, fields.date, value) || value.is_null()) {
      record.bad = BadKind::no_date;
      return;
    }
    std::string_view text;
    double number = 0;
    if (value.get(text) == simdjson::SUCCESS) {
      record.date = parse_date(text);
    } else if (value.get(number) == simdjson::SUCCESS) {
      record.date = date_from_number(number);
    }
    if (!record.date) record.bad = BadKind::date_value;
  }

  void read_json(std::string_view line, CorpusRecord& record) {
    dom::element element;
    const auto error = parser.parse(line.data(), line.size(), false).get(element);
    dom::object object;
    if (error == simdjson::UTF8_ERROR) {
      record.bad = BadKind::not_utf8;
    } else if (error == simdjson::MEMALLOC) {
      throw std::bad_alloc();
    } else if (error != simdjson::SUCCESS || element.get(object) != simdjson::SUCCESS) {
      // The parser stops at what it finds first; text that is no UTF-8 is told as such.
      record.bad = simdjson::validate_utf8(line.data(), line.size()) ? BadKind::not_json : BadKind::not_utf8;
    }
    if (record.bad) return;
    if (!find_field(object, fields.text, element) || element.is_null()) {
      record.bad = BadKind::no_text;
    } else if (element.get(record.text) != simdjson::SUCCESS) {
      record.bad = BadKind::text_type;
    } else if (!fields.date.empty()) {
      read_date(object, record);
    }
  }
};

RecordParser::RecordParser(const FieldNames& fields) : state_(std::make_unique<State>()) {
  state_->fields = fields;
}
RecordParser::~RecordParser() = default;
RecordParser::RecordParser(RecordParser&&) noexcept = default;

CorpusRecord RecordParser::json_record(const CorpusChunk& chunk, size_t begin, size_t size, int64_t line) {
  CorpusRecord record{.line = line, .begin = begin, .size = size};
  state_->read_json(chunk.text().substr(begin, size), record);
  return record;
}

CorpusRecord RecordParser::parse(const CorpusChunk& chunk, size_t begin, size_t size, int64_t line) {
  if (chunk.file->format == CorpusFormat::json_lines) return json_record(chunk, begin, size, line);
  CorpusRecord record{.line = line, .begin = begin, .size = size};
  if (chunk.file->format == CorpusFormat::text) {
    record.text = chunk.text();
    if (record.text.starts_with(kByteOrderMark)) record.text.remove_prefix(kByteOrderMark.size());
  } else {
    record.text = std::string_view(chunk.rows.text).substr(begin, size);
  }
  if (!simdjson::validate_utf8(record.text.data(), record.text.size())) {
    record.bad = BadKind::not_utf8;
  } else if (chunk.file->format == CorpusFormat::text && !state_->fields.date.empty()) {
    record.bad = BadKind::no_date;
  }
  return record;
}

void RecordParser::for_each(const CorpusChunk& chunk, const std::function<bool(const CorpusRecord&)>& use) {
  if (chunk.file->format == CorpusFormat::text) {
    use(parse(chunk, 0, chunk.size, 0));
    return;
  }
  if (chunk.file->format == CorpusFormat::parquet) {
    const bool dated = !state_->fields.date.empty();
    size_t begin = 0, date_begin = 0;
    for (size_t row = 0; row < chunk.rows.text_lengths.size(); ++row) {
      const int64_t line = chunk.first_line + static_cast<int64_t>(row),
                    length = chunk.rows.text_lengths[row];
      const auto size = static_cast<size_t>(std::max<int64_t>(0, length));
      CorpusRecord record = parse(chunk, begin, size, line);
      if (length < 0) record.bad = BadKind::no_text;
      if (dated) {
        const int64_t date_length = chunk.rows.date_lengths[row];
        const auto date_size = static_cast<size_t>(std::max<int64_t>(0, date_length));
        if (!record.bad && date_length < 0) record.bad = BadKind::no_date;
        record.date = parse_date(std::string_view(chunk.rows.dates).substr(date_begin, date_size));
        if (!record.bad && !record.date) record.bad = BadKind::date_value;
        date_begin += date_size;
      }
      begin += size;
      if (!use(record)) return;
    }
    return;
  }
  const std::string_view text = chunk.text();
  int64_t line = chunk.first_line;
  const size_t first = line == 1 && text.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0;
  for (size_t begin = first; begin < text.size(); ++line) {
    size_t end = text.find('\n', begin);
    if (end == std::string_view::npos) end = text.size();
    if (!is_blank(text.substr(begin, end - begin)) && !use(json_record(chunk, begin, end - begin, line)))
      return;
    begin = end + 1;
  }
}

}  // namespace evergreen
