#include "support/sim_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <utility>

namespace orderly::testing {

Loss power_failure(Random& random) {
  constexpr Loss kLosses[] = {Loss::kEverything, Loss::kPrefix, Loss::kTorn, Loss::kScattered};
  return kLosses[random.below(std::size(kLosses))];
}

void SimFile::apply(Bytes& bytes, const Change& change) {
  if (change.truncation) {
    bytes.resize(change.offset);
  } else {
    apply_part(bytes, change, 0, change.data.size());
  }
}

/// The bytes first … last of a write, counted within its data.
void SimFile::apply_part(Bytes& bytes, const Change& change, std::size_t first, std::size_t last) {
  if (first == last) return;
  bytes.resize(std::max<std::size_t>(bytes.size(), change.offset + last));
  std::copy(change.data.begin() + static_cast<std::ptrdiff_t>(first),
            change.data.begin() + static_cast<std::ptrdiff_t>(last),
            bytes.begin() + static_cast<std::ptrdiff_t>(change.offset + first));
}

namespace {

/// The pieces into which sectors cut `size` bytes at `offset`: calls each(first, last) within them.
template <class Each>
void for_each_sector(std::uint64_t offset, std::size_t size, Each each) {
  for (std::size_t first = 0; first < size;) {
    const std::size_t room = SimDisk::kSectorBytes - (offset + first) % SimDisk::kSectorBytes;
    const std::size_t last = std::min(size, first + room);
    each(first, last);
    first = last;
  }
}

}  // namespace

void SimFile::resolve(Random& random, Loss loss) {
  std::size_t kept = 0;
  if (loss == Loss::kPrefix || loss == Loss::kTorn) kept = random.below(unsynced_.size() + 1);
  for (std::size_t i = 0; i < kept; ++i)
    apply(durable_, unsynced_[i]);

  const auto keep_some = [&](const Change& change, auto keeps) {
    if (change.truncation && keeps()) apply(durable_, change);
    for_each_sector(change.offset, change.data.size(), [&](std::size_t first, std::size_t last) {
      if (keeps()) apply_part(durable_, change, first, last);
    });
  };
  if (loss == Loss::kTorn && kept < unsynced_.size()) {
    const std::uint64_t cut = random.below(unsynced_[kept].data.size() / SimDisk::kSectorBytes + 2);
    std::uint64_t seen = 0;
    keep_some(unsynced_[kept], [&] { return seen++ < cut; });
  }
  if (loss == Loss::kScattered) {
    for (const Change& change : unsynced_)
      keep_some(change, [&] { return random.one_in(2); });
  }
  unsynced_.clear();
  cached_ = durable_;
}

DiskFault* SimDisk::fault_of(DiskOp op, const std::string& name) {
  for (DiskFault& fault : faults_) {
    if (fault.op != op || fault.times == 0 || !name.ends_with(fault.suffix)) continue;
    if (fault.after > 0) {
      --fault.after;
      continue;
    }
    --fault.times;
    return &fault;
  }
  return nullptr;
}

int SimDisk::admit(DiskOp op, const std::string& name) {
  if (down_) return SQLITE_IOERR;
  if (on_operation_) on_operation_(op, name);
  const DiskFault* const fault = fault_of(op, name);
  return fault == nullptr ? SQLITE_OK : fault->code;
}

bool SimDisk::dies_now() {
  if (++durable_ops_ != crash_op_) return false;
  down_ = true;
  if (on_crash_) on_crash_();
  return true;
}

bool SimDisk::has_room(const SimFile& file, std::uint64_t end) const {
  if (!capacity_ || end <= file.size()) return true;
  std::uint64_t used = end - file.size();
  for (const auto& [name, other] : cached_)
    used += other->size();
  return used <= *capacity_;
}

int SimDisk::open(const std::string& name, bool create, std::shared_ptr<SimFile>& file) {
  if (down_) return SQLITE_IOERR;
  if (const auto found = cached_.find(name); found != cached_.end()) {
    file = found->second;
    return SQLITE_OK;
  }
  if (!create) return SQLITE_CANTOPEN;
  if (const int code = admit(DiskOp::kCreate, name); code != SQLITE_OK) return code;
  auto created = std::make_shared<SimFile>();
  change_entry(name, created);
  if (dies_now()) return SQLITE_IOERR;
  file = std::move(created);
  return SQLITE_OK;
}

int SimDisk::read(SimFile& file, const std::string& name, std::uint64_t offset,
                  std::span<std::byte> out) {
  if (const int code = admit(DiskOp::kRead, name); code != SQLITE_OK) return code;
  const std::size_t there = file.size() > offset ? file.size() - offset : 0;
  const std::size_t got = std::min(there, out.size());
  if (got > 0)
    std::copy_n(file.cached_.begin() + static_cast<std::ptrdiff_t>(offset), got, out.begin());
  std::ranges::fill(out.subspan(got), std::byte{0});
  return got == out.size() ? SQLITE_OK : SQLITE_IOERR_SHORT_READ;
}

int SimDisk::write(SimFile& file, const std::string& name, std::uint64_t offset,
                   std::span<const std::byte> data) {
  if (const int code = admit(DiskOp::kWrite, name); code != SQLITE_OK) return code;
  if (!has_room(file, offset + data.size())) return SQLITE_FULL;
  file.unsynced_.push_back({false, offset, {data.begin(), data.end()}});
  SimFile::apply(file.cached_, file.unsynced_.back());
  return dies_now() ? SQLITE_IOERR : SQLITE_OK;
}

int SimDisk::truncate(SimFile& file, const std::string& name, std::uint64_t size) {
  if (const int code = admit(DiskOp::kTruncate, name); code != SQLITE_OK) return code;
  file.unsynced_.push_back({true, size, {}});
  SimFile::apply(file.cached_, file.unsynced_.back());
  return dies_now() ? SQLITE_IOERR : SQLITE_OK;
}

int SimDisk::sync(SimFile& file, const std::string& name) {
  if (down_) return SQLITE_IOERR;
  if (on_operation_) on_operation_(DiskOp::kSync, name);
  if (const DiskFault* const fault = fault_of(DiskOp::kSync, name)) {
    if (fault->loses) file.unsynced_.clear();
    return fault->code;
  }
  if (dies_now()) return SQLITE_IOERR;
  for (const auto& change : file.unsynced_)
    SimFile::apply(file.durable_, change);
  file.unsynced_.clear();
  const bool is_new =
      std::ranges::any_of(unsynced_, [&](const Entry& entry) { return entry.file.get() == &file; });
  if (is_new) sync_directory();
  return SQLITE_OK;
}

int SimDisk::remove(const std::string& name, bool sync) {
  if (const int code = admit(DiskOp::kDelete, name); code != SQLITE_OK) return code;
  if (!cached_.contains(name)) return SQLITE_IOERR_DELETE_NOENT;
  change_entry(name, nullptr);
  if (dies_now()) return SQLITE_IOERR;
  if (sync) sync_directory();
  return SQLITE_OK;
}

std::uint64_t SimDisk::size(const std::string& name) const {
  const auto found = cached_.find(name);
  return found == cached_.end() ? 0 : found->second->size();
}

std::uint64_t SimDisk::total_size() const {
  std::uint64_t total = 0;
  for (const auto& [name, file] : cached_)
    total += file->size();
  return total;
}

void SimDisk::apply(Directory& directory, const Entry& entry) {
  if (entry.file == nullptr) {
    directory.erase(entry.name);
  } else {
    directory[entry.name] = entry.file;
  }
}

void SimDisk::change_entry(const std::string& name, std::shared_ptr<SimFile> file) {
  unsynced_.push_back({name, std::move(file)});
  apply(cached_, unsynced_.back());
}

void SimDisk::sync_directory() {
  for (const Entry& entry : unsynced_)
    apply(durable_, entry);
  unsynced_.clear();
}

void SimDisk::crash_at_op(std::uint64_t n, std::function<void()> on_crash) {
  crash_op_ = durable_ops_ + n;
  on_crash_ = std::move(on_crash);
}

/// Copies, for the dead still hold the old files and must not reach the new ones.
void SimDisk::leave_to_kernel() {
  std::map<const SimFile*, std::shared_ptr<SimFile>> copies;
  const auto copy = [&](std::shared_ptr<SimFile>& file) {
    if (file == nullptr) return;
    auto& copied = copies[file.get()];
    if (copied == nullptr) copied = std::make_shared<SimFile>(*file);
    file = copied;
  };
  for (auto& [name, file] : durable_)
    copy(file);
  for (auto& [name, file] : cached_)
    copy(file);
  for (Entry& entry : unsynced_)
    copy(entry.file);
}

void SimDisk::lose(Random& random, Loss loss) {
  const std::size_t kept =
      loss == Loss::kEverything ? 0 : static_cast<std::size_t>(random.below(unsynced_.size() + 1));
  for (std::size_t i = 0; i < kept; ++i)
    apply(durable_, unsynced_[i]);
  unsynced_.clear();

  cached_.clear();
  for (auto& [name, file] : durable_) {
    file = std::make_shared<SimFile>(*file);
    file->resolve(random, loss);
    cached_[name] = file;
  }
}

void SimDisk::restart(Random& random, Loss loss) {
  if (loss == Loss::kNothing) {
    leave_to_kernel();
  } else {
    lose(random, loss);
  }
  faults_.clear();
  crash_op_.reset();
  on_crash_ = {};
  down_ = false;
  ++generation_;
}

SimDisk::Files SimDisk::files() const {
  Files files;
  for (const auto& [name, file] : cached_)
    files[name] = file->cached_;
  return files;
}

void SimDisk::put_back(const std::string& prefix, const Files& files) {
  const auto of_prefix = [&](const auto& entry) { return entry.first.starts_with(prefix); };
  std::erase_if(cached_, of_prefix);
  std::erase_if(durable_, of_prefix);
  std::erase_if(unsynced_, [&](const Entry& entry) { return entry.name.starts_with(prefix); });
  for (const auto& [name, bytes] : files) {
    if (!name.starts_with(prefix)) continue;
    auto file = std::make_shared<SimFile>();
    file->cached_ = bytes;
    file->durable_ = bytes;
    cached_[name] = file;
    durable_[name] = std::move(file);
  }
}

}  // namespace orderly::testing
