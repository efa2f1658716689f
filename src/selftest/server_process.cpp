#include "selftest/server_process.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace orderly::selftest {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::generic_category().message(errno));
}

/// Between fork and exec: system calls only.
[[noreturn]] void become(const char* program, char* const* argv, int output, pid_t parent) {
  const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(nothing, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (::getppid() == parent) ::execv(program, argv);
  ::_exit(127);
}

}  // namespace

ServerProcess::ServerProcess(std::string program, std::vector<std::string> arguments,
                             std::filesystem::path log)
    : program_(std::move(program)), arguments_(std::move(arguments)), log_(std::move(log)) {}

ServerProcess::~ServerProcess() { kill(); }

void ServerProcess::start() {
  std::vector<char*> argv{program_.data()};
  for (auto& argument : arguments_)
    argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int output = ::open(log_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
  if (output < 0) fail(log_.string());
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child == 0) become(program_.c_str(), argv.data(), output, parent);
  ::close(output);
  if (child < 0) fail(program_);
  pid_ = child;
}

void ServerProcess::kill() { end_with(SIGKILL); }

void ServerProcess::stop() { end_with(SIGTERM); }

void ServerProcess::end_with(int signal) {
  const pid_t pid = std::exchange(pid_, -1);
  if (pid < 0) return;
  ::kill(pid, signal);
  while (::waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

bool ServerProcess::has_died() {
  if (pid_ < 0 || ::waitpid(pid_, nullptr, WNOHANG) != pid_) return false;
  pid_ = -1;
  return true;
}

std::uint16_t free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const generic = reinterpret_cast<sockaddr*>(&address);
  const bool known = ::bind(probe, generic, size) == 0 && ::getsockname(probe, generic, &size) == 0;
  ::close(probe);
  if (!known) fail("no port is free");
  return ntohs(address.sin_port);
}

}  // namespace orderly::selftest
