#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <memory>

#include "base/check.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/raise.hpp"

/// The online copy (https://www.sqlite.org/backup.html).
namespace orderly::sqlite {
namespace {

/// 4 MiB: a step short enough that a stop is heeded.
constexpr int kPagesAStep = 1024;
/// The kernel is given no more than this to write at once, so that the commits beside it do not
/// wait for all of the copy at its end.
constexpr int kStepsASync = 8;

struct Close {
  void operator()(sqlite3* database) const { sqlite3_close_v2(database); }
};
using Database = std::unique_ptr<sqlite3, Close>;

Database create(const std::string& path) {
  sqlite3* handle = nullptr;
  const int code =
      sqlite3_open_v2(path.c_str(), &handle,
                      SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) raise(handle, code, "create " + path);
  // Nobody reads it before it is whole, and it is synced here.
  const char* const settings = "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF";
  const int set = sqlite3_exec(handle, settings, nullptr, nullptr, nullptr);
  if (set != SQLITE_OK) raise(handle, set, settings);
  return database;
}

void sync(sqlite3* copy, const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!synced) raise(copy, SQLITE_IOERR_FSYNC, "sync " + path);
}

}  // namespace

void Connection::copy_to(const std::string& path, const CopyProgress& progress) {
  ORDERLY_CHECK(in_transaction(), "a copy is of what a transaction sees");
  const Database copy = create(path);
  sqlite3_backup* const backup = sqlite3_backup_init(copy.get(), "main", database_, "main");
  if (backup == nullptr) raise(copy.get(), sqlite3_errcode(copy.get()), "copy into " + path);
  const std::unique_ptr<sqlite3_backup, int (*)(sqlite3_backup*)> finish(backup,
                                                                         sqlite3_backup_finish);
  int code = SQLITE_OK;
  for (int steps = 1; code == SQLITE_OK; ++steps) {
    code = sqlite3_backup_step(backup, kPagesAStep);
    if (code != SQLITE_OK && code != SQLITE_DONE) raise(copy.get(), code, "copy into " + path);
    const auto pages = sqlite3_backup_pagecount(backup);
    progress(pages - sqlite3_backup_remaining(backup), pages);
    if (steps % kStepsASync == 0) sync(copy.get(), path);
  }
  sync(copy.get(), path);
}

}  // namespace orderly::sqlite
