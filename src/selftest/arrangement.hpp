#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "runtime/event_loop.hpp"
#include "selftest/census.hpp"
#include "selftest/gate.hpp"
#include "selftest/server_process.hpp"

namespace orderly::selftest {

/// How the platform is run: in one process, or in five with a gate before each that others call.
/// Used on its loop; stop() has been awaited before it goes.
class Arrangement {
 public:
  enum class Kind : std::uint8_t { kTogether, kApart };

  /// Its data, logs and record are below `folder`, which is made.
  Arrangement(runtime::EventLoop& loop, Kind kind, std::string program,
              std::filesystem::path folder, Random& random);

  /// Starts all that is to run, and waits until it answers. Throws std::runtime_error.
  runtime::Task<void> start();
  /// Kills one of the processes and starts it again. Throws std::runtime_error where it does not
  /// come back, or one has ended that nobody killed.
  runtime::Task<void> kill_one();
  /// Delays and cuts, or closes a gate; behaves where there are none.
  void disturb_network();
  void calm_network();
  /// Until every process says that it is ready, for up to a minute; whether they did.
  runtime::Task<bool> await_ready();
  /// Asks all to end.
  runtime::Task<void> stop();

  [[nodiscard]] Urls urls() const;
  [[nodiscard]] const char* name() const;
  [[nodiscard]] std::filesystem::path record() const { return folder_ / "record.jsonl"; }
  [[nodiscard]] std::size_t kills() const { return kills_; }
  [[nodiscard]] std::size_t cuts() const;
  [[nodiscard]] bool has_gates() const { return !gates_.empty(); }

 private:
  struct Server {
    std::string name;
    std::string url;
    std::unique_ptr<ServerProcess> process;
  };

  void add(const std::string& name, std::vector<std::string> words, std::uint16_t port);
  void arrange_apart();
  runtime::Task<bool> answers(std::string url, std::string path);
  runtime::Task<void> await_answer(const Server& server);
  [[nodiscard]] const std::string& url_of(const std::string& service) const;

  runtime::EventLoop& loop_;
  Kind kind_;
  std::string program_;
  std::filesystem::path folder_;
  Random& random_;
  std::vector<Server> servers_;
  std::vector<std::unique_ptr<Gate>> gates_;
  std::size_t kills_ = 0;
};

}  // namespace orderly::selftest
