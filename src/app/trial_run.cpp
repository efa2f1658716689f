#include "app/trial_run.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <string>
#include <system_error>
#include <thread>
#include <vector>

#include "app/commands.hpp"
#include "app/progress_line.hpp"
#include "app/restoring.hpp"
#include "json/value.hpp"

extern char** environ;

namespace orderly::app {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kStartTime = 180s;  ///< a large log may have to be replayed
constexpr auto kStopTime = 30s;
constexpr auto kLookAgain = 50ms;

/// Removed with everything in it when this goes.
class Scratch {
 public:
  explicit Scratch(const fs::path& bundle) : path_(name_beside(bundle)) {}
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  ~Scratch() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }

  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  static fs::path name_beside(const fs::path& bundle) {
    std::string name = fs::weakly_canonical(fs::absolute(bundle)).string() + ".verify-XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) {
      throw std::runtime_error(
          fmt::format("cannot make {}: {}", name, std::generic_category().message(errno)));
    }
    return name;
  }

  fs::path path_;
};

/// The server, for a signal's handler: one that ends us ends it, and then what waits for it fails
/// and cleans up.
volatile pid_t server_pid = 0;
extern "C" void end_server(int /*signal*/) {
  if (server_pid > 0) ::kill(server_pid, SIGKILL);
}

/// `orderly serve …` on the scratch folder.
class TrialServer {
 public:
  TrialServer(const std::vector<std::string>& services, const fs::path& data, fs::path log)
      : log_(std::move(log)) {
    std::vector<std::string> arguments{"orderly", "serve"};
    arguments.insert(arguments.end(), services.begin(), services.end());
    for (const char* argument : {"--listen", "127.0.0.1:0", "--isolated", "--audit-minutes", "0",
                                 "--log-level", "info", "--data"}) {
      arguments.emplace_back(argument);
    }
    arguments.push_back(data.string());
    start(arguments);
  }
  TrialServer(const TrialServer&) = delete;
  TrialServer& operator=(const TrialServer&) = delete;
  ~TrialServer() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGTERM);
    const auto deadline = std::chrono::steady_clock::now() + kStopTime;
    while (!ended() && std::chrono::steady_clock::now() < deadline)
      std::this_thread::sleep_for(kLookAgain);
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    server_pid = 0;
  }

  /// Once it serves.
  std::string url() {
    const auto deadline = std::chrono::steady_clock::now() + kStartTime;
    while (std::chrono::steady_clock::now() < deadline) {
      if (const auto port = port_in_log()) return fmt::format("http://127.0.0.1:{}", *port);
      if (ended()) throw std::runtime_error("the services do not start on it:\n" + log_text());
      std::this_thread::sleep_for(kLookAgain);
    }
    throw std::runtime_error("the services take too long to start on it");
  }

 private:
  void start(const std::vector<std::string>& arguments) {
    std::vector<char*> argv;
    argv.reserve(arguments.size() + 1);
    for (const std::string& argument : arguments)
      argv.push_back(const_cast<char*>(argument.c_str()));
    argv.push_back(nullptr);
    posix_spawn_file_actions_t files;
    ::posix_spawn_file_actions_init(&files);
    ::posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    ::posix_spawn_file_actions_addopen(&files, STDERR_FILENO, log_.c_str(),
                                       O_WRONLY | O_CREAT | O_TRUNC, 0600);
    ::posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
    const int failed =
        ::posix_spawn(&pid_, "/proc/self/exe", &files, nullptr, argv.data(), environ);
    ::posix_spawn_file_actions_destroy(&files);
    if (failed != 0) {
      pid_ = 0;
      throw std::runtime_error("the services cannot be started: " +
                               std::generic_category().message(failed));
    }
    server_pid = pid_;
    for (const int signal : {SIGINT, SIGTERM, SIGHUP})
      std::signal(signal, end_server);
  }

  bool ended() {
    if (pid_ > 0 && ::waitpid(pid_, nullptr, WNOHANG) == pid_) pid_ = 0;
    return pid_ == 0;
  }

  [[nodiscard]] std::string log_text() const {
    std::ifstream file(log_);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  [[nodiscard]] std::optional<std::int64_t> port_in_log() const {
    std::ifstream file(log_);
    for (std::string line; std::getline(file, line);) {
      const auto entry = json::Value::parse(line);
      if (entry && entry->string_at("message") == "orderly is listening") {
        return entry->int_at("port");
      }
    }
    return std::nullopt;
  }

  fs::path log_;
  pid_t pid_ = 0;
};

/// Those of the bundle that can run without the others.
std::vector<std::string> services_to_compare(const Manifest& manifest) {
  const auto has = [&](const char* service) {
    return std::ranges::find(manifest.services, service) != manifest.services.end();
  };
  if (!has("order") || !has("product") || !has("orderinfo")) return {};
  return manifest.services;
}

}  // namespace

int run_trial(const fs::path& bundle) {
  ProgressLine line;
  std::uint64_t checked = 0;
  const Manifest manifest = check_bundle(
      bundle, [&](std::uint64_t bytes) { line.show("checking", checked += bytes, 0); });
  const Scratch scratch(bundle);
  const fs::path data = scratch.path() / "data";
  unpack_bundle(bundle, manifest, data,
                [&](const std::string& what, std::uint64_t done, std::uint64_t of) {
                  line.show(what, done, of);
                });
  line.clear();
  std::printf("%zu stores of %s: all there, undamaged, and they open.\n", manifest.stores.size(),
              manifest.made_at.c_str());
  const auto services = services_to_compare(manifest);
  if (services.empty()) {
    std::printf(
        "The orders, products and the read model are in other backups, so there is nothing "
        "to compare.\n");
    return 0;
  }
  std::fflush(stdout);
  TrialServer server(services, data, scratch.path() / "log");
  return run_verify({.url = server.url()});
}

}  // namespace orderly::app
