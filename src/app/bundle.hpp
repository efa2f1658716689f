#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "audit/file_sum.hpp"
#include "base/position.hpp"
#include "base/result.hpp"

/// A backup as it lies on a disk: a folder with a copy of each store of one process and a manifest
/// that names them. The manifest is the last file written.
namespace orderly::app {

inline constexpr int kBundleFormat = 1;
inline constexpr std::string_view kManifestFile = "manifest.json";
inline constexpr std::string_view kWarehouseFile = "warehouse.duckdb";

/// How far a store has read a feed of another one.
struct BundledCursor {
  std::string feed;
  Cursor place;

  bool operator==(const BundledCursor&) const = default;
};

struct BundledStore {
  std::string file;   ///< a name without a folder, e.g. order.db
  std::string store;  ///< whose it is, e.g. order
  int schema_version = 0;
  Uuid epoch;             ///< nil: it has none
  Position position = 0;  ///< of the newest event of its own; 0: none
  std::vector<BundledCursor> cursors;
  std::uint64_t bytes = 0;
  std::string sha256;  ///< in hexadecimal

  bool operator==(const BundledStore&) const = default;
};

struct Manifest {
  std::string version;                ///< of the orderly that made it
  std::string made_at;                ///< RFC 3339, when it was begun
  std::vector<std::string> services;  ///< that the process hosted
  std::vector<BundledStore> stores;   ///< in the order in which they were copied

  bool operator==(const Manifest&) const = default;
};

std::string encode(const Manifest& manifest);
/// kInvalid with code "bad_manifest" for what is none, "newer_bundle" for a later format.
Result<Manifest> parse_manifest(std::string_view json);

using audit::BytesProgress;
using audit::sha256_of;

/// The manifest of a bundle whose files are all there, of the right size and with the right sum.
/// Throws std::runtime_error naming what is not.
Manifest check_bundle(const std::filesystem::path& bundle, const BytesProgress& progress);

/// Puts what is in the file or folder onto the disk; throws std::runtime_error.
void sync_path(const std::filesystem::path& path);

}  // namespace orderly::app
