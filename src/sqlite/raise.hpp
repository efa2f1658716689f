#pragma once

#include <string_view>

struct sqlite3;

/// Private to src/sqlite.
namespace orderly::sqlite {

/// Throws what `code`, an extended result code that `database` has just answered, stands for:
/// StorageFull, DatabaseError, or std::bad_alloc. Misuse of the library ends the process.
/// `doing` (an SQL text, a path) and the file's name go into the message, bound values never do.
[[noreturn]] void raise(sqlite3* database, int code, std::string_view doing);

}  // namespace orderly::sqlite
