#include <cstdio>
#include <cstdlib>

#include "fuzz/target.hpp"
#include "telemetry/log.hpp"

namespace orderly::fuzz {

Target chosen_target() {
  const char* const name = std::getenv("ORDERLY_FUZZ");
  const auto found = targets().find(name == nullptr ? "" : name);
  if (found == targets().end()) {
    for (const auto& target : targets())
      std::printf("%.*s\n", static_cast<int>(target.first.size()), target.first.data());
    std::exit(name == nullptr ? 0 : 2);
  }
  // What is refused is the point of a run, and its log would only slow it down.
  log::configure({.level = log::Level::kError, .sink = [](std::string_view) {}});
  return found->second;
}

std::map<std::string_view, Target>& targets() {
  static std::map<std::string_view, Target> all;
  return all;
}

void expect(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

}  // namespace orderly::fuzz
