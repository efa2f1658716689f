#include "runtime/memory.hpp"

#include <sys/prctl.h>

namespace orderly::runtime {

void allow_huge_pages(bool allowed) {
  static_cast<void>(::prctl(PR_SET_THP_DISABLE, allowed ? 0UL : 1UL, 0UL, 0UL, 0UL));
}

}  // namespace orderly::runtime
