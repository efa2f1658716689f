#include "warehouse/rows.hpp"

#include <utility>

#include "base/check.hpp"

namespace orderly::warehouse {
namespace {

constexpr char kNull = 0;
constexpr char kPresent = 1;

// What a row is to those before it.
constexpr char kAdds = 0;
constexpr char kReplaces = 1;
constexpr char kRemoves = 2;

std::vector<ColumnType> types_of(const TableSpec& table) {
  std::vector<ColumnType> types;
  types.reserve(table.columns.size());
  for (const ColumnSpec& column : table.columns)
    types.push_back(column.type);
  return types;
}

}  // namespace

RowBatch::RowBatch(const TableSpec& table) : types_(types_of(table)), column_(types_.size()) {}

RowBatch::RowBatch(const TableSpec& table, std::string bytes, std::size_t rows, bool replaces_some)
    : types_(types_of(table)),
      bytes_(std::move(bytes)),
      rows_(rows),
      column_(types_.size()),
      replaces_some_(replaces_some) {}

RowBatch& RowBatch::begin_removal() {
  begin_row(true);
  bytes_.back() = kRemoves;
  return *this;
}

RowBatch& RowBatch::begin_row(bool replaces) {
  ORDERLY_CHECK(column_ == types_.size(), "a row has a value for each column of its table");
  column_ = 0;
  ++rows_;
  replaces_some_ = replaces_some_ || replaces;
  bytes_.push_back(replaces ? kReplaces : kAdds);
  return *this;
}

void RowBatch::append(const RowBatch& other) {
  ORDERLY_CHECK(types_ == other.types_, "rows of one table are put together");
  ORDERLY_CHECK(column_ == types_.size() && other.column_ == types_.size(), "and whole ones");
  bytes_ += other.bytes_;
  rows_ += other.rows_;
  replaces_some_ = replaces_some_ || other.replaces_some_;
}

void RowBatch::begin_value(ColumnType type) {
  ORDERLY_CHECK(column_ < types_.size() && types_[column_] == type,
                "a value has the type of its column");
  ++column_;
  bytes_.push_back(kPresent);
}

void RowBatch::put(const void* data, std::size_t size) {
  bytes_.append(static_cast<const char*>(data), size);
}

RowBatch& RowBatch::text(std::string_view value) {
  begin_value(ColumnType::kText);
  const auto size = static_cast<std::uint32_t>(value.size());
  ORDERLY_CHECK(size == value.size(), "a text is shorter than 4 GiB");
  put(&size, sizeof size);
  bytes_.append(value);
  return *this;
}

RowBatch& RowBatch::integer(std::int64_t value) {
  begin_value(ColumnType::kInteger);
  put(&value, sizeof value);
  return *this;
}

RowBatch& RowBatch::real(double value) {
  begin_value(ColumnType::kReal);
  put(&value, sizeof value);
  return *this;
}

RowBatch& RowBatch::boolean(bool value) {
  begin_value(ColumnType::kBoolean);
  const std::int64_t number = value ? 1 : 0;
  put(&number, sizeof number);
  return *this;
}

RowBatch& RowBatch::date(Date value) {
  begin_value(ColumnType::kDate);
  const std::int64_t days = value.time_since_epoch().count();
  put(&days, sizeof days);
  return *this;
}

RowBatch& RowBatch::timestamp(UtcTime value) {
  begin_value(ColumnType::kTimestamp);
  const std::int64_t micros = value.time_since_epoch().count();
  put(&micros, sizeof micros);
  return *this;
}

RowBatch& RowBatch::null() {
  ORDERLY_CHECK(column_ < types_.size(), "a row has a value for each column of its table");
  ++column_;
  bytes_.push_back(kNull);
  return *this;
}

std::string_view RowReader::take(std::size_t size) {
  ORDERLY_CHECK(size <= bytes_.size(), "a batch holds whole rows");
  const std::string_view taken = bytes_.substr(0, size);
  bytes_.remove_prefix(size);
  return taken;
}

template <class T>
T RowReader::take_number() {
  T number;
  take(sizeof number).copy(reinterpret_cast<char*>(&number), sizeof number);
  return number;
}

bool RowReader::next_row() {
  while (in_row_ && column_ < types_.size())
    next_value();
  if (bytes_.empty()) return false;
  const char kind = take(1)[0];
  replaces_ = kind != kAdds;
  removes_ = kind == kRemoves;
  column_ = 0;
  in_row_ = true;
  return true;
}

RowReader::Value RowReader::next_value() {
  ORDERLY_CHECK(column_ < types_.size(), "a row is read column by column");
  Value value{.type = types_[column_++]};
  value.is_null = take(1)[0] == kNull;
  if (value.is_null) return value;
  if (value.type == ColumnType::kText) {
    value.text = take(take_number<std::uint32_t>());
  } else if (value.type == ColumnType::kReal) {
    value.real = take_number<double>();
  } else {
    value.integer = take_number<std::int64_t>();
  }
  return value;
}

}  // namespace orderly::warehouse
