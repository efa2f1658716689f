#include "app/restoring.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <system_error>

#include "app/data_directory.hpp"
#include "base/dates.hpp"
#include "base/random.hpp"
#include "broker/embedded/embedded_broker.hpp"
#include "order/sqlite/sqlite_order_store.hpp"
#include "orderinfo/sqlite/sqlite_read_model.hpp"
#include "product/sqlite/sqlite_product_store.hpp"
#include "runtime/event_loop.hpp"
#include "scheduler/sqlite/sqlite_job_store.hpp"
#include "sqlite/metadata.hpp"
#include "sqlite/transaction.hpp"
#include "telemetry/metrics.hpp"
#include "warehouse/duckdb/duckdb_warehouse.hpp"

namespace orderly::app {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kFresh = ".restoring";
constexpr std::string_view kBefore = ".before-restore-";
/// In a folder that is not whole yet.
constexpr std::string_view kMarker = "restore-in-progress";

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::generic_category().message(errno)));
}

/// Opens each store once, as a process that hosts it would.
class Opener {
 public:
  explicit Opener(const fs::path& folder) : folder_(folder) {}

  void open(const std::string& file) {
    try {
      open_store(file);
    } catch (const std::exception& error) {
      throw std::runtime_error(fmt::format("{}: {}", file, error.what()));
    }
  }

 private:
  [[nodiscard]] sqlite::OpenOptions database(const std::string& file) const {
    sqlite::OpenOptions options;
    options.path = (folder_ / file).string();
    return options;
  }

  void open_store(const std::string& file) {
    if (file == "order.db") {
      order::SqliteOrderStore(loop_, database(file), random_, metrics_).begin_epoch();
    } else if (file == "product.db") {
      product::SqliteProductStore(loop_, database(file), random_, metrics_).begin_epoch();
    } else if (file == "orderinfo.db") {
      const orderinfo::SqliteReadModelOptions options{.database = database(file)};
      orderinfo::SqliteReadModel(loop_, options, random_).begin_epoch();
    } else if (file == "broker.db") {
      const broker::EmbeddedBroker broker(
          loop_, {.database = database(file), .make_push_endpoint = {}}, random_, metrics_);
    } else if (file == "scheduler.db") {
      const scheduler::SqliteJobStore jobs(database(file), random_, loop_.utc_now());
    } else if (file == kWarehouseFile) {
      const warehouse::duckdb::DuckdbWarehouse warehouse(
          {.database = {.path = folder_ / file}, .lanes = {}});
    } else {
      begin_epoch_of_extension(file);
    }
  }

  /// What its schema is only its own code knows; the epoch every store has in the same place.
  void begin_epoch_of_extension(const std::string& file) {
    sqlite::Connection connection(database(file));
    sqlite::WriteTransaction transaction(connection);
    sqlite::Metadata(connection).set_epoch(UuidSource(random_).next(loop_.utc_now()));
    transaction.commit();
  }

  const fs::path& folder_;
  SystemClock clock_;
  runtime::AsioEventLoop loop_{clock_};
  SeededRandom random_{seed_from_system()};
  telemetry::Metrics metrics_;
};

void copy_files(const fs::path& bundle, const Manifest& manifest, const fs::path& folder,
                const RestoreProgress& progress) {
  std::uint64_t of = 0;
  for (const BundledStore& store : manifest.stores)
    of += store.bytes;
  std::uint64_t done = 0;
  for (const BundledStore& store : manifest.stores) {
    progress("copying " + store.file, done, of);
    fs::copy_file(bundle / store.file, folder / store.file);
    if (::chmod((folder / store.file).c_str(), 0600) != 0) fail(store.file);
    // What was copied is what was checked.
    if (sha256_of(folder / store.file, [](std::uint64_t) {}) != store.sha256) {
      throw std::runtime_error(
          fmt::format("{}: it has changed while it was copied", (bundle / store.file).string()));
    }
    done += store.bytes;
  }
}

void sync_folder(const fs::path& folder) {
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.is_regular_file()) sync_path(entry.path());
  }
  sync_path(folder);
}

std::string beside(const fs::path& data, std::string_view suffix) {
  return data.string() + std::string(suffix);
}

/// The name under which what stood there is kept.
fs::path kept_name(const fs::path& data) {
  std::string time = format_rfc3339(SystemClock().utc_now()).substr(0, 19);
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  fs::path name = beside(data, std::string(kBefore) + time);
  for (int number = 2; fs::exists(name); ++number)
    name = beside(data, fmt::format("{}{}-{}", kBefore, time, number));
  return name;
}

/// What a restore that ended with its process has left: a folder that is not whole goes; one that
/// is may be what stood in the place of the data before, and is kept.
void clear_leftover(const fs::path& fresh, const fs::path& data) {
  if (!fs::exists(fs::symlink_status(fresh))) return;
  if (fs::exists(fresh / kMarker)) {
    fs::remove_all(fresh);
  } else {
    fs::rename(fresh, kept_name(data));
  }
}

/// In one step: there is never a moment without the one or the other.
fs::path take_the_place(const fs::path& fresh, const fs::path& data) {
  if (!fs::exists(fs::symlink_status(data))) {
    fs::rename(fresh, data);
    sync_path(data.parent_path());
    return {};
  }
  if (::renameat2(AT_FDCWD, fresh.c_str(), AT_FDCWD, data.c_str(), RENAME_EXCHANGE) != 0) {
    const int why = errno;
    std::error_code ignored;
    fs::remove_all(fresh, ignored);
    errno = why;
    fail(
        fmt::format("{} cannot be replaced (is it a mount point, or its file system unable to "
                    "swap two folders?); move it away and restore again",
                    data.string()));
  }
  sync_path(data.parent_path());
  const fs::path kept = kept_name(data);
  fs::rename(fresh, kept);
  sync_path(data.parent_path());
  return kept;
}

}  // namespace

void unpack_bundle(const fs::path& bundle, const Manifest& manifest, const fs::path& folder,
                   const RestoreProgress& progress) {
  if (::mkdir(folder.c_str(), 0700) != 0) fail("cannot make " + folder.string());
  std::ofstream(folder / kMarker).close();
  copy_files(bundle, manifest, folder, progress);
  Opener opener(folder);
  for (const BundledStore& store : manifest.stores) {
    progress("opening " + store.file, 0, 0);
    opener.open(store.file);
  }
  progress("writing to the disk", 0, 0);
  sync_folder(folder);
  fs::remove(folder / kMarker);
  sync_path(folder);
}

fs::path restore_bundle(const fs::path& bundle, const fs::path& where,
                        const RestoreProgress& progress) {
  const fs::path data = fs::weakly_canonical(fs::absolute(where));
  std::optional<DataDirectory> in_use;  // locked as long as we are at it
  if (fs::exists(data)) in_use.emplace(data);
  std::uint64_t done = 0;
  const Manifest manifest =
      check_bundle(bundle, [&](std::uint64_t bytes) { progress("checking", done += bytes, 0); });
  const fs::path fresh = beside(data, kFresh);
  clear_leftover(fresh, data);
  try {
    unpack_bundle(bundle, manifest, fresh, progress);
    return take_the_place(fresh, data);
  } catch (...) {
    std::error_code ignored;
    if (fs::exists(fresh / kMarker, ignored)) fs::remove_all(fresh, ignored);
    throw;
  }
}

}  // namespace orderly::app
