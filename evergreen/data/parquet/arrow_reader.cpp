// Parquet by Arrow C++. A row group is read at a time, and of it some rows: a batch never spans two row groups, so
// that batches after skip() are those that reading from the start gives.
#include <algorithm>
#include <optional>

#include <arrow/api.h>
#include <fmt/format.h>
#include <parquet/arrow/reader.h>

#include "evergreen/base/nearest.hpp"
#include "evergreen/data/parquet/arrow_errors.hpp"
#include "evergreen/data/parquet/entry.hpp"

namespace evergreen {
namespace {

constexpr int64_t kBatchRows = 256;

using Column = std::shared_ptr<arrow::Array>;

int column_index(const parquet::SchemaDescriptor& schema, const std::string& name, const fs::path& path) {
  std::vector<std::string> names;
  for (int i = 0; i < schema.num_columns(); ++i) {
    names.push_back(schema.Column(i)->path()->ToDotString());
    if (names.back() == name) return i;
  }
  refuse_parquet(path, fmt::format("the file has no column '{}'", name),
                 suggest_name(name, names) + "; name it with --text-field or --date-field");
}

// The column `name` of a batch, through structs: "meta.text".
Column find_column(const arrow::RecordBatch& batch, std::string_view name, const fs::path& path) {
  Column column;
  for (size_t begin = 0; begin <= name.size();) {
    const size_t end = std::min(name.find('.', begin), name.size());
    const std::string part(name.substr(begin, end - begin));
    if (!column) {
      column = batch.GetColumnByName(part);
    } else if (column->type_id() == arrow::Type::STRUCT) {
      const auto& parent = static_cast<const arrow::StructArray&>(*column);
      const int index = parent.struct_type()->GetFieldIndex(part);
      column = index >= 0 ? value_of(parent.GetFlattenedField(index), path) : nullptr;
    }
    if (!column)
      refuse_parquet(path, fmt::format("the column '{}' is not a plain one", name), "name a column of text");
    begin = end + 1;
  }
  return column;
}

// A value as text; nothing for null.
class TextColumn {
 public:
  TextColumn(const arrow::Array& array, const std::string& name, const fs::path& path, bool is_date)
      : array_(array), is_date_(is_date) {
    const arrow::Type::type type = array.type_id();
    const bool text = type == arrow::Type::STRING || type == arrow::Type::LARGE_STRING ||
                      type == arrow::Type::BINARY || type == arrow::Type::LARGE_BINARY;
    const bool date = type == arrow::Type::TIMESTAMP || type == arrow::Type::DATE32 ||
                      type == arrow::Type::DATE64 || type == arrow::Type::INT64 ||
                      type == arrow::Type::INT32 || type == arrow::Type::DOUBLE;
    if (text || (is_date && date)) return;
    refuse_parquet(path,
                   fmt::format("the column '{}' holds {}, not {}", name, array.type()->ToString(),
                               is_date ? "dates" : "text"),
                   is_date ? "name another one with --date-field" : "name another one with --text-field");
  }

  std::optional<std::string_view> at(int64_t row) {
    if (array_.IsNull(row)) return std::nullopt;
    switch (array_.type_id()) {
      case arrow::Type::STRING:
      case arrow::Type::BINARY:
        return static_cast<const arrow::BinaryArray&>(array_).GetView(row);
      case arrow::Type::LARGE_STRING:
      case arrow::Type::LARGE_BINARY:
        return static_cast<const arrow::LargeBinaryArray&>(array_).GetView(row);
      default:
        break;
    }
    number_ = number_text(row);
    return number_;
  }

 private:
  // Text that parse_date() reads: calendar numbers stay as they are, moments become unix seconds of ten digits or more.
  std::string number_text(int64_t row) const {
    switch (array_.type_id()) {
      case arrow::Type::INT32:
        return plain_number(static_cast<const arrow::Int32Array&>(array_).Value(row));
      case arrow::Type::INT64:
        return plain_number(static_cast<double>(static_cast<const arrow::Int64Array&>(array_).Value(row)));
      case arrow::Type::DOUBLE:
        return plain_number(static_cast<const arrow::DoubleArray&>(array_).Value(row));
      case arrow::Type::DATE32:
        return seconds_text(int64_t{86400} * static_cast<const arrow::Date32Array&>(array_).Value(row));
      case arrow::Type::DATE64:
        return seconds_text(static_cast<const arrow::Date64Array&>(array_).Value(row) / 1000);
      default:
        break;
    }
    const auto unit = static_cast<const arrow::TimestampType&>(*array_.type()).unit();
    const int64_t per_second = unit == arrow::TimeUnit::SECOND  ? 1
                               : unit == arrow::TimeUnit::MILLI ? 1'000
                               : unit == arrow::TimeUnit::MICRO ? 1'000'000
                                                                : 1'000'000'000;
    const int64_t value = static_cast<const arrow::TimestampArray&>(array_).Value(row);
    return seconds_text(value / per_second - (value % per_second < 0 ? 1 : 0));
  }
  static std::string plain_number(double number) {
    return number >= 1000 && number <= 9999 ? fmt::format("{:.0f}", number)
                                            : seconds_text(static_cast<int64_t>(number));
  }
  static std::string seconds_text(int64_t seconds) { return fmt::format("{:010}", seconds); }

  const arrow::Array& array_;
  bool is_date_;
  std::string number_;
};

void append_rows(TextColumn column, int64_t rows, std::string& text, std::vector<int64_t>& lengths) {
  for (int64_t row = 0; row < rows; ++row) {
    const std::optional<std::string_view> value = column.at(row);
    lengths.push_back(value ? static_cast<int64_t>(value->size()) : -1);
    if (value) text.append(*value);
  }
}

class ArrowParquetReader : public ParquetReader {
 public:
  ArrowParquetReader(const fs::path& path, std::string text, std::string date)
      : path_(path), text_(std::move(text)), date_(std::move(date)) {
    parquet::arrow::FileReaderBuilder builder;
    parquet::ReaderProperties properties;
    properties.enable_buffered_stream();
    require_ok(builder.OpenFile(path.string(), false, properties), path);
    parquet::ArrowReaderProperties arrow_properties(false);
    arrow_properties.set_batch_size(kBatchRows);
    arrow_properties.set_pre_buffer(false);
    reader_ = value_of(builder.properties(arrow_properties)->Build(), path);
    const auto metadata = reader_->parquet_reader()->metadata();
    columns_.push_back(column_index(*metadata->schema(), text_, path));
    if (!date_.empty()) columns_.push_back(column_index(*metadata->schema(), date_, path));
    for (int group = 0; group < metadata->num_row_groups(); ++group)
      group_rows_.push_back(metadata->RowGroup(group)->num_rows());
    rows_ = metadata->num_rows();
  }

  int64_t rows() const override { return rows_; }

  void skip(int64_t rows) override {
    while (group_ < group_rows_.size() && rows >= group_rows_[group_]) rows -= group_rows_[group_++];
    while (rows > 0) {
      const auto batch = next_batch();
      if (!batch) return;
      if (batch->num_rows() > rows)
        refuse_parquet(path_, "the file has changed since it was read before", "start anew");
      rows -= batch->num_rows();
    }
  }

  bool read(ParquetRows& out) override {
    out.text.clear();
    out.text_lengths.clear();
    out.dates.clear();
    out.date_lengths.clear();
    const auto batch = next_batch();
    if (!batch) return false;
    const Column text = find_column(*batch, text_, path_);
    append_rows(TextColumn(*text, text_, path_, false), batch->num_rows(), out.text, out.text_lengths);
    if (date_.empty()) return true;
    const Column date = find_column(*batch, date_, path_);
    append_rows(TextColumn(*date, date_, path_, true), batch->num_rows(), out.dates, out.date_lengths);
    return true;
  }

 private:
  std::shared_ptr<arrow::RecordBatch> next_batch() {
    return translated(path_, [&] { return next_batch_of_groups(); });
  }

  std::shared_ptr<arrow::RecordBatch> next_batch_of_groups() {
    while (group_ < group_rows_.size()) {
      if (!batches_)
        batches_ = value_of(reader_->GetRecordBatchReader({static_cast<int>(group_)}, columns_), path_);
      std::shared_ptr<arrow::RecordBatch> batch;
      require_ok(batches_->ReadNext(&batch), path_);
      if (batch && batch->num_rows() > 0) return batch;
      if (batch) continue;
      batches_.reset();
      ++group_;
    }
    return nullptr;
  }

  fs::path path_;
  std::string text_, date_;
  std::unique_ptr<parquet::arrow::FileReader> reader_;
  std::vector<int> columns_;
  std::vector<int64_t> group_rows_;
  int64_t rows_ = 0;
  size_t group_ = 0;
  std::unique_ptr<arrow::RecordBatchReader> batches_;
};

}  // namespace

extern "C" ParquetReader* evergreen_open_parquet(const fs::path& path, const std::string& text_column,
                                                 const std::string& date_column) {
  return translated(path, [&] { return new ArrowParquetReader(path, text_column, date_column); });
}

}  // namespace evergreen
