#pragma once

#include "app/passages.hpp"
#include "base/random.hpp"
#include "sqlite/connection.hpp"
#include "sqlite/statement.hpp"

namespace orderly::app {

/// trace.db: what Passages knew. It helps a person to look back and nothing depends on it, so its
/// commits need no sync. One thread at a time.
class PassageFile {
 public:
  /// Opens or makes the file, and gives `passages` back what it had. Throws DatabaseError,
  /// IncompatibleDatabase.
  PassageFile(sqlite::OpenOptions options, Random& random, UtcTime now, Passages& passages);

  /// Saves what is new. Throws Unavailable; what was to be saved is then forgotten at a restart.
  void save();

 private:
  Passages& passages_;
  sqlite::Connection connection_;
  sqlite::Statement put_, forget_;
};

}  // namespace orderly::app
