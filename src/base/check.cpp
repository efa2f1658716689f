#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace orderly {

void check_failed(const char* condition, const char* message, const char* file, int line) noexcept {
  std::fprintf(stderr, "orderly: broken invariant: %s (%s) at %s:%d\n", message, condition, file,
               line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace orderly
