#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/dates.hpp"
#include "warehouse/table.hpp"

namespace orderly::warehouse {

/// Rows of one table, one behind the other in the form in which they travel to the store, so that
/// a batch is one allocation and is never copied piece by piece. A row is its columns in the order
/// of the table; a value of another type, or too many or too few, ends the process.
///
///     batch.begin_row().text(event.order_id.value).timestamp(recorded.accepted_at);
class RowBatch {
 public:
  explicit RowBatch(const TableSpec& table);
  /// Of bytes() and size(), for whoever carried them.
  RowBatch(const TableSpec& table, std::string bytes, std::size_t rows, bool replaces_some);

  /// `replaces`: earlier rows with the same key, of the table or of this batch, go. Otherwise the
  /// row is added unchecked.
  RowBatch& begin_row(bool replaces = false);
  /// The earlier rows with this one's key go, and it is not added itself.
  RowBatch& begin_removal();
  RowBatch& text(std::string_view value);  ///< valid UTF-8
  RowBatch& integer(std::int64_t value);
  RowBatch& real(double value);
  RowBatch& boolean(bool value);
  RowBatch& date(Date value);
  RowBatch& timestamp(UtcTime value);
  RowBatch& null();  ///< for a column of any type
  /// Adds the rows of another batch of the same table.
  void append(const RowBatch& other);

  [[nodiscard]] std::size_t size() const { return rows_; }
  [[nodiscard]] bool empty() const { return rows_ == 0; }
  /// Whether some row was begun with `replaces`, or is a removal.
  [[nodiscard]] bool replaces_some() const { return replaces_some_; }
  [[nodiscard]] const std::string& bytes() const { return bytes_; }
  [[nodiscard]] const std::vector<ColumnType>& types() const { return types_; }

 private:
  void begin_value(ColumnType type);
  void put(const void* data, std::size_t size);

  std::vector<ColumnType> types_;
  std::string bytes_;
  std::size_t rows_ = 0;
  std::size_t column_ = 0;  ///< the next one of the current row
  bool replaces_some_ = false;
};

/// Reads a batch, which outlives it:
///
///     for (RowReader reader(batch); reader.next_row();)
///       for (std::size_t i = 0; i < batch.types().size(); ++i) use(reader.next_value());
class RowReader {
 public:
  struct Value {
    ColumnType type = ColumnType::kText;
    bool is_null = false;
    std::int64_t integer = 0;  ///< also a boolean, a date's days, a timestamp's microseconds
    double real = 0;
    std::string_view text = {};
  };

  explicit RowReader(const RowBatch& batch) : types_(batch.types()), bytes_(batch.bytes()) {}

  /// Goes to the next row, over what was not read of this one.
  bool next_row();
  /// Earlier rows with its key go; of a removal, too.
  [[nodiscard]] bool replaces() const { return replaces_; }
  [[nodiscard]] bool removes() const { return removes_; }
  Value next_value();

 private:
  std::string_view take(std::size_t size);
  template <class T>
  T take_number();

  const std::vector<ColumnType>& types_;
  std::string_view bytes_;
  std::size_t column_ = 0;
  bool in_row_ = false;
  bool replaces_ = false;
  bool removes_ = false;
};

}  // namespace orderly::warehouse
