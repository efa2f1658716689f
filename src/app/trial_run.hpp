#pragma once

#include <filesystem>

namespace orderly::app {

/// Proves that a backup can be restored: into a scratch folder beside it, with the services started
/// on it (on a free port of the loopback, telling nobody outside anything), whose stores are then
/// compared as by `orderly verify`. The scratch folder is removed in any case. Answers 0, or 1
/// where anything differs; throws std::exception with a message for a person.
int run_trial(const std::filesystem::path& bundle);

}  // namespace orderly::app
