#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/ids.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace orderly::sqlite {

enum class InsertOutcome : std::uint8_t {
  kInserted,
  kConflict,  ///< a row with this primary key or unique value is there; nothing was changed
};

/// A prepared statement: prepare it once per connection, use it often. A use allocates nothing.
///
///     Statement find = connection.prepare("SELECT name, price FROM product WHERE id = ?1");
///     auto row = find.use(id);
///     if (row.step()) return Product{std::string(row.text(0)), row.int64(1)};
///
/// One thread at a time, as its connection; one use at a time. Not moved while in use.
class Statement {
 public:
  class Use;

  Statement() = default;
  Statement(sqlite3* database, std::string_view sql);
  Statement(Statement&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Statement& operator=(Statement&& other) noexcept;
  ~Statement();

  /// Begins a use with `values` bound to ?1, ?2, …
  template <class... Values>
  [[nodiscard]] Use use(Values&&... values);

  /// A whole use: binds, steps to the end, resets. Answers how many rows it changed.
  template <class... Values>
  std::int64_t run(Values&&... values);

  /// A whole use of an INSERT of one row, with a taken key as a value.
  template <class... Values>
  InsertOutcome insert(Values&&... values);

 private:
  sqlite3_stmt* handle_ = nullptr;
};

/// One execution of a statement, from binding to reset; the reset happens in any case.
///
/// Texts and blobs are bound where they are, without a copy: they must stay alive and unchanged
/// until the use ends. Owners that would die at once do not compile.
/// Every function may throw what raise() does; a wrong parameter index ends the process.
class Statement::Use {
 public:
  explicit Use(sqlite3_stmt* handle);
  template <class... Values>
  explicit Use(sqlite3_stmt* handle, Values&&... values) : Use(handle) {
    int index = 0;
    (bind(++index, std::forward<Values>(values)), ...);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;
  ~Use();

  /// Parameters count from 1; one that is not bound is NULL.
  template <std::integral T>
    requires(std::is_signed_v<T> || sizeof(T) < sizeof(std::int64_t))
  Use& bind(int index, T value) {
    return bind_int64(index, static_cast<std::int64_t>(value));
  }
  template <std::floating_point T>
  Use& bind(int index, T value) {
    return bind_double(index, value);
  }
  Use& bind(int index, std::nullptr_t);
  Use& bind(int index, std::string_view text);
  Use& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
  Use& bind(int index, std::span<const std::byte> blob);
  Use& bind(int index, const Uuid& id) { return bind(index, std::span(id.bytes)); }
  template <class T>
  Use& bind(int index, const std::optional<T>& value) {
    return value ? bind(index, *value) : bind(index, nullptr);
  }
  Use& bind(int index, const std::string&& text) = delete;
  Use& bind(int index, const std::vector<std::byte>&& blob) = delete;
  Use& bind(int index, const Uuid&& id) = delete;
  template <class T>
    requires(!std::is_trivially_copyable_v<T> || std::same_as<T, Uuid>)
  Use& bind(int index, const std::optional<T>&& value) = delete;

  /// To the next row; false after the last one, then and ever after.
  bool step();
  /// Runs an INSERT of one row; a constraint other than uniqueness is an exception.
  InsertOutcome step_insert();
  /// Steps to the end; answers how many rows were changed.
  std::int64_t finish();

  /// Columns of the current row, counted from 0. Texts and blobs live until the next step or the
  /// end of the use.
  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] bool is_blob(int column) const;
  [[nodiscard]] std::int64_t int64(int column) const;
  [[nodiscard]] double real(int column) const;
  [[nodiscard]] std::string_view text(int column) const;
  [[nodiscard]] std::span<const std::byte> blob(int column) const;
  /// A blob of any other size than 16 bytes is a damaged database.
  [[nodiscard]] Uuid uuid(int column) const;

 private:
  Use& bind_int64(int index, std::int64_t value);
  Use& bind_double(int index, double value);
  void check_bound(int code) const;

  sqlite3_stmt* handle_;
  bool done_ = false;
};

template <class... Values>
Statement::Use Statement::use(Values&&... values) {
  return Use(handle_, std::forward<Values>(values)...);
}

template <class... Values>
std::int64_t Statement::run(Values&&... values) {
  Use execution(handle_, std::forward<Values>(values)...);
  return execution.finish();
}

template <class... Values>
InsertOutcome Statement::insert(Values&&... values) {
  return Use(handle_, std::forward<Values>(values)...).step_insert();
}

}  // namespace orderly::sqlite
