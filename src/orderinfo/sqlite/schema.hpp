#pragma once

#include <string_view>

#include "sqlite/migrations.hpp"

namespace orderly::orderinfo {

/// In `meta`: how often the read model went back to where a feed forks. A twin has the number that
/// the live one had when it was made.
inline constexpr std::string_view kForksKey = "forks";

/// What orderinfo.db looks like.
const sqlite::Schema& read_model_schema();

}  // namespace orderly::orderinfo
