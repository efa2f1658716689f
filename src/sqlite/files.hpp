#pragma once

#include <string>

#include "sqlite/connection.hpp"

/// Database files as files, through the VFS that `options` name.
namespace orderly::sqlite {

/// Throws DatabaseError where it cannot be told.
[[nodiscard]] bool database_exists(const OpenOptions& options);

/// Removes the database with its logs; gone from the disk when it returns. No connection of this
/// process may be open. That nothing is there is no error. Throws DatabaseError.
void remove_database(const OpenOptions& options);

}  // namespace orderly::sqlite
