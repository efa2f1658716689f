#include "app/backups.hpp"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "app/store_files.hpp"
#include "base/dates.hpp"
#include "telemetry/log.hpp"

namespace orderly::app {
namespace {

namespace fs = std::filesystem;

/// Behind the name of a bundle that is not whole.
constexpr std::string_view kUnfinished = ".unfinished";
/// In such a folder, so that nobody else's is ever cleared.
constexpr std::string_view kMarker = "backup-in-progress";

std::string reason() { return std::generic_category().message(errno); }

[[noreturn]] void fail(const std::string& what) {
  const std::string message = fmt::format("{}: {}", what, reason());
  if (errno == ENOSPC || errno == EDQUOT || errno == EFBIG) throw StorageFull(message);
  throw Unavailable(message);
}

void write_file(const fs::path& path, std::string_view text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) fail("cannot write " + path.string());
  sync_path(path);
}

/// Only what a backup that ended with its process has left.
void clear_unfinished(const fs::path& folder) {
  std::error_code error;
  if (!fs::exists(folder / kMarker, error)) return;
  fs::remove_all(folder, error);
}

void make_unfinished(const fs::path& folder) {
  clear_unfinished(folder);
  if (::mkdir(folder.c_str(), 0700) != 0) fail("cannot make " + folder.string());
  write_file(folder / kMarker, "");
}

/// The rename is the moment in which the bundle is there.
void publish(const fs::path& unfinished, const fs::path& folder, const Manifest& manifest) {
  write_file(unfinished / kManifestFile, encode(manifest));
  fs::remove(unfinished / kMarker);
  sync_path(unfinished);
  if (::rename(unfinished.c_str(), folder.c_str()) != 0) fail("cannot make " + folder.string());
  sync_path(folder.parent_path());
}

Error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const StorageFull& full) {
    return {ErrorKind::kStorageFull, "storage_full", full.what(), {}};
  } catch (const std::exception& other) {
    return {ErrorKind::kUnavailable, "backup_failed", other.what(), {}};
  }
}

}  // namespace

Backups::Backups(Parts parts)
    : parts_(std::move(parts)),
      tasks_(parts_.loop),
      made_(parts_.metrics.counter("orderly_backups_total", "Backups that were made")),
      failed_(parts_.metrics.counter("orderly_backup_failures_total", "Backups that failed")),
      last_seconds_(
          parts_.metrics.gauge("orderly_backup_last_seconds", "Duration of the newest backup")) {}

/// Under the names that they have in the bundle.
std::vector<std::string> Backups::files() const {
  std::vector<std::string> files = database_files(parts_.data);
  std::erase_if(files, [](const std::string& file) { return is_read_model(file); });
  if (parts_.read_model != nullptr) files.insert(files.begin(), std::string(kReadModelFile));
  return files;
}

/// A rebuild may have made the read model's second file the live one, which is the one to be copied
/// under the first one's name; a second one that is fed beside it can be made again.
orderinfo::ReadModelFiles::Live Backups::source_of(const std::string& file) const {
  if (file == kReadModelFile) return parts_.read_model->live();
  return {.path = (parts_.data / file).string(), .model = nullptr};
}

std::uint64_t Backups::bytes_of_stores() const {
  std::uint64_t bytes = 0;
  std::error_code error;
  const auto add = [&](const fs::path& file) {
    const auto size = fs::file_size(file, error);
    if (!error) bytes += size;
  };
  for (const std::string& name : files()) {
    const std::string path = source_of(name).path;
    add(path);
    add(path + "-wal");
  }
  if (parts_.warehouse != nullptr) add(parts_.data / kWarehouseFile);
  return bytes;
}

Result<std::int64_t> Backups::request(const std::string& text) {
  const fs::path folder = fs::path(text).lexically_normal();
  std::error_code error;
  if (!folder.is_absolute() || folder.filename().empty()) {
    return invalid("directory", "directory must be the absolute path of the folder to be made.");
  }
  if (!fs::is_directory(folder.parent_path(), error)) {
    return invalid("directory", fmt::format("directory must be in a folder that is there: there is "
                                            "no {}.",
                                            folder.parent_path().string()));
  }
  const fs::path inside = fs::weakly_canonical(folder, error)
                              .lexically_relative(fs::weakly_canonical(parts_.data, error));
  if (!inside.empty() && *inside.begin() != "..") {
    return invalid("directory", "directory must not be in the data directory.");
  }
  if (running_) return failure(ErrorKind::kConflict, "backup_running", "A backup is being made.");
  if (fs::exists(fs::symlink_status(folder, error))) {
    return failure(
        ErrorKind::kConflict, "backup_exists",
        fmt::format("{} is there already; a backup takes the place of nothing.", folder.string()));
  }
  const std::uint64_t needed = bytes_of_stores();
  const auto space = fs::space(folder.parent_path(), error);
  if (!error && space.available < needed) {
    return failure(ErrorKind::kStorageFull, "storage_full",
                   fmt::format("{} has room for {} bytes; the stores have {}.",
                               folder.parent_path().string(), space.available, needed));
  }
  running_ = true;
  done_ = 0;
  of_ = 2 * needed;
  tasks_.spawn("backup", run(++requested_, folder));
  return requested_;
}

Backups::Status Backups::status() const {
  const std::lock_guard lock(mutex_);
  return {.requested = requested_,
          .running = running_,
          .file = file_,
          .done = done_,
          .of = std::max(of_.load(), done_.load()),
          .last = last_};
}

runtime::Task<void> Backups::stop() {
  // Not the tasks themselves: what they have written is to be cleared.
  stopping_ = true;
  co_await tasks_.join();
}

void Backups::check_stop() const {
  if (stopping_) throw Unavailable("the server is stopping");
}

void Backups::begin_file(const std::string& file) {
  check_stop();
  const std::lock_guard lock(mutex_);
  file_ = file;
}

runtime::Task<void> Backups::run(std::int64_t ticket, fs::path folder) {
  const SteadyTime began = parts_.loop.steady_now();
  fs::path unfinished = folder;
  unfinished += kUnfinished;
  Ended ended{.ticket = ticket, .folder = folder};
  std::exception_ptr thrown;
  try {
    auto make = [unfinished] { make_unfinished(unfinished); };
    co_await pool_.run(std::move(make));
    const Manifest manifest = co_await copy_all(unfinished);
    for (const BundledStore& store : manifest.stores)
      ended.bytes += store.bytes;
    auto rename = [=] { publish(unfinished, folder, manifest); };
    co_await pool_.run(std::move(rename));
  } catch (...) {
    thrown = std::current_exception();
  }
  if (thrown) {
    ended.error = error_of(thrown);
    auto clear = [unfinished] { clear_unfinished(unfinished); };
    co_await pool_.run(std::move(clear));
  }
  const auto took = parts_.loop.steady_now() - began;
  ended.took = std::chrono::duration_cast<std::chrono::milliseconds>(took);
  last_seconds_.set(std::chrono::duration<double>(took).count());
  if (ended.error) {
    failed_.add();
    log::error("a backup failed; nothing of it is left",
               {{"directory", folder.string()}, {"error", ended.error->message}});
  } else {
    made_.add();
    log::info(
        "a backup was made",
        {{"directory", folder.string()}, {"bytes", ended.bytes}, {"took_ms", ended.took.count()}});
  }
  running_ = false;
  const std::lock_guard lock(mutex_);
  last_ = std::move(ended);
  file_.clear();
}

runtime::Task<Manifest> Backups::copy_all(fs::path unfinished) {
  Manifest manifest{.version = ORDERLY_VERSION,
                    .made_at = format_rfc3339(parts_.loop.utc_now()),
                    .services = parts_.services};
  if (parts_.warehouse != nullptr) {
    begin_file(std::string(kWarehouseFile));
    std::string target = (unfinished / kWarehouseFile).string();
    const auto saved = co_await parts_.warehouse->save_to(std::move(target));
    done_ += saved.bytes;
    manifest.stores.push_back({.file = std::string(kWarehouseFile),
                               .store = "warehouse",
                               .cursors = {{"changes", saved.position}}});
  }
  for (const std::string& file : files()) {
    auto copied = co_await copy(file, unfinished);
    manifest.stores.push_back(std::move(copied));
  }
  for (BundledStore& store : manifest.stores) {
    begin_file(store.file);
    const fs::path file = unfinished / store.file;
    store.bytes = fs::file_size(file);
    const auto progress = [this](std::uint64_t bytes) {
      check_stop();
      done_ += bytes;
    };
    auto sum_up = [file, progress] { return sha256_of(file, progress); };
    store.sha256 = co_await pool_.run(std::move(sum_up));
  }
  co_return manifest;
}

runtime::Task<BundledStore> Backups::copy(std::string file, fs::path unfinished) {
  begin_file(file);
  const std::uint64_t before = done_;
  const auto progress = [this, before](std::int64_t copied, std::int64_t) {
    constexpr std::uint64_t kPageBytes = 4096;
    check_stop();
    done_ = before + static_cast<std::uint64_t>(copied) * kPageBytes;
  };
  const auto source = source_of(file);  // kept until the copy is made, so that nobody removes it
  const fs::path from = source.path;
  const fs::path target = unfinished / file;
  auto copy = [from, target, progress] { return copy_database(from, target, progress); };
  auto copied = co_await pool_.run(std::move(copy));
  co_return copied;
}

}  // namespace orderly::app
