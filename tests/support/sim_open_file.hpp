#pragma once

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "support/sim_vfs.hpp"

/// Private to sim_vfs.cpp and sim_open_file.cpp: open files, and what those of one file share.
namespace orderly::testing {

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
  using Owner = const OpenFile*;
  [[nodiscard]] bool is_others(Owner owner) const { return owner != nullptr && owner != this; }

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

}  // namespace orderly::testing
