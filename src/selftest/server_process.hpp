#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace orderly::selftest {

/// A server of our own, as a child that is killed with us. Its output goes to a file.
class ServerProcess {
 public:
  /// `arguments` follow the program's name.
  ServerProcess(std::string program, std::vector<std::string> arguments, std::filesystem::path log);
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;
  /// Kills it where it runs.
  ~ServerProcess();

  /// It does not run. Throws std::runtime_error.
  void start();
  /// SIGKILL, and waits for its end.
  void kill();
  /// SIGTERM, and waits for its end.
  void stop();
  /// Whether it has ended although nobody asked it to.
  [[nodiscard]] bool has_died();
  [[nodiscard]] const std::filesystem::path& log() const { return log_; }

 private:
  void end_with(int signal);

  std::string program_;
  std::vector<std::string> arguments_;
  std::filesystem::path log_;
  pid_t pid_ = -1;  ///< -1: it does not run
};

/// A port on the loopback interface that nobody has now.
std::uint16_t free_port();

}  // namespace orderly::selftest
