#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "app/bundle.hpp"
#include "sqlite/connection.hpp"

/// The files of a data directory that are stores.
namespace orderly::app {

/// The read model lives in one of two files (orderinfo::ReadModelFiles); in a backup in the first.
inline constexpr std::string_view kReadModelFile = "orderinfo.db";
inline constexpr std::string_view kSecondReadModelFile = "orderinfo-2.db";
[[nodiscard]] bool is_read_model(std::string_view file);

/// The SQLite stores that are there, downstream before upstream (so that every position in a
/// backup exists upstream): the read model, the broker, the scheduler, then the services, those of
/// extensions among them.
std::vector<std::string> database_files(const std::filesystem::path& data);

/// Copies the store into the new file `target`, as it is at one moment, and says what is in it
/// under that name
/// (its size and sum are not known yet). Blocks; any thread. Throws Unavailable, StorageFull.
BundledStore copy_database(const std::filesystem::path& source, const std::filesystem::path& target,
                           const sqlite::Connection::CopyProgress& progress);

}  // namespace orderly::app
