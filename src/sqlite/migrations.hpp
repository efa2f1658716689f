#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "base/ids.hpp"
#include "sqlite/connection.hpp"

namespace orderly::sqlite {

/// A step forward of a schema. Once released, it never changes; a correction is a new migration.
struct Migration {
  int version;            ///< 1, 2, 3, …
  std::string_view name;  ///< says what it does, e.g. "orders"
  std::string_view sql;   ///< any number of statements, none of which begins or ends a transaction
};

/// What a store expects its database file to be.
struct Schema {
  std::string_view name;        ///< for messages, e.g. "order"
  std::int32_t application_id;  ///< in the file's header, see application_id()
  std::span<const Migration> migrations;
};

/// The header field that tells one store's file from another's (pragma application_id).
constexpr std::int32_t application_id(const char (&tag)[5]) {
  std::uint32_t id = 0;
  for (int i = 0; i < 4; ++i)
    id = id << 8 | static_cast<unsigned char>(tag[i]);
  return static_cast<std::int32_t>(id);
}

/// Brings a database to the newest version of `schema`.
///
/// An empty file is first made one of this store's: in one transaction it gets the application id
/// and the tables `schema_version` and `meta`, the latter with `fresh_epoch` as the store's epoch
/// (see metadata.hpp). Then each missing migration runs in a transaction of its own together with
/// its row in `schema_version`. So the process may die at any time and simply start again.
///
/// Throws IncompatibleDatabase for another application's file and for one that a newer or another
/// line of binaries has migrated; the file is left as it was. Call it on the writing connection
/// before any other statement is prepared.
void migrate(Connection& connection, const Schema& schema, const Uuid& fresh_epoch);

/// The version of the last migration applied; 0 for none. The database must have been migrated.
int schema_version(Connection& connection);

}  // namespace orderly::sqlite
