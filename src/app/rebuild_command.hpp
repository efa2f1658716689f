#pragma once

#include <cstdint>
#include <string>

namespace orderly::app {

struct RebuildOptions {
  std::string url;
  std::string store;               ///< read-model or warehouse
  std::string action = "start";    ///< or swap, rollback, cancel, drop, status
  bool diff_only = false;          ///< of start: compare, print and remove
  std::int64_t keep_seconds = -1;  ///< -1: as the server likes
  std::string format = "text";
};

/// `rebuild`: makes a store of a running server anew beside the live one; 1 where it failed, was
/// cancelled, or both differ.
int run_rebuild(const RebuildOptions& options);

}  // namespace orderly::app
