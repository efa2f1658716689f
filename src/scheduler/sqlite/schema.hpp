#pragma once

#include "base/random.hpp"
#include "sqlite/connection.hpp"

namespace orderly::scheduler {

/// Opens scheduler.db and brings it to the newest schema.
sqlite::Connection open_database(const sqlite::OpenOptions& options, Random& random, UtcTime now);

}  // namespace orderly::scheduler
