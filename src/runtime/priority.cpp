#include "runtime/priority.hpp"

#include <sys/resource.h>

namespace orderly::runtime {

void step_behind(Niceness niceness) {
  // In Linux the process 0 is the calling thread.
  static_cast<void>(::setpriority(PRIO_PROCESS, 0, niceness.value));
}

}  // namespace orderly::runtime
