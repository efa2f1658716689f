#include "sqlite/files.hpp"

#include <sqlite3.h>

#include <array>
#include <string>

#include "sqlite/error.hpp"

namespace orderly::sqlite {
namespace {

constexpr int kSyncDirectory = 1;

sqlite3_vfs& vfs_of(const OpenOptions& options) {
  sqlite3_vfs* const vfs = sqlite3_vfs_find(options.vfs.empty() ? nullptr : options.vfs.c_str());
  if (vfs == nullptr) throw DatabaseError(Fault::kOther, SQLITE_ERROR, "no VFS " + options.vfs);
  return *vfs;
}

std::string full_path(sqlite3_vfs& vfs, const std::string& path) {
  std::string full(static_cast<std::size_t>(vfs.mxPathname) + 1, '\0');
  const int code =
      vfs.xFullPathname(&vfs, path.c_str(), static_cast<int>(full.size()), full.data());
  // Symbolic links on the way are the operator's choice (SQLITE_OK_SYMLINK).
  if ((code & 0xff) != SQLITE_OK) throw DatabaseError(Fault::kIo, code, path + ": no such path");
  full.resize(full.find('\0'));
  return full;
}

}  // namespace

bool database_exists(const OpenOptions& options) {
  sqlite3_vfs& vfs = vfs_of(options);
  int found = 0;
  const int code =
      vfs.xAccess(&vfs, full_path(vfs, options.path).c_str(), SQLITE_ACCESS_EXISTS, &found);
  if (code != SQLITE_OK)
    throw DatabaseError(Fault::kIo, code, options.path + ": cannot be reached");
  return found != 0;
}

void remove_database(const OpenOptions& options) {
  sqlite3_vfs& vfs = vfs_of(options);
  const std::string path = full_path(vfs, options.path);
  // The database first: logs without one are nothing.
  constexpr std::array<const char*, 4> kSuffixes = {"", "-wal", "-journal", "-shm"};
  for (const char* const suffix : kSuffixes) {
    const std::string file = path + suffix;
    const int code = vfs.xDelete(&vfs, file.c_str(), kSyncDirectory);
    if (code == SQLITE_OK || code == SQLITE_IOERR_DELETE_NOENT) continue;
    throw DatabaseError(Fault::kIo, code, file + ": cannot be removed");
  }
}

}  // namespace orderly::sqlite
