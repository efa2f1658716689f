#pragma once

#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <string>

namespace orderly::app {

/// One line on a terminal that tells how far long work is; off a terminal, nothing.
class ProgressLine {
 public:
  ~ProgressLine() { clear(); }
  ProgressLine() = default;
  ProgressLine(const ProgressLine&) = delete;
  ProgressLine& operator=(const ProgressLine&) = delete;

  /// Bytes; `of` 0: not known.
  void show(const std::string& what, std::uint64_t done, std::uint64_t of) {
    if (!on_terminal_) return;
    constexpr double kMegabyte = 1e6;
    std::fprintf(stderr, "\r\033[K%s", what.c_str());
    if (of > 0) {
      std::fprintf(stderr, ": %.1f of %.1f MB", static_cast<double>(done) / kMegabyte,
                   static_cast<double>(of) / kMegabyte);
    } else if (done > 0) {
      std::fprintf(stderr, ": %.1f MB", static_cast<double>(done) / kMegabyte);
    }
    std::fflush(stderr);
  }
  void clear() const {
    if (on_terminal_) std::fputs("\r\033[K", stderr);
  }

 private:
  bool on_terminal_ = ::isatty(STDERR_FILENO) == 1;
};

}  // namespace orderly::app
