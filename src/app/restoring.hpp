#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "app/bundle.hpp"

namespace orderly::app {

/// Told what is being done, with bytes done of so many (0: it takes no time).
using RestoreProgress =
    std::function<void(const std::string& what, std::uint64_t done, std::uint64_t of)>;

/// Puts the stores of a checked bundle into the new folder `folder` and makes them ready to go on:
/// each is opened by the code that serves it, which refuses another store's file and that of a
/// newer version and brings an older one up to date, and those that others read begin a new epoch.
/// All of it is on the disk when this returns. Throws std::exception naming the file; then the
/// folder is of no use.
void unpack_bundle(const std::filesystem::path& bundle, const Manifest& manifest,
                   const std::filesystem::path& folder, const RestoreProgress& progress);

/// Puts the bundle in the place of the data directory `data`, which nobody may be using: whole or
/// not at all, wherever the process dies. What stood there is kept beside it; its new name is the
/// answer (empty: nothing stood there). Throws std::exception with a message for a person, with
/// `data` as it was.
std::filesystem::path restore_bundle(const std::filesystem::path& bundle,
                                     const std::filesystem::path& data,
                                     const RestoreProgress& progress);

}  // namespace orderly::app
