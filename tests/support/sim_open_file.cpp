#include "support/sim_open_file.hpp"

#include <span>

namespace orderly::testing {

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
  for (Owner* owner : {&file.reserved, &file.pending, &file.exclusive}) {
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

}  // namespace orderly::testing
