#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "support/sim_disk.hpp"

namespace orderly::testing {

/// SQLite's VFS over a SimDisk (https://www.sqlite.org/vfs.html), registered under `name` while it
/// lives. Connections ask for it by OpenOptions::vfs; it is never the default one.
///
/// Any number of connections of one process may share a database, in WAL mode too: file locks and
/// the shared memory are held here, and are lost with the process. Time comes from `clock`, and all
/// of SQLite's randomness from `random`, so that a run can be repeated; waiting takes no time.
///
/// After the disk has crashed, connections of before are the dead: whatever they read, write or
/// lock answers SQLITE_IOERR, reaches nothing, and they can be closed. Close them before this goes.
///
/// One thread, which also is the only one to use SQLite meanwhile if a run is to be repeated.
class SimVfs {
 public:
  SimVfs(std::string name, SimDisk& disk, const Clock& clock, Random& random);
  SimVfs(const SimVfs&) = delete;
  SimVfs& operator=(const SimVfs&) = delete;
  ~SimVfs();

  [[nodiscard]] const std::string& name() const;
  /// Handles that are open, those of the dead among them.
  [[nodiscard]] std::size_t open_files() const;

  class Host;  ///< private, see sim_open_file.hpp

 private:
  std::unique_ptr<Host> host_;
};

}  // namespace orderly::testing
