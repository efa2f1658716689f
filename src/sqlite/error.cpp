#include "sqlite/error.hpp"

#include <sqlite3.h>

#include <cerrno>
#include <chrono>
#include <new>
#include <string>

#include "base/check.hpp"
#include "sqlite/raise.hpp"

namespace orderly::sqlite {
namespace {

using namespace std::chrono_literals;

Fault fault_of(int code) {
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return Fault::kBusy;
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Fault::kIo;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return Fault::kCorrupt;
    case SQLITE_CONSTRAINT:
      return Fault::kConstraint;
    default:
      return Fault::kOther;
  }
}

std::chrono::milliseconds retry_after(Fault fault) { return fault == Fault::kBusy ? 100ms : 1s; }

bool is_full(sqlite3* database, int code) {
  // Growing the write-ahead index answers a plain I/O error when there is no room.
  const bool io = (code & 0xff) == SQLITE_IOERR;
  return (code & 0xff) == SQLITE_FULL || (io && sqlite3_system_errno(database) == ENOSPC);
}

std::string describe(sqlite3* database, int code, std::string_view doing) {
  const char* file = sqlite3_db_filename(database, "main");
  std::string message = file == nullptr || *file == '\0' ? "sqlite" : file;
  message += ": ";
  const bool is_known = sqlite3_extended_errcode(database) == code;
  message += is_known ? sqlite3_errmsg(database) : sqlite3_errstr(code);  // of a file it lent us
  message += " (" + std::to_string(code) + ") in: ";
  message += doing;
  return message;
}

}  // namespace

DatabaseError::DatabaseError(Fault fault, int code, const std::string& message)
    : Unavailable(message, sqlite::retry_after(fault)), fault_(fault), code_(code) {}

void raise(sqlite3* database, int code, std::string_view doing) {
  if ((code & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
  ORDERLY_CHECK((code & 0xff) != SQLITE_MISUSE, "SQLite was called out of turn");
  const std::string message = describe(database, code, doing);
  if (is_full(database, code)) throw StorageFull(message);
  throw DatabaseError(fault_of(code), code, message);
}

}  // namespace orderly::sqlite
