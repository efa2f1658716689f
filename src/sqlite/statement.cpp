#include "sqlite/statement.hpp"

#include <sqlite3.h>

#include <algorithm>

#include "base/check.hpp"
#include "sqlite/raise.hpp"

namespace orderly::sqlite {
namespace {

/// SQLite takes a null pointer for NULL, also where the length is 0.
constexpr const char* kEmpty = "";

[[noreturn]] void raise_in(sqlite3_stmt* statement, int code) {
  raise(sqlite3_db_handle(statement), code, sqlite3_sql(statement));
}

bool is_taken_key(int code) {
  return code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_UNIQUE ||
         code == SQLITE_CONSTRAINT_ROWID;
}

bool is_blank(const char* text) {
  return std::ranges::all_of(std::string_view(text), [](char c) { return c == ' ' || c == '\n'; });
}

}  // namespace

Statement::Statement(sqlite3* database, std::string_view sql) {
  const char* rest = kEmpty;
  const int code = sqlite3_prepare_v3(database, sql.data(), static_cast<int>(sql.size()),
                                      SQLITE_PREPARE_PERSISTENT, &handle_, &rest);
  if (code != SQLITE_OK) raise(database, code, sql);
  ORDERLY_CHECK(handle_ != nullptr, "an SQL text without a statement");
  const std::string tail(rest, sql.data() + sql.size());
  ORDERLY_CHECK(is_blank(tail.c_str()), "more than one statement in an SQL text");
}

Statement& Statement::operator=(Statement&& other) noexcept {
  std::swap(handle_, other.handle_);
  return *this;
}

Statement::~Statement() { sqlite3_finalize(handle_); }

Statement::Use::Use(sqlite3_stmt* handle) : handle_(handle) {
  ORDERLY_CHECK(handle_ != nullptr && sqlite3_stmt_busy(handle_) == 0, "statement already in use");
}

Statement::Use::~Use() {
  // Both repeat the code of the step, which the caller has had already.
  sqlite3_reset(handle_);
  // The texts and blobs bound are about to go: none may be left for the next use to read.
  sqlite3_clear_bindings(handle_);
}

void Statement::Use::check_bound(int code) const {
  ORDERLY_CHECK(code != SQLITE_RANGE, "an SQL text has no such parameter");
  if (code != SQLITE_OK) raise_in(handle_, code);
}

Statement::Use& Statement::Use::bind_int64(int index, std::int64_t value) {
  check_bound(sqlite3_bind_int64(handle_, index, value));
  return *this;
}

Statement::Use& Statement::Use::bind_double(int index, double value) {
  check_bound(sqlite3_bind_double(handle_, index, value));
  return *this;
}

Statement::Use& Statement::Use::bind(int index, std::nullptr_t) {
  check_bound(sqlite3_bind_null(handle_, index));
  return *this;
}

Statement::Use& Statement::Use::bind(int index, std::string_view text) {
  check_bound(sqlite3_bind_text64(handle_, index, text.empty() ? kEmpty : text.data(), text.size(),
                                  SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement::Use& Statement::Use::bind(int index, std::span<const std::byte> blob) {
  const void* data = blob.empty() ? static_cast<const void*>(kEmpty) : blob.data();
  check_bound(sqlite3_bind_blob64(handle_, index, data, blob.size(), SQLITE_STATIC));
  return *this;
}

bool Statement::Use::step() {
  if (done_) return false;  // SQLite would begin again
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  done_ = true;
  if (code != SQLITE_DONE) raise_in(handle_, code);
  return false;
}

InsertOutcome Statement::Use::step_insert() {
  ORDERLY_CHECK(!done_, "an insert was stepped twice");
  done_ = true;
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_DONE) return InsertOutcome::kInserted;
  ORDERLY_CHECK(code != SQLITE_ROW, "step_insert() of a statement that answers rows");
  if (!is_taken_key(code)) raise_in(handle_, code);
  return InsertOutcome::kConflict;
}

std::int64_t Statement::Use::finish() {
  while (step()) {
  }
  return sqlite3_stmt_readonly(handle_) != 0 ? 0 : sqlite3_changes64(sqlite3_db_handle(handle_));
}

bool Statement::Use::is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

bool Statement::Use::is_blob(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_BLOB;
}

std::int64_t Statement::Use::int64(int column) const {
  return sqlite3_column_int64(handle_, column);
}

double Statement::Use::real(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::Use::text(int column) const {
  // The text before its size: asking for the text may convert the value.
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  const int size = sqlite3_column_bytes(handle_, column);
  return data == nullptr ? std::string_view()
                         : std::string_view(data, static_cast<std::size_t>(size));
}

std::span<const std::byte> Statement::Use::blob(int column) const {
  const auto* data = static_cast<const std::byte*>(sqlite3_column_blob(handle_, column));
  const int size = sqlite3_column_bytes(handle_, column);
  return {data, data == nullptr ? 0 : static_cast<std::size_t>(size)};
}

Uuid Statement::Use::uuid(int column) const {
  Uuid id;
  const auto bytes = blob(column);
  if (bytes.size() != id.bytes.size()) raise_in(handle_, SQLITE_CORRUPT);
  std::ranges::copy(bytes, id.bytes.begin());
  return id;
}

}  // namespace orderly::sqlite
