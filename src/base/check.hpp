#pragma once

/// A broken invariant of our own: says where and ends the process. Restarting is safe, the crash
/// tests see to that; going on with a wrong state is not.
#define ORDERLY_CHECK(condition, message)                                               \
  do {                                                                                  \
    if (!(condition)) ::orderly::check_failed(#condition, message, __FILE__, __LINE__); \
  } while (false)

namespace orderly {

[[noreturn]] void check_failed(const char* condition, const char* message, const char* file,
                               int line) noexcept;

}  // namespace orderly
