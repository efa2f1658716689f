#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.hpp"

namespace orderly::testing {

/// What a program asks of a disk. All but kRead count as durable operations.
enum class DiskOp : std::uint8_t { kCreate, kRead, kWrite, kTruncate, kSync, kDelete };

/// What is left of the unsynced when the machine comes back.
enum class Loss : std::uint8_t {
  kNothing,     ///< only the process died (kill -9): the kernel has all of it, unsynced as before
  kEverything,  ///< nothing that was not synced
  kPrefix,      ///< of each file the oldest writes
  kTorn,        ///< of each file the oldest writes and a part of the next, cut between sectors
  kScattered,   ///< any sectors of any writes, as a disk with a cache of its own may
};
/// One of the four that a power failure may leave.
Loss power_failure(Random& random);

/// Makes operations fail, to be told to a SimDisk.
struct DiskFault {
  DiskOp op;
  int code;                 ///< SQLite's extended result code, e.g. SQLITE_FULL
  std::uint64_t after = 0;  ///< this many matching operations succeed first
  std::uint64_t times = 1;  ///< this many fail then
  std::string suffix = {};  ///< only files whose names end so, e.g. "-wal"
  /// Of a sync: the kernel takes for written what it failed to write, and never writes it again.
  bool loses = false;
};

/// One file's bytes, on the disk and in the cache before it.
class SimFile {
 public:
  [[nodiscard]] std::uint64_t size() const { return cached_.size(); }

 private:
  friend class SimDisk;
  using Bytes = std::vector<std::byte>;

  /// A write of `data` at `offset`, or a truncation to `offset` bytes.
  struct Change {
    bool truncation;
    std::uint64_t offset;
    Bytes data;
  };
  static void apply(Bytes& bytes, const Change& change);
  static void apply_part(Bytes& bytes, const Change& change, std::size_t first, std::size_t last);
  void resolve(Random& random, Loss loss);

  Bytes cached_;                  ///< as programs read it
  Bytes durable_;                 ///< as of the last sync
  std::vector<Change> unsynced_;  ///< leads from durable_ to cached_
};

/// A disk in memory with the durability of a real one; it outlives the "processes" that use it.
///
/// The model. A write or truncation reaches the cache; it is durable once its file is synced. A
/// crash decides what is left of the rest (Loss), per file. Names are entries of one directory,
/// journalled in order: creations and deletions are durable once a file created among them is
/// synced, or a deletion asks for it (as SQLite's unix VFS syncs the directory); else a crash keeps
/// a prefix of them. A failed sync leaves everything unsynced, to be written by the next one,
/// unless DiskFault::loses.
///
/// One thread. All functions that a program calls answer a SQLite result code.
class SimDisk {
 public:
  static constexpr std::size_t kSectorBytes = 512;

  // What a program calls.

  int open(const std::string& name, bool create, std::shared_ptr<SimFile>& file);
  /// Bytes beyond the end are zero; answers SQLITE_IOERR_SHORT_READ then.
  int read(SimFile& file, const std::string& name, std::uint64_t offset, std::span<std::byte> out);
  int write(SimFile& file, const std::string& name, std::uint64_t offset,
            std::span<const std::byte> data);
  int truncate(SimFile& file, const std::string& name, std::uint64_t size);
  int sync(SimFile& file, const std::string& name);
  int remove(const std::string& name, bool sync_directory);
  [[nodiscard]] bool exists(const std::string& name) const { return cached_.contains(name); }
  [[nodiscard]] std::uint64_t size(const std::string& name) const;
  [[nodiscard]] std::uint64_t total_size() const;  ///< of all files

  // What a simulation calls.

  void fail_next(DiskFault fault) { faults_.push_back(std::move(fault)); }
  void clear_faults() { faults_.clear(); }
  /// Told of every operation before it is done; it may let time pass (a slow disk), but not use
  /// SQLite.
  void on_operation(std::function<void(DiskOp, const std::string& name)> told) {
    on_operation_ = std::move(told);
  }
  /// Writes that would make the files larger than this together answer SQLITE_FULL.
  void set_capacity(std::optional<std::uint64_t> bytes) { capacity_ = bytes; }

  /// Durable operations so far.
  [[nodiscard]] std::uint64_t durable_ops() const { return durable_ops_; }
  /// The machine dies in the n-th durable operation from now (1: the next one). `on_crash` runs
  /// inside that operation: it may note the fact and stop a scheduler, but not use SQLite.
  void crash_at_op(std::uint64_t n, std::function<void()> on_crash = {});
  /// The machine dies now. Until it restarts, everything answers SQLITE_IOERR.
  void crash() { down_ = true; }
  [[nodiscard]] bool down() const { return down_; }
  /// Comes back, after a crash that happens now at the latest: the unsynced is decided, and faults
  /// and a planned crash are forgotten. Handles of before never work again.
  void restart(Random& random, Loss loss);
  /// Every file's bytes, by name: as programs read them.
  using Files = std::map<std::string, std::vector<std::byte>>;
  [[nodiscard]] Files files() const;
  /// Somebody copies files, durably, while nobody has them open: those whose names begin with
  /// `prefix` become those of `files`.
  void put_back(const std::string& prefix, const Files& files);
  /// How often it was restarted.
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

 private:
  using Directory = std::map<std::string, std::shared_ptr<SimFile>>;
  struct Entry {
    std::string name;
    std::shared_ptr<SimFile> file;  ///< null: the name was deleted
  };

  /// Whether `op` may go on (SQLITE_OK), by the faults, and by a crash unless that comes with it.
  int admit(DiskOp op, const std::string& name);
  DiskFault* fault_of(DiskOp op, const std::string& name);
  /// Counts a durable operation; whether the machine dies in it.
  bool dies_now();
  [[nodiscard]] bool has_room(const SimFile& file, std::uint64_t end) const;
  void change_entry(const std::string& name, std::shared_ptr<SimFile> file);
  void sync_directory();
  void leave_to_kernel();
  void lose(Random& random, Loss loss);
  static void apply(Directory& directory, const Entry& entry);

  Directory cached_;
  Directory durable_;
  std::vector<Entry> unsynced_;
  std::vector<DiskFault> faults_;
  std::optional<std::uint64_t> capacity_;
  std::uint64_t durable_ops_ = 0;
  std::optional<std::uint64_t> crash_op_;
  std::function<void()> on_crash_;
  std::function<void(DiskOp, const std::string& name)> on_operation_;
  bool down_ = false;
  std::uint64_t generation_ = 0;
};

}  // namespace orderly::testing
