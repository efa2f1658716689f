#include "warehouse/export_routes.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/dates.hpp"
#include "base/text.hpp"
#include "http/problem.hpp"
#include "json/writer.hpp"
#include "runtime/blocking_pool.hpp"
#include "warehouse/export_json.hpp"
#include "warehouse/routes.hpp"

namespace orderly::warehouse {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{256} * 1024;
constexpr std::size_t kMaxWaitingReads = 256;

/// Bytes of a file, from the first up to the one behind the last.
struct Range {
  std::uint64_t first = 0;
  std::uint64_t behind = 0;
};

/// `bytes=A-B` or `bytes=A-`, cut to the file. Nothing for any other form, which a server may pass
/// over (RFC 9110 14.2); `first` is not below `behind` where nothing of the file is in it.
std::optional<Range> parse_range(std::string_view header, std::uint64_t size) {
  constexpr std::string_view kUnit = "bytes=";
  if (!header.starts_with(kUnit)) return std::nullopt;
  header.remove_prefix(kUnit.size());
  const auto dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  const auto first = parse_int64(header.substr(0, dash));
  if (!first || *first < 0) return std::nullopt;
  Range range{static_cast<std::uint64_t>(*first), size};
  if (const auto text = header.substr(dash + 1); !text.empty()) {
    const auto last = parse_int64(text);
    if (!last || *last < *first) return std::nullopt;
    range.behind = std::min(size, static_cast<std::uint64_t>(*last) + 1);
  }
  return range;
}

/// Reads ahead by nothing: a piece when the one before it was sent.
class FileStream final : public http::BodyStream {
 public:
  FileStream(runtime::BlockingPool& pool, std::shared_ptr<const ExportFile> file, Range range)
      : pool_(pool), file_(std::move(file)), range_(range) {}

  runtime::Task<std::optional<std::string>> next() override {
    if (ended_ || range_.first >= range_.behind) co_return std::nullopt;
    const std::uint64_t offset = range_.first;
    const auto size =
        static_cast<std::size_t>(std::min<std::uint64_t>(kPieceBytes, range_.behind - offset));
    std::string piece =
        co_await pool_.run([file = file_, offset, size] { return file->read(offset, size); });
    range_.first += size;
    co_return piece;
  }
  void end() override { ended_ = true; }

 private:
  runtime::BlockingPool& pool_;
  std::shared_ptr<const ExportFile> file_;
  Range range_;
  bool ended_ = false;
};

std::string_view content_type_of(ExportFormat format) {
  return format == ExportFormat::kCsv ? "text/csv; charset=utf-8"
                                      : "application/vnd.apache.parquet";
}

http::Response not_found() {
  return http::problem(404, "unknown_export", "There is no export of that name.");
}

class Exports {
 public:
  Exports(runtime::EventLoop& loop, Warehouse& warehouse, std::filesystem::path folder)
      : loop_(loop), warehouse_(warehouse), folder_(std::move(folder)) {}

  runtime::Task<http::Response> make(const http::Request& request) {
    auto order = parse_export_order(request.body, loop_.utc_now());
    if (!order) co_return http::problem(order.error());
    if (running_) {
      co_return http::problem(Error{ErrorKind::kOverloaded,
                                    "export_running",
                                    "another export is being made; try again when it is done",
                                    {}});
    }
    if (folder_.open(order->name)) {
      co_return http::problem(Error{ErrorKind::kConflict, "export_exists",
                                    "there is an export of that name; remove it first", "name"});
    }
    const Running running(*this);
    order->request.file = folder_.prepare(order->name, order->request.format).string();
    Attempt attempt(folder_, order->request.file);
    const Result<Exported> made = co_await warehouse_.export_to(order->request);
    if (!made) co_return http::problem(made.error());
    attempt.succeed();
    std::string body;
    json::Writer(body)
        .begin_object()
        .member("name", order->name)
        .member("rows", made->rows)
        .member("bytes", made->bytes)
        .end_object();
    co_return http::Response::json(std::move(body));
  }

  runtime::Task<http::Response> list() {
    std::string body;
    json::Writer writer(body);
    writer.begin_object().key("exports").begin_array();
    for (const KeptExport& kept : folder_.list()) {
      writer.begin_object()
          .member("name", kept.name)
          .member("format", to_string(kept.format))
          .member("bytes", kept.bytes)
          .member("made_at", format_rfc3339(kept.made_at))
          .end_object();
    }
    writer.end_array().end_object();
    co_return http::Response::json(std::move(body));
  }

  runtime::Task<http::Response> download(const http::Request& request, http::PathParameters path) {
    auto opened = folder_.open(path.at("name"));
    if (!opened) co_return not_found();
    const std::uint64_t size = opened->kept.bytes;
    const auto header = request.header("Range");
    const auto range = header ? parse_range(*header, size) : std::nullopt;
    if (range && range->first >= range->behind) {
      auto refusal =
          http::problem(416, "range_not_satisfiable", "The export ends before.", "Range");
      refusal.headers.add("Content-Range", fmt::format("bytes */{}", size));
      co_return refusal;
    }
    http::Response response{.status = range ? 206 : 200,
                            .content_type = content_type_of(opened->kept.format)};
    response.headers.add("Accept-Ranges", "bytes");
    response.headers.add("Content-Disposition",
                         fmt::format("attachment; filename=\"{}.{}\"", opened->kept.name,
                                     to_string(opened->kept.format)));
    if (range) {
      response.headers.add("Content-Range",
                           fmt::format("bytes {}-{}/{}", range->first, range->behind - 1, size));
    }
    response.stream = std::make_shared<FileStream>(pool_, std::move(opened->file),
                                                   range.value_or(Range{0, size}));
    co_return response;
  }

  runtime::Task<http::Response> remove(http::PathParameters path) {
    if (!folder_.remove(path.at("name"))) co_return not_found();
    co_return http::Response::json("{}");
  }

 private:
  /// One at a time.
  struct Running {
    explicit Running(Exports& exports) : self(exports) { self.running_ = true; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    ~Running() { self.running_ = false; }
    Exports& self;
  };
  /// Leaves nothing behind that is not whole.
  class Attempt {
   public:
    Attempt(ExportFolder& folder, std::filesystem::path file)
        : folder_(folder), file_(std::move(file)) {}
    Attempt(const Attempt&) = delete;
    Attempt& operator=(const Attempt&) = delete;
    ~Attempt() {
      if (!succeeded_) folder_.finish(file_, false);
    }
    void succeed() {
      succeeded_ = true;
      folder_.finish(file_, true);
    }

   private:
    ExportFolder& folder_;
    std::filesystem::path file_;
    bool succeeded_ = false;
  };

  runtime::EventLoop& loop_;
  Warehouse& warehouse_;
  ExportFolder folder_;
  bool running_ = false;
  runtime::ThreadPool pool_{"export-read", 1, kMaxWaitingReads};
};

}  // namespace

void add_export_routes(http::Router& router, runtime::EventLoop& loop, Warehouse& warehouse,
                       std::filesystem::path folder) {
  const std::string service(kServiceName);
  const http::RouteOptions options{.service = service, .loopback_only = true};
  const auto exports = std::make_shared<Exports>(loop, warehouse, std::move(folder));
  // An end of the server does not wait for an export.
  router.post("/api/v1/warehouse/export",
              {.service = service, .loopback_only = true, .may_wait = true},
              [exports](const http::Request& request) { return exports->make(request); });
  router.get("/api/v1/warehouse/exports", options,
             [exports](const http::Request&) { return exports->list(); });
  constexpr const char* kOne = "/api/v1/warehouse/exports/{name}";
  router.add(http::Method::kGet, kOne, options,
             [exports](const http::Request& request, http::PathParameters path) {
               return exports->download(request, std::move(path));
             });
  router.add(http::Method::kDelete, kOne, options,
             [exports](const http::Request&, http::PathParameters path) {
               return exports->remove(std::move(path));
             });
}

}  // namespace orderly::warehouse
