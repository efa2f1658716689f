#include <cstdio>

#include "app/commands.hpp"
#include "app/progress_line.hpp"
#include "app/restoring.hpp"

namespace orderly::app {

int run_restore(const RestoreOptions& options) {
  ProgressLine line;
  const auto kept = restore_bundle(options.folder, options.data,
                                   [&](const std::string& what, std::uint64_t done,
                                       std::uint64_t of) { line.show(what, done, of); });
  line.clear();
  std::printf("%s is restored from %s; its stores begin a new epoch.\n", options.data.c_str(),
              options.folder.c_str());
  if (!kept.empty()) {
    std::printf("What was there before is in %s; remove it when you do not need it any more.\n",
                kept.c_str());
  }
  return 0;
}

}  // namespace orderly::app
