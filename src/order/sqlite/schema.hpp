#pragma once

#include "base/clock.hpp"
#include "base/random.hpp"
#include "sqlite/connection.hpp"

/// Private to this folder: what order.db looks like.
namespace orderly::order {

/// The writing connection to a database of the newest version.
sqlite::Connection open_database(const sqlite::OpenOptions& options, Random& random, UtcTime now);

}  // namespace orderly::order
