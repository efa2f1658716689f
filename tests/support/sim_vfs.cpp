#include "support/sim_vfs.hpp"

#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <utility>

#include "base/check.hpp"
#include "support/sim_open_file.hpp"

namespace orderly::testing {
namespace {

struct Handle {
  sqlite3_file base;
  OpenFile* open;
};

OpenFile& of(sqlite3_file* file) { return *reinterpret_cast<Handle*>(file)->open; }
SimVfs::Host& of(sqlite3_vfs* vfs) { return *static_cast<SimVfs::Host*>(vfs->pAppData); }

int close(sqlite3_file* file) {
  delete reinterpret_cast<Handle*>(file)->open;
  return SQLITE_OK;
}

int read(sqlite3_file* file, void* out, int size, sqlite3_int64 offset) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR;
  return open.disk().read(open.file(), open.name(), static_cast<std::uint64_t>(offset),
                          {static_cast<std::byte*>(out), static_cast<std::size_t>(size)});
}

int write(sqlite3_file* file, const void* data, int size, sqlite3_int64 offset) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR;
  return open.disk().write(open.file(), open.name(), static_cast<std::uint64_t>(offset),
                           {static_cast<const std::byte*>(data), static_cast<std::size_t>(size)});
}

int truncate(sqlite3_file* file, sqlite3_int64 size) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR;
  return open.disk().truncate(open.file(), open.name(), static_cast<std::uint64_t>(size));
}

int sync(sqlite3_file* file, int /*flags*/) {
  OpenFile& open = of(file);
  return open.dead() ? SQLITE_IOERR : open.disk().sync(open.file(), open.name());
}

int file_size(sqlite3_file* file, sqlite3_int64* size) {
  OpenFile& open = of(file);
  if (open.dead()) return SQLITE_IOERR;
  *size = static_cast<sqlite3_int64>(open.file().size());
  return SQLITE_OK;
}

int lock(sqlite3_file* file, int level) {
  OpenFile& open = of(file);
  return open.dead() ? SQLITE_IOERR : open.lock(level);
}

int unlock(sqlite3_file* file, int level) {
  of(file).unlock(level);
  return SQLITE_OK;
}

int check_reserved_lock(sqlite3_file* file, int* reserved) {
  OpenFile& open = of(file);
  *reserved = open.is_reserved() ? 1 : 0;
  return open.dead() ? SQLITE_IOERR : SQLITE_OK;
}

int file_control(sqlite3_file* /*file*/, int /*op*/, void* /*argument*/) { return SQLITE_NOTFOUND; }
int sector_size(sqlite3_file* /*file*/) { return SimDisk::kSectorBytes; }
/// Nothing is promised: no atomic, ordered or safe append, no power-safe overwrite.
int device_characteristics(sqlite3_file* /*file*/) { return 0; }

int map_memory(sqlite3_file* file, int region, int size, int extend, void volatile** out) {
  OpenFile& open = of(file);
  *out = nullptr;
  if (open.dead()) return SQLITE_IOERR;
  *out = open.map(region, size, extend != 0);
  return SQLITE_OK;
}

int lock_memory(sqlite3_file* file, int first, int count, int flags) {
  OpenFile& open = of(file);
  if ((flags & SQLITE_SHM_UNLOCK) != 0) {
    open.unlock_memory(first, count);
    return SQLITE_OK;
  }
  if (open.dead()) return SQLITE_IOERR;
  return open.lock_memory(first, count, (flags & SQLITE_SHM_EXCLUSIVE) != 0);
}

void memory_barrier(sqlite3_file* /*file*/) {}

int unmap_memory(sqlite3_file* file, int /*discard*/) {
  of(file).unmap();
  return SQLITE_OK;
}

constexpr sqlite3_io_methods kFileMethods = {
    .iVersion = 2,
    .xClose = close,
    .xRead = read,
    .xWrite = write,
    .xTruncate = truncate,
    .xSync = sync,
    .xFileSize = file_size,
    .xLock = lock,
    .xUnlock = unlock,
    .xCheckReservedLock = check_reserved_lock,
    .xFileControl = file_control,
    .xSectorSize = sector_size,
    .xDeviceCharacteristics = device_characteristics,
    .xShmMap = map_memory,
    .xShmLock = lock_memory,
    .xShmBarrier = memory_barrier,
    .xShmUnmap = unmap_memory,
    .xFetch = nullptr,
    .xUnfetch = nullptr,
};

int open_file(sqlite3_vfs* vfs, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  SimVfs::Host& host = of(vfs);
  file->pMethods = nullptr;  // nothing to close after a failure
  const std::string path =
      name != nullptr ? name : "temporary-" + std::to_string(++host.temporary_names);
  const bool create = (flags & SQLITE_OPEN_CREATE) != 0;
  if (create && (flags & SQLITE_OPEN_EXCLUSIVE) != 0 && host.disk.exists(path)) {
    return SQLITE_CANTOPEN;
  }
  std::shared_ptr<SimFile> opened;
  if (const int code = host.disk.open(path, create, opened); code != SQLITE_OK) return code;
  const bool temporary = (flags & SQLITE_OPEN_DELETEONCLOSE) != 0;
  reinterpret_cast<Handle*>(file)->open = new OpenFile(host, path, std::move(opened), temporary);
  file->pMethods = &kFileMethods;
  if (out_flags != nullptr) *out_flags = flags;
  return SQLITE_OK;
}

int delete_file(sqlite3_vfs* vfs, const char* name, int sync_directory) {
  return of(vfs).disk.remove(name, sync_directory != 0);
}

/// As the unix VFS, which takes an empty file for none.
int access(sqlite3_vfs* vfs, const char* name, int /*flags*/, int* answer) {
  const SimDisk& disk = of(vfs).disk;
  *answer = disk.size(name) > 0 ? 1 : 0;
  return disk.down() ? SQLITE_IOERR : SQLITE_OK;
}

int full_pathname(sqlite3_vfs* /*vfs*/, const char* name, int size, char* out) {
  sqlite3_snprintf(size, out, "%s", name);
  return SQLITE_OK;
}

int randomness(sqlite3_vfs* vfs, int size, char* out) {
  for (int i = 0; i < size; ++i)
    out[i] = static_cast<char>(of(vfs).random.next());
  return size;
}

int sleep(sqlite3_vfs* /*vfs*/, int microseconds) { return microseconds; }

/// Milliseconds since noon in Greenwich on November 24, 4714 B.C. (Julian day numbers).
int current_time_int64(sqlite3_vfs* vfs, sqlite3_int64* now) {
  constexpr sqlite3_int64 kUnixEpoch = 210'866'760'000'000;
  const auto since_epoch = of(vfs).clock.utc_now().time_since_epoch();
  *now = kUnixEpoch + std::chrono::floor<std::chrono::milliseconds>(since_epoch).count();
  return SQLITE_OK;
}

int current_time(sqlite3_vfs* vfs, double* now) {
  sqlite3_int64 milliseconds = 0;
  current_time_int64(vfs, &milliseconds);
  *now = static_cast<double>(milliseconds) / 86'400'000.0;
  return SQLITE_OK;
}

int last_error(sqlite3_vfs* /*vfs*/, int /*size*/, char* /*out*/) { return 0; }

/// SQLite draws the salts of its logs from one generator per process, which is seeded by the
/// default VFS; this seeds it instead. 0 gives it back.
void seed_sqlite(std::uint64_t seed) {
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed), nullptr);
}

}  // namespace

SimVfs::Host::Host(std::string vfs_name, SimDisk& sim_disk, const Clock& sim_clock,
                   Random& sim_random)
    : name(std::move(vfs_name)), disk(sim_disk), clock(sim_clock), random(sim_random) {
  ORDERLY_CHECK(sqlite3_vfs_find(name.c_str()) == nullptr, "a VFS of this name is there");
  constexpr int kMaxPathBytes = 512;
  vfs_ = {.iVersion = 2,
          .szOsFile = sizeof(Handle),
          .mxPathname = kMaxPathBytes,
          .zName = name.c_str(),
          .pAppData = this,
          .xOpen = open_file,
          .xDelete = delete_file,
          .xAccess = access,
          .xFullPathname = full_pathname,
          .xRandomness = randomness,
          .xSleep = sleep,
          .xCurrentTime = current_time,
          .xGetLastError = last_error,
          .xCurrentTimeInt64 = current_time_int64};
  ORDERLY_CHECK(sqlite3_vfs_register(&vfs_, 0) == SQLITE_OK, "the VFS was not registered");
  seed_sqlite(random.next() | 1);
}

SimVfs::Host::~Host() {
  ORDERLY_CHECK(open_files == 0, "connections outlive their VFS");
  sqlite3_vfs_unregister(&vfs_);
  seed_sqlite(0);
}

SimVfs::SimVfs(std::string name, SimDisk& disk, const Clock& clock, Random& random)
    : host_(std::make_unique<Host>(std::move(name), disk, clock, random)) {}

SimVfs::~SimVfs() = default;

const std::string& SimVfs::name() const { return host_->name; }
std::size_t SimVfs::open_files() const { return host_->open_files; }

}  // namespace orderly::testing
