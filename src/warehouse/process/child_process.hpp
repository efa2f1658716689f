#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace orderly::warehouse::process {

/// The descriptor at which a child finds its end of the socket.
inline constexpr int kChildSocket = 3;

/// How a child ends that could not write what it had to: there is no room on the disk.
inline constexpr int kDiskIsFull = 28;

/// A program started as a child with one end of a stream socket and nothing else of ours: no other
/// descriptor (input is /dev/null, both outputs are our stderr), no blocked or ignored signal. It
/// is killed and reaped when this goes.
///
/// The thread that started it must live as long as it: Linux tells a child of its parent's death
/// when that thread ends (prctl(2), PR_SET_PDEATHSIG; see guard_against_orphanage()).
class ChildProcess {
 public:
  /// `arguments` follow the program's name. Throws Unavailable.
  ChildProcess(const std::string& program, const std::vector<std::string>& arguments);
  ~ChildProcess();
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  /// Our end of the socket, given once; the caller closes it.
  [[nodiscard]] int take_socket() { return std::exchange(socket_, -1); }
  [[nodiscard]] pid_t pid() const { return pid_; }
  /// SIGKILL.
  void kill() const;
  /// As resident_bytes_of() of it.
  [[nodiscard]] std::size_t resident_bytes() const;
  /// Whether it has ended, without waiting. Once true its pid may be somebody else's.
  bool reap();
  // Once reaped:
  [[nodiscard]] std::string how_it_ended() const;  ///< "exit code 1", "signal 9"
  [[nodiscard]] bool ended_by_kill() const;        ///< by SIGKILL, whoever sent it
  [[nodiscard]] bool ended_with(int exit_code) const;

 private:
  int socket_ = -1;
  pid_t pid_ = -1;
  bool reaped_ = false;
  int status_ = 0;
};

/// Bytes of a process in memory (proc(5), statm); 0 where the system does not tell.
std::size_t resident_bytes_of(pid_t pid);

/// For the child, first of all: lets it be killed with its parent, whose pid was `parent` when it
/// was started. False: the parent is gone already.
bool guard_against_orphanage(pid_t parent);

}  // namespace orderly::warehouse::process
