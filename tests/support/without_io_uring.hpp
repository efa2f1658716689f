#pragma once

#include <linux/filter.h>
#include <linux/io_uring.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <stdexcept>
#include <thread>

namespace orderly::testing {

/// From here on the kernel denies the calling thread io_uring, as many a container does.
inline void deny_io_uring() {
  std::array<sock_filter, 4> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_io_uring_setup, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{.len = filter.size(), .filter = filter.data()};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
      ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    throw std::runtime_error("seccomp does not take the filter");
  }
}

/// Whether the kernel gives this process a ring as SocketRing wants it, asked without that.
inline bool kernel_offers_io_uring() {
  bool offers = false;
  // Not by the calling thread: a ring that goes interrupts what its thread waits for next.
  std::thread([&offers] {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    const auto ring = ::syscall(SYS_io_uring_setup, 8, &params);
    offers = ring >= 0;
    if (offers) ::close(static_cast<int>(ring));
  }).join();
  return offers;
}

}  // namespace orderly::testing
