#include "runtime/memory.hpp"

#include <sys/prctl.h>

#ifdef ORDERLY_MIMALLOC
#include <mimalloc.h>
#endif

namespace orderly::runtime {

void allow_huge_pages(bool allowed) {
  static_cast<void>(::prctl(PR_SET_THP_DISABLE, allowed ? 0UL : 1UL, 0UL, 0UL, 0UL));
}

void keep_freed_memory([[maybe_unused]] bool kept) {
#ifdef ORDERLY_MIMALLOC
  static const long kDelay = mi_option_get(mi_option_decommit_delay);  // milliseconds
  mi_option_set(mi_option_decommit_delay, kept ? kDelay : 0);
#endif
}

}  // namespace orderly::runtime
