#include <chrono>
#include <cstdio>
#include <filesystem>
#include <stdexcept>
#include <thread>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/progress_line.hpp"
#include "app/trial_run.hpp"
#include "json/writer.hpp"

namespace orderly::app {
namespace {

constexpr const char* kPath = "/api/v1/admin/backup";
constexpr std::chrono::milliseconds kLookAgain{100};

json::Value parsed(const http::ClientResponse& response, int status) {
  if (response.status != status) throw std::runtime_error(message_of(response));
  auto value = json::Value::parse(response.body);
  if (!value) throw std::runtime_error("unexpected answer: " + value.error().message);
  return std::move(*value);
}

std::uint64_t number(const json::Value& value, const char* key) {
  return static_cast<std::uint64_t>(value.int_at(key).value_or(0));
}

/// Waits for the backup with that ticket; gives how it ended.
json::Value wait_for(ApiClient& api, std::int64_t ticket) {
  ProgressLine line;
  for (;;) {
    const auto status = parsed(api.get(kPath), 200);
    const auto last = status.find("last");
    if (last && last->int_at("ticket").value_or(0) >= ticket) return *last;
    line.show(std::string(status.string_at("file").value_or("waiting")), number(status, "done"),
              number(status, "of"));
    std::this_thread::sleep_for(kLookAgain);
  }
}

int make(const BackupOptions& options) {
  // The server makes it: it is on this machine, and its working directory is another one.
  const auto folder = std::filesystem::absolute(options.folder).lexically_normal();
  ApiClient api(options.url);
  std::string body;
  json::Writer(body).begin_object().member("directory", folder.string()).end_object();
  const auto begun = parsed(api.post(kPath, std::move(body)), 202);
  const auto ended = wait_for(api, begun.int_at("ticket").value_or(0));
  const auto made = ended.find("made");
  if (!made || !made->as_bool().value_or(false)) {
    throw std::runtime_error("no backup was made: " +
                             std::string(ended.string_at("reason").value_or("")));
  }
  std::printf("%s: %.1f MB in %.1f s\n", folder.c_str(),
              static_cast<double>(number(ended, "bytes")) / 1e6,
              static_cast<double>(number(ended, "took_ms")) / 1e3);
  return 0;
}

}  // namespace

int run_backup(const BackupOptions& options) {
  return options.verify ? run_trial(options.folder) : make(options);
}

}  // namespace orderly::app
