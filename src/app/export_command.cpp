#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <stdexcept>
#include <string>

#include "app/api_client.hpp"
#include "app/commands.hpp"
#include "app/export_file.hpp"
#include "json/writer.hpp"
#include "warehouse/export.hpp"

namespace orderly::app {
namespace {

/// Fetched at once, and so what of an export is in memory.
constexpr std::uint64_t kPieceBytes = std::uint64_t{8} * 1024 * 1024;
/// Longer than the server gives an export.
constexpr std::chrono::milliseconds kMakeTimeout =
    warehouse::kMaxExportTime + std::chrono::minutes(1);

struct Made {
  std::string name;
  std::uint64_t rows = 0;
  std::uint64_t bytes = 0;
};

std::string request_body(const ExportOptions& options) {
  const std::string suffix = std::filesystem::path(options.file).extension().string();
  const auto format = warehouse::parse_export_format(suffix.empty() ? suffix : suffix.substr(1));
  if (!format) throw std::runtime_error("the file's name must end in .parquet or .csv");
  std::string body;
  json::Writer writer(body);
  writer.begin_object().member("table", options.table).member("format", to_string(*format));
  if (!options.from.empty()) writer.member("from", options.from);
  if (!options.to.empty()) writer.member("to", options.to);
  if (!options.last.empty()) writer.member("last", options.last);
  writer.end_object();
  return body;
}

void expect(const http::ClientResponse& response, int status) {
  if (response.status != status) throw std::runtime_error(message_of(response));
}

/// An export on the server, removed there when it is fetched or cannot be.
class RemoteExport {
 public:
  RemoteExport(ApiClient& api, std::string body) : api_(api) {
    const auto response = api_.send({.method = http::Method::kPost,
                                     .target = "/api/v1/warehouse/export",
                                     .body = std::move(body),
                                     .timeout = kMakeTimeout});
    expect(response, 200);
    const auto answer = json::Value::parse(response.body);
    const auto name = answer ? answer->string_at("name") : std::nullopt;
    if (!name) throw std::runtime_error("unexpected answer: " + response.body);
    made_ = {std::string(*name), number_at(*answer, "rows"), number_at(*answer, "bytes")};
  }
  RemoteExport(const RemoteExport&) = delete;
  RemoteExport& operator=(const RemoteExport&) = delete;
  ~RemoteExport() {
    try {
      const auto removed = api_.call(http::Method::kDelete, path(), {});
      if (removed.status / 100 == 2 || removed.status == 404) return;
    } catch (const std::exception&) {  // said below
    }
    std::fprintf(stderr, "The server still has its copy, the export %s.\n", made_.name.c_str());
  }

  [[nodiscard]] const Made& made() const { return made_; }

  std::string fetch(std::uint64_t offset) {
    const std::uint64_t behind = std::min(made_.bytes, offset + kPieceBytes);
    http::ClientRequest request{.target = path()};
    request.headers.add("Range", fmt::format("bytes={}-{}", offset, behind - 1));
    auto response = api_.send(std::move(request));
    expect(response, 206);
    if (response.body.size() != behind - offset) {
      throw std::runtime_error("the export has changed on the server while it was fetched");
    }
    return std::move(response.body);
  }

 private:
  [[nodiscard]] std::string path() const { return "/api/v1/warehouse/exports/" + made_.name; }

  static std::uint64_t number_at(const json::Value& answer, std::string_view member) {
    const auto value = answer.find(member);
    const auto number = value ? value->as_int() : std::nullopt;
    if (!number || *number < 0)
      throw std::runtime_error("unexpected answer: no " + std::string(member));
    return static_cast<std::uint64_t>(*number);
  }

  ApiClient& api_;
  Made made_;
};

/// A line that changes, on a terminal alone.
class Progress {
 public:
  void say(const std::string& text) const {
    if (shown_) fmt::print(stderr, "\r{:<60}", text);
  }
  void clear() const {
    if (shown_) fmt::print(stderr, "\r{:<60}\r", "");
  }

 private:
  bool shown_ = ::isatty(STDERR_FILENO) == 1;
};

void fetch_all(RemoteExport& remote, ExportedFile& file, const Progress& progress) {
  const std::uint64_t bytes = remote.made().bytes;
  for (std::uint64_t offset = 0; offset < bytes;) {
    const std::string piece = remote.fetch(offset);
    file.append(piece);
    offset += piece.size();
    progress.say(fmt::format("fetched {} of {} KiB ({} %)", offset / 1024, bytes / 1024,
                             offset * 100 / bytes));
  }
}

}  // namespace

int run_export(const ExportOptions& options) {
  std::string body = request_body(options);
  // First, so that nothing is made in vain where it cannot be written.
  ExportedFile file(options.file);
  ApiClient api(options.url);
  const Progress progress;
  progress.say("the server makes the export");
  RemoteExport remote(api, std::move(body));
  fetch_all(remote, file, progress);
  file.publish();
  progress.clear();
  fmt::print("{} rows, {} bytes in {}\n", remote.made().rows, remote.made().bytes, options.file);
  return std::fflush(stdout) == 0 ? 0 : 1;
}

}  // namespace orderly::app
