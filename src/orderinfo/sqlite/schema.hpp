#pragma once

#include "sqlite/migrations.hpp"

namespace orderly::orderinfo {

/// What orderinfo.db looks like.
const sqlite::Schema& read_model_schema();

}  // namespace orderly::orderinfo
