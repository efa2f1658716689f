#include "app/store_files.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

#include "sqlite/metadata.hpp"
#include "sqlite/migrations.hpp"
#include "sqlite/transaction.hpp"

namespace orderly::app {
namespace {

namespace fs = std::filesystem;

/// A store of ours: what a backup says of it. The queries are empty where it has nothing of that.
struct KnownStore {
  std::string_view file;
  const char* name;
  const char* head;     ///< the newest position of its own feed
  const char* cursors;  ///< name, epoch, position, event_id
};

constexpr std::array kKnown = {
    KnownStore{kReadModelFile, "orderinfo",
               "SELECT max(ifnull((SELECT max(position) FROM order_info), 0), "
               "ifnull((SELECT max(position) FROM superseded_change), 0), "
               "ifnull((SELECT max(position) FROM removed_change), 0))",
               "SELECT feed, epoch, position, event_id FROM feed_cursor"},
    KnownStore{"broker.db", "broker", nullptr,
               "SELECT name, feed_epoch, feed_position, feed_event_id FROM topic "
               "WHERE feed_position > 0"},
    KnownStore{"scheduler.db", "scheduler", nullptr, nullptr},
    KnownStore{"order.db", "order", "SELECT ifnull(max(position), 0) FROM placed_order", nullptr},
    KnownStore{"product.db", "product", "SELECT ifnull(max(position), 0) FROM product_version",
               nullptr},
};

constexpr std::string_view kSuffix = ".db";
/// So many of kKnown are downstream of everything else.
constexpr std::size_t kDownstream = 3;

const KnownStore* find_known(const std::string& file) {
  const auto* const found =
      std::ranges::find_if(kKnown, [&](const KnownStore& store) { return file == store.file; });
  return found == kKnown.end() ? nullptr : found;
}

std::size_t rank(const std::string& file) {
  const KnownStore* const known = find_known(file);
  if (known == nullptr) return kDownstream;
  const auto place = static_cast<std::size_t>(known - kKnown.data());
  return place < kDownstream ? place : place + 1;
}

void describe(sqlite::Connection& connection, BundledStore& store) {
  store.schema_version = sqlite::schema_version(connection);
  store.epoch = sqlite::Metadata(connection).epoch();
  const KnownStore* const known = find_known(store.file);
  if (known == nullptr) return;
  if (known->head != nullptr) {
    auto head = connection.prepare(known->head);
    auto row = head.use();
    if (row.step()) store.position = row.int64(0);
  }
  if (known->cursors == nullptr) return;
  auto cursors = connection.prepare(known->cursors);
  for (auto row = cursors.use(); row.step();) {
    store.cursors.push_back({std::string(row.text(0)), {row.uuid(1), row.int64(2), row.uuid(3)}});
  }
}

}  // namespace

bool is_read_model(std::string_view file) {
  return file == kReadModelFile || file == kSecondReadModelFile;
}

std::vector<std::string> database_files(const fs::path& data) {
  std::vector<std::string> files;
  for (const auto& entry : fs::directory_iterator(data)) {
    const std::string name = entry.path().filename().string();
    if (entry.is_regular_file() && name.ends_with(kSuffix)) files.push_back(name);
  }
  std::ranges::sort(files, [](const std::string& a, const std::string& b) {
    return std::pair(rank(a), a) < std::pair(rank(b), b);
  });
  return files;
}

BundledStore copy_database(const fs::path& source, const fs::path& target,
                           const sqlite::Connection::CopyProgress& progress) {
  sqlite::OpenOptions options;
  options.path = source.string();
  options.read_only = true;
  sqlite::Connection connection(options);
  const sqlite::ReadTransaction moment(connection);
  const std::string file = target.filename().string();
  const KnownStore* const known = find_known(file);
  BundledStore store{.file = file,
                     .store = known != nullptr ? known->name : target.stem().string()};
  describe(connection, store);
  connection.copy_to(target.string(), progress);
  return store;
}

}  // namespace orderly::app
