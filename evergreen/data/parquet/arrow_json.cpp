// Parquet rows as JSON lines (parquet_reader.hpp says which type becomes what).
#include <cmath>

#include <arrow/api.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>

#include "evergreen/base/json.hpp"
#include "evergreen/data/parquet/arrow_errors.hpp"
#include "evergreen/data/parquet/entry.hpp"

namespace evergreen {
namespace {

using arrow::Array;
using arrow::Type;

void append_text(std::string_view text, std::string& out) {
  out += Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

template <class T>
void append_number(const Array& array, int64_t row, std::string& out) {
  const auto value = static_cast<const T&>(array).Value(row);
  if constexpr (std::is_floating_point_v<decltype(value)>) {
    out += std::isfinite(value) ? fmt::format("{}", value) : std::string("null");
  } else {
    out += fmt::format("{}", value);
  }
}

// "2024-01-31T12:00:00", and the parts of a second as far as there are any.
std::string moment_text(int64_t value, int64_t per_second) {
  const int64_t parts = (value % per_second + per_second) % per_second;
  const int64_t seconds = (value - parts) / per_second;
  std::string text = fmt::format("{:%Y-%m-%dT%H:%M:%S}", fmt::gmtime(static_cast<std::time_t>(seconds)));
  if (parts == 0) return text;
  return text + fmt::format(".{:0{}}", parts, per_second == 1'000 ? 3 : per_second == 1'000'000 ? 6 : 9);
}

std::string day_text(int64_t days) {
  return fmt::format("{:%Y-%m-%d}", fmt::gmtime(static_cast<std::time_t>(days * 86400)));
}

int64_t units_per_second(const arrow::DataType& type) {
  switch (static_cast<const arrow::TimestampType&>(type).unit()) {
    case arrow::TimeUnit::SECOND:
      return 1;
    case arrow::TimeUnit::MILLI:
      return 1'000;
    case arrow::TimeUnit::MICRO:
      return 1'000'000;
    case arrow::TimeUnit::NANO:
      break;
  }
  return 1'000'000'000;
}

struct JsonWriter {
  const fs::path& path;
  std::string& out;

  void append(const Array& array, int64_t row, const std::string& column) const {
    if (array.IsNull(row)) {
      out += "null";
    } else if (!append_plain(array, row) && !append_nested(array, row, column)) {
      refuse_parquet(path, fmt::format("the column '{}' holds {}", column, array.type()->ToString()),
                     "leave the column out, or convert the file to .jsonl");
    }
  }

  // False for a type that is none of these.
  bool append_plain(const Array& array, int64_t row) const;
  bool append_nested(const Array& array, int64_t row, const std::string& column) const;

  template <class List>
  bool append_list(const Array& array, int64_t row, const std::string& column) const {
    const auto& list = static_cast<const List&>(array);
    out += '[';
    for (int64_t i = 0; i < list.value_length(row); ++i) {
      if (i > 0) out += ", ";
      append(*list.values(), list.value_offset(row) + i, column);
    }
    out += ']';
    return true;
  }

  template <class Column>
  void append_object(int columns, const Column& column, int64_t row) const {
    out += '{';
    for (int c = 0; c < columns; ++c) {
      const auto [name, values] = column(c);
      if (c > 0) out += ", ";
      append_text(name, out);
      out += ": ";
      append(*values, row, name);
    }
    out += '}';
  }
};

bool JsonWriter::append_plain(const Array& array, int64_t row) const {
  switch (array.type_id()) {
    case Type::BOOL:
      out += static_cast<const arrow::BooleanArray&>(array).Value(row) ? "true" : "false";
      return true;
    case Type::INT8:
      return append_number<arrow::Int8Array>(array, row, out), true;
    case Type::INT16:
      return append_number<arrow::Int16Array>(array, row, out), true;
    case Type::INT32:
      return append_number<arrow::Int32Array>(array, row, out), true;
    case Type::INT64:
      return append_number<arrow::Int64Array>(array, row, out), true;
    case Type::UINT8:
      return append_number<arrow::UInt8Array>(array, row, out), true;
    case Type::UINT16:
      return append_number<arrow::UInt16Array>(array, row, out), true;
    case Type::UINT32:
      return append_number<arrow::UInt32Array>(array, row, out), true;
    case Type::UINT64:
      return append_number<arrow::UInt64Array>(array, row, out), true;
    case Type::FLOAT:
      return append_number<arrow::FloatArray>(array, row, out), true;
    case Type::DOUBLE:
      return append_number<arrow::DoubleArray>(array, row, out), true;
    case Type::DECIMAL128:
      out += static_cast<const arrow::Decimal128Array&>(array).FormatValue(row);
      return true;
    case Type::STRING:
    case Type::BINARY:
      return append_text(static_cast<const arrow::BinaryArray&>(array).GetView(row), out), true;
    case Type::LARGE_STRING:
    case Type::LARGE_BINARY:
      return append_text(static_cast<const arrow::LargeBinaryArray&>(array).GetView(row), out), true;
    case Type::FIXED_SIZE_BINARY:
      return append_text(static_cast<const arrow::FixedSizeBinaryArray&>(array).GetView(row), out), true;
    case Type::DATE32:
      return append_text(day_text(static_cast<const arrow::Date32Array&>(array).Value(row)), out), true;
    case Type::DATE64:
      return append_text(day_text(static_cast<const arrow::Date64Array&>(array).Value(row) / 86'400'000),
                         out),
             true;
    case Type::TIMESTAMP:
      return append_text(moment_text(static_cast<const arrow::TimestampArray&>(array).Value(row),
                                     units_per_second(*array.type())),
                         out),
             true;
    default:
      return false;
  }
}

bool JsonWriter::append_nested(const Array& array, int64_t row, const std::string& column) const {
  switch (array.type_id()) {
    case Type::LIST:
    case Type::MAP:  // a list of {key, value}
      return append_list<arrow::ListArray>(array, row, column);
    case Type::LARGE_LIST:
      return append_list<arrow::LargeListArray>(array, row, column);
    case Type::FIXED_SIZE_LIST:
      return append_list<arrow::FixedSizeListArray>(array, row, column);
    case Type::DICTIONARY: {
      const auto& coded = static_cast<const arrow::DictionaryArray&>(array);
      return append(*coded.dictionary(), coded.GetValueIndex(row), column), true;
    }
    case Type::STRUCT: {
      const auto& object = static_cast<const arrow::StructArray&>(array);
      append_object(
          object.num_fields(),
          [&](int c) { return std::pair(object.struct_type()->field(c)->name(), object.field(c)); }, row);
      return true;
    }
    default:
      return false;
  }
}

std::unique_ptr<parquet::arrow::FileReader> open_file(const fs::path& path) {
  constexpr int64_t kBatchRows = 1024;
  parquet::arrow::FileReaderBuilder builder;
  require_ok(builder.OpenFile(path.string(), false), path);
  parquet::ArrowReaderProperties properties(false);
  properties.set_batch_size(kBatchRows);
  properties.set_pre_buffer(false);
  return value_of(builder.properties(properties)->Build(), path);
}

void append_lines(const fs::path& path, std::string& lines) {
  const std::unique_ptr<parquet::arrow::FileReader> reader = open_file(path);
  const auto batches = value_of(reader->GetRecordBatchReader(), path);
  const JsonWriter writer{path, lines};
  for (std::shared_ptr<arrow::RecordBatch> batch;;) {
    require_ok(batches->ReadNext(&batch), path);
    if (!batch) return;
    for (int64_t row = 0; row < batch->num_rows(); ++row) {
      writer.append_object(
          batch->num_columns(), [&](int c) { return std::pair(batch->column_name(c), batch->column(c)); },
          row);
      lines += '\n';
    }
  }
}

}  // namespace

extern "C" void evergreen_parquet_json_lines(const fs::path& path, std::string& lines) {
  translated(path, [&] { append_lines(path, lines); });
}

}  // namespace evergreen
