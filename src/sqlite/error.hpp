#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

#include "base/result.hpp"

namespace orderly::sqlite {

/// What kind of trouble a database is in.
enum class Fault : std::uint8_t {
  kBusy,        ///< another connection holds the lock; nothing was done
  kIo,          ///< the file system failed
  kCorrupt,     ///< the file is damaged or no database
  kConstraint,  ///< a constraint other than uniqueness refused a write
  kOther,
};

/// SQLite could not do what was asked. A full disk is `orderly::StorageFull` instead.
///
/// The statement had no effect. SQLite may have rolled the whole transaction back, so let the
/// exception leave the scope of the transaction; its destructor cleans up.
class DatabaseError : public Unavailable {
 public:
  DatabaseError(Fault fault, int code, const std::string& message);

  [[nodiscard]] Fault fault() const { return fault_; }
  /// SQLite's extended result code (https://www.sqlite.org/rescode.html).
  [[nodiscard]] int code() const { return code_; }

 private:
  Fault fault_;
  int code_;
};

/// The file is a database, but not one this binary may open: another application's, or written by a
/// newer version. Waiting does not help, so this is no `Unavailable`; a start ends with its text.
class IncompatibleDatabase : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace orderly::sqlite
