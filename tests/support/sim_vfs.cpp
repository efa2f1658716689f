#include "support/sim_vfs.hpp"

#include <sqlite3.h>

#include <array>
#include <chrono>
#include <cstring>
#include <map>
#include <utility>
#include <vector>

#include "base/check.hpp"

namespace orderly::testing {
namespace {

class OpenFile;

/// The shared memory of a database in WAL mode, with its locks.
struct SharedMemory {
  struct Slot {
    int sharers = 0;
    const OpenFile* owner = nullptr;
  };

  std::vector<std::unique_ptr<std::byte[]>> regions;
  std::array<Slot, SQLITE_SHM_NLOCK> slots;
};

/// What the open handles of one file share: who holds which lock, and the shared memory.
struct Shared {
  std::shared_ptr<SimFile> file;
  int sharers = 0;
  const OpenFile* reserved = nullptr;
  const OpenFile* pending = nullptr;
  const OpenFile* exclusive = nullptr;
  std::shared_ptr<SharedMemory> memory;
};

}  // namespace

/// The registered VFS: what its handles have in common.
class SimVfs::Host {
 public:
  Host(std::string name, SimDisk& disk, const Clock& clock, Random& random);
  Host(const Host&) = delete;
  Host& operator=(const Host&) = delete;
  ~Host();

  /// Handles of one file meet in one Shared; those of another generation have another file.
  std::shared_ptr<Shared> share(std::shared_ptr<SimFile> file);

  std::string name;
  SimDisk& disk;
  const Clock& clock;
  Random& random;
  std::size_t open_files = 0;
  std::uint64_t temporary_names = 0;

 private:
  std::map<const SimFile*, std::weak_ptr<Shared>> shared_;
  sqlite3_vfs vfs_{};
};

namespace {

/// One handle. It dies with the generation of the disk in which it was opened.
class OpenFile {
 public:
  OpenFile(SimVfs::Host& host, std::string name, std::shared_ptr<SimFile> file, bool temporary)
      : host_(host),
        name_(std::move(name)),
        shared_(host.share(std::move(file))),
        generation_(host.disk.generation()),
        temporary_(temporary) {
    ++host_.open_files;
  }
  OpenFile(const OpenFile&) = delete;
  OpenFile& operator=(const OpenFile&) = delete;
  ~OpenFile() {
    unmap();
    unlock(SQLITE_LOCK_NONE);
    if (temporary_ && !dead()) host_.disk.remove(name_, false);
    --host_.open_files;
  }

  [[nodiscard]] bool dead() const {
    return host_.disk.down() || host_.disk.generation() != generation_;
  }
  [[nodiscard]] SimDisk& disk() const { return host_.disk; }
  [[nodiscard]] SimFile& file() const { return *shared_->file; }
  [[nodiscard]] const std::string& name() const { return name_; }

  // The five locks: https://www.sqlite.org/lockingv3.html#locking
  int lock(int level);
  void unlock(int level);
  [[nodiscard]] bool is_reserved() const {
    return shared_->reserved != nullptr || shared_->pending != nullptr;
  }

  // The shared memory: https://www.sqlite.org/walformat.html#the_wal_index_file_format
  volatile void* map(int region, int bytes, bool extend);
  void unmap();
  int lock_memory(int first, int count, bool exclusive);
  void unlock_memory(int first, int count);

 private:
  using Lockable = const OpenFile*;
  [[nodiscard]] bool is_others(Lockable owner) const { return owner != nullptr && owner != this; }

  SimVfs::Host& host_;
  std::string name_;
  std::shared_ptr<Shared> shared_;
  std::uint64_t generation_;
  bool temporary_;
  int level_ = SQLITE_LOCK_NONE;
  std::shared_ptr<SharedMemory>
      memory_;                  ///< the dead keep theirs: SQLite reads it through pointers
  unsigned memory_shares_ = 0;  ///< a bit per slot
};

int OpenFile::lock(int level) {
  Shared& file = *shared_;
  if (level_ >= level) return SQLITE_OK;
  if (level == SQLITE_LOCK_SHARED) {
    if (is_others(file.pending) || is_others(file.exclusive)) return SQLITE_BUSY;
    ++file.sharers;
  } else if (level == SQLITE_LOCK_RESERVED) {
    if (is_others(file.reserved) || is_others(file.pending)) return SQLITE_BUSY;
    file.reserved = this;
  } else {
    if (is_others(file.reserved) || is_others(file.pending)) return SQLITE_BUSY;
    file.pending = this;
    level_ = SQLITE_LOCK_PENDING;
    if (file.sharers > 1) return SQLITE_BUSY;
    file.exclusive = this;
  }
  level_ = level;
  return SQLITE_OK;
}

void OpenFile::unlock(int level) {
  Shared& file = *shared_;
  if (level_ <= level) return;
  for (Lockable* owner : {&file.reserved, &file.pending, &file.exclusive}) {
    if (*owner == this) *owner = nullptr;
  }
  if (level == SQLITE_LOCK_NONE) --file.sharers;
  level_ = level;
}

volatile void* OpenFile::map(int region, int bytes, bool extend) {
  if (memory_ == nullptr) {
    if (shared_->memory == nullptr) shared_->memory = std::make_shared<SharedMemory>();
    memory_ = shared_->memory;
  }
  auto& regions = memory_->regions;
  const auto wanted = static_cast<std::size_t>(region) + 1;
  if (regions.size() < wanted && !extend) return nullptr;
  while (regions.size() < wanted) {
    regions.push_back(std::make_unique<std::byte[]>(static_cast<std::size_t>(bytes)));
  }
  return regions[wanted - 1].get();
}

/// With its last user the memory goes, as the unix VFS empties the file for the next first user.
void OpenFile::unmap() {
  if (memory_ == nullptr) return;
  unlock_memory(0, SQLITE_SHM_NLOCK);
  memory_.reset();
  if (shared_->memory.use_count() == 1) shared_->memory.reset();
}

int OpenFile::lock_memory(int first, int count, bool exclusive) {
  const auto slots = std::span(memory_->slots)
                         .subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  for (const auto& slot : slots) {
    if (is_others(slot.owner) || (exclusive && slot.sharers > 0)) return SQLITE_BUSY;
  }
  for (auto& slot : slots) {
    const unsigned bit = 1U << (&slot - memory_->slots.data());
    if (exclusive) {
      slot.owner = this;
    } else if ((memory_shares_ & bit) == 0) {
      memory_shares_ |= bit;
      ++slot.sharers;
    }
  }
  return SQLITE_OK;
}

void OpenFile::unlock_memory(int first, int count) {
  for (int i = first; i < first + count; ++i) {
    auto& slot = memory_->slots[static_cast<std::size_t>(i)];
    const unsigned bit = 1U << i;
    if (slot.owner == this) slot.owner = nullptr;
    if ((memory_shares_ & bit) != 0) --slot.sharers;
    memory_shares_ &= ~bit;
  }
}

// From here on: SQLite's tables of functions.

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

std::shared_ptr<Shared> SimVfs::Host::share(std::shared_ptr<SimFile> file) {
  std::erase_if(shared_, [](const auto& entry) { return entry.second.expired(); });
  auto& known = shared_[file.get()];
  auto shared = known.lock();
  if (shared == nullptr) {
    shared = std::make_shared<Shared>();
    shared->file = std::move(file);
    known = shared;
  }
  return shared;
}

SimVfs::SimVfs(std::string name, SimDisk& disk, const Clock& clock, Random& random)
    : host_(std::make_unique<Host>(std::move(name), disk, clock, random)) {}

SimVfs::~SimVfs() = default;

const std::string& SimVfs::name() const { return host_->name; }
std::size_t SimVfs::open_files() const { return host_->open_files; }

}  // namespace orderly::testing
