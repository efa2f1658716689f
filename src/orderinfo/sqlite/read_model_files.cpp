#include "orderinfo/sqlite/read_model_files.hpp"

#include <utility>

#include "orderinfo/sqlite/columns.hpp"
#include "orderinfo/sqlite/sqlite_twin.hpp"
#include "sqlite/error.hpp"
#include "sqlite/files.hpp"
#include "telemetry/log.hpp"

namespace orderly::orderinfo {
namespace {

/// What a file says of itself.
struct Label {
  bool exists = false;
  bool readable = true;  ///< a rebuild is not synced before its end: a power failure may break it
  std::optional<std::int64_t> generation;
  std::optional<UtcTime> kept_until;
};

void read_metadata(const sqlite::OpenOptions& file, Label& label) {
  sqlite::Connection connection(file);  // not read-only: a log may have to be taken up
  auto tables = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'meta'");
  const bool made = tables.use().step();
  if (!made) return;
  sqlite::Metadata metadata(connection);
  label.generation = metadata.number(kGenerationKey);
  if (const auto until = metadata.number(kKeptUntilKey)) label.kept_until = from_micros(*until);
}

Label read_label(const sqlite::OpenOptions& file) {
  Label label{.exists = sqlite::database_exists(file), .generation = {}, .kept_until = {}};
  if (!label.exists) return label;
  try {
    read_metadata(file, label);
  } catch (const sqlite::DatabaseError& error) {
    if (error.fault() != sqlite::Fault::kCorrupt && error.fault() != sqlite::Fault::kOther) throw;
    label = {.exists = true, .readable = false, .generation = {}, .kept_until = {}};
  }
  return label;
}

/// Which of two is live: the higher generation. The first file of all says nothing of itself; a
/// second one that does not was never promoted.
bool second_is_live(const Label& first, const Label& second) {
  if (!first.readable) return second.generation.value_or(-1) > 0;
  return second.generation.value_or(-1) > (first.exists ? first.generation.value_or(0) : -1);
}

}  // namespace

ReadModelFiles::ReadModelFiles(runtime::EventLoop& loop, Paths paths,
                               const SqliteReadModelOptions& options, Random& random)
    : loop_(loop), paths_(std::move(paths)), options_(options), random_(random) {
  choose();
  model_ = std::make_unique<SwitchedReadModel>(open(second_is_live_));
}

void ReadModelFiles::choose() {
  const Label second = read_label(file(true));
  if (!second.exists) return;
  const Label first = read_label(file(false));
  second_is_live_ = second_is_live(first, second);
  const Label& live = second_is_live_ ? second : first;
  const Label& other = second_is_live_ ? first : second;
  if (!live.readable || (!other.readable && (live.kept_until || !live.exists))) {
    // Where one is kept, the other one is live: a broken one is not taken for an unfinished one.
    throw sqlite::DatabaseError(
        sqlite::Fault::kCorrupt, 0,
        file(live.readable ? !second_is_live_ : bool{second_is_live_}).path +
            ": the read model is damaged");
  }
  kept_until_ = other.kept_until;
  if (!other.exists || kept_until_) return;
  log::warning("an unfinished second read model is removed; the live one is not concerned",
               {{"file", other_file().path}});
  remove();
}

sqlite::OpenOptions ReadModelFiles::file(bool second) const {
  sqlite::OpenOptions options = options_.database;
  options.path = second ? paths_.second : paths_.first;
  return options;
}

sqlite::OpenOptions ReadModelFiles::twin_file() const {
  sqlite::OpenOptions options = other_file();
  options.synchronous = sqlite::Synchronous::kNormal;
  return options;
}

ReadModelFiles::Live ReadModelFiles::live() const {
  const std::lock_guard lock(mutex_);
  return {.path = live_file().path, .model = model_->current()};
}

std::shared_ptr<ReadModel> ReadModelFiles::open(bool second) {
  SqliteReadModelOptions options = options_;
  options.database = file(second);
  return std::make_shared<SqliteReadModel>(loop_, options, random_);
}

std::unique_ptr<Twin> ReadModelFiles::create() {
  remove();
  return std::make_unique<SqliteTwin>(twin_file(), live_file(), SqliteTwin::As::kNew);
}

void ReadModelFiles::remove() {
  // Whoever closes a database last removes its log by its name: it might be the next one's.
  if (!retired_.expired()) throw Unavailable(other_file().path + " is still being read");
  sqlite::remove_database(other_file());
  kept_until_.reset();
}

TwinHost::Kept ReadModelFiles::kept() {
  if (!kept_until_) return {};
  return {.twin = std::make_unique<SqliteTwin>(twin_file(), live_file(), SqliteTwin::As::kKept),
          .until = *kept_until_};
}

void ReadModelFiles::serve_promoted() {
  auto promoted = open(!second_is_live_);
  const std::lock_guard lock(mutex_);
  retired_ = model_->current();
  second_is_live_ = !second_is_live_;
  model_->switch_to(std::move(promoted));
}

std::unique_ptr<Twin> ReadModelFiles::keep(UtcTime until) {
  auto twin = std::make_unique<SqliteTwin>(twin_file(), live_file(), SqliteTwin::As::kKept);
  twin->take_over_differences();
  twin->keep_until(until);
  kept_until_ = until;
  return twin;
}

}  // namespace orderly::orderinfo
