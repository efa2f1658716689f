#include <sys/resource.h>

#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <cstdio>
#include <exception>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

#include "app/admin_routes.hpp"
#include "app/backups.hpp"
#include "app/commands.hpp"
#include "app/data_directory.hpp"
#include "app/extension.hpp"
#include "app/openapi.hpp"
#include "app/passage_file.hpp"
#include "app/platform.hpp"
#include "app/website.hpp"
#include "http/server.hpp"
#include "runtime/blocking_pool.hpp"
#include "runtime/memory.hpp"
#include "runtime/on_loop.hpp"
#include "runtime/priority.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "warehouse/process/process_warehouse.hpp"
#include "warehouse/tables.hpp"

namespace orderly::app {

namespace asio = boost::asio;
namespace {

/// What is in flight when SIGTERM comes may take this long; Cloud Run kills after ten seconds.
constexpr std::chrono::milliseconds kShutdownGrace{8'000};
/// How much of what traces tell of times a crash may forget.
constexpr std::chrono::seconds kPassagesPause{5};
/// With few cores the front loop waited a fifth of its time for one, behind what can wait itself.
constexpr runtime::Niceness kBackground{5};
constexpr runtime::Niceness kAudit{10};

log::Level parse_level(const std::string& name) {
  if (name == "debug") return log::Level::kDebug;
  if (name == "warn") return log::Level::kWarning;
  if (name == "error") return log::Level::kError;
  return log::Level::kInfo;
}

/// Many shells allow 1,024 open files, fewer than the server takes connections. Asking for what the
/// hard limit allows is every program's right.
void raise_open_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ORDERLY_LARGE_ADDRESS_SPACE
#endif
#endif

/// How much the engine may take beyond its own accounting before a query is interrupted, and before
/// the engine is killed; and how much more of addresses than of memory it may have.
constexpr unsigned kSoftMemoryMb = 512;
constexpr unsigned kHardMemoryMb = 1024;
[[maybe_unused]] constexpr unsigned kAddressSpaceMb = 4096;  // not under sanitizers

warehouse::Catalog catalog_of(const NodeOptions& options) {
  warehouse::Catalog catalog = warehouse::standard_catalog();
  for (const Extension* extension : options.extensions) {
    std::ranges::move(extension->tables(), std::back_inserter(catalog.tables));
    std::ranges::move(extension->views(), std::back_inserter(catalog.views));
  }
  return catalog;
}

warehouse::process::ProcessOptions engine_options(const NodeOptions& options,
                                                  std::filesystem::path path) {
  warehouse::process::ProcessOptions made;
  made.engine = {.path = std::move(path),
                 .catalog = catalog_of(options),
                 .memory_limit_mb = options.warehouse_memory_mb,
                 .threads = options.warehouse_threads,
                 .soft_memory_mb = options.warehouse_memory_mb + kSoftMemoryMb};
  made.hard_memory_mb = options.warehouse_memory_mb + kHardMemoryMb;
#ifndef ORDERLY_LARGE_ADDRESS_SPACE
  made.engine.address_space_mb = options.warehouse_memory_mb + kHardMemoryMb + kAddressSpaceMb;
#endif
  return made;
}

/// The platform with its threads, its HTTP server and its end.
class Node {
 public:
  explicit Node(const NodeOptions& options)
      : data_(options.data),
        warehouse_(options.services.warehouse ? open_warehouse(options) : nullptr),
        platform_(seams(), options, warehouse_.get()),
        passages_({.path = data_.file("trace.db")}, front_random_, front_.utc_now(),
                  platform_.passages()),
        backups_({.loop = front_,
                  .data = data_.path(),
                  .services = options.services.names(),
                  .warehouse = warehouse_.get(),
                  .read_model = platform_.read_model_files(),
                  .metrics = metrics_}),
        website_(options.web.empty() ? Website() : Website(options.web)) {
    declare();
    platform_.add_routes(router_);
    add_admin_routes(router_, {.pipeline = [this] { return pipeline_json(); },
                               .read_model = platform_.read_model()});
    add_backup_routes(router_, backups_);
    http::add_standard_routes(router_, {.services = {},
                                        .readiness = [this] { return unready(); },
                                        .openapi = std::string(kOpenApi)});
    add_web_routes(router_, website_);
    const auto port = server_.listen(options.host, options.port);
    if (!port) throw std::runtime_error(port.error().message);
    log::info("orderly is listening",
              {{"host", options.host}, {"port", *port}, {"data", data_.path().string()}});
  }

  /// Until SIGTERM or SIGINT; then finishes what is in flight.
  void run() {
    runtime::keep_freed_memory(true);
    platform_.start();
    audit_tasks_.spawn("save passages", save_passages());
    tasks_.spawn("shutdown", shut_down_at_signal());
    std::thread background([this] {
      background_thread_.enter();
      run_behind(background_, kBackground);
      background_thread_.leave();
    });
    std::thread audit([this] { run_behind(audit_, kAudit); });
    front_.run();
    background.join();
    audit.join();
  }

 private:
  static void run_behind(runtime::AsioEventLoop& loop, runtime::Niceness niceness) {
    runtime::step_behind(niceness);
    loop.run();
  }

  std::unique_ptr<warehouse::Warehouse> open_warehouse(const NodeOptions& options) {
    return std::make_unique<warehouse::process::ProcessWarehouse>(
        engine_options(options, data_.file("warehouse.duckdb")), metrics_);
  }

  Seams seams() {
    return {.front = front_,
            .background = background_,
            .audit = audit_,
            .front_random = front_random_,
            .background_random = background_random_,
            .metrics = metrics_,
            .vfs = {},
            .file = [this](const std::string& name) { return data_.file(name); },
            .stand_aside = runtime::may_come_back()
                               ? [this](bool aside) { background_thread_.stand_aside(aside); }
                               : std::function<void(bool)>()};
  }

  http::Unready unready() const {
    auto reasons = platform_.unready();
    if (stopping_) reasons.emplace_back("server", "it is stopping");
    return reasons;
  }

  std::string pipeline_json() const {
    const auto uptime = front_.steady_now() - started_;
    return to_json(platform_.pipeline(),
                   {.version = ORDERLY_VERSION,
                    .now = front_.utc_now(),
                    .uptime = std::chrono::floor<std::chrono::milliseconds>(uptime),
                    .unready = unready(),
                    .streams = server_.streams()});
  }

  /// Before anything is served, so that a wrong file ends the start.
  void declare() {
    std::exception_ptr failure;
    asio::co_spawn(background_.executor(), platform_.declare(),
                   [&](const std::exception_ptr& error) {
                     failure = error;
                     background_.stop();
                   });
    background_.run();
    background_.context().restart();
    if (failure) std::rethrow_exception(failure);
  }

  void save_passages_now() {
    try {
      passages_.save();
    } catch (const std::exception& error) {
      log::warning("what traces tell of times cannot be saved", {{"error", error.what()}});
    }
  }

  runtime::Task<void> save_passages() {
    for (;;) {
      co_await audit_.sleep_for(kPassagesPause);
      save_passages_now();
    }
  }

  runtime::Task<void> end_passages() {
    audit_tasks_.stop();
    co_await audit_tasks_.join();
    save_passages_now();
  }

  runtime::Task<void> shut_down_at_signal() {
    const int signal = co_await signals_.async_wait(asio::use_awaitable);
    log::info("stopping", {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
    stopping_ = true;
    co_await server_.stop(kShutdownGrace);
    co_await backups_.stop();
    co_await platform_.drain();
    co_await runtime::on_loop(background_, platform_.stop());
    co_await runtime::on_loop(audit_, end_passages());
    log::info("stopped");
    audit_.stop();
    background_.stop();
    front_.stop();
  }

  // Destroyed from the end: the loops outlive everything that runs on them.
  SystemClock clock_;
  telemetry::Metrics metrics_;
  SeededRandom front_random_{seed_from_system()};
  SeededRandom background_random_{seed_from_system()};
  DataDirectory data_;
  runtime::AsioEventLoop front_{clock_};
  runtime::AsioEventLoop background_{clock_};
  runtime::Bystander background_thread_;
  SteadyTime started_ = front_.steady_now();
  runtime::AsioEventLoop audit_{clock_};
  std::unique_ptr<warehouse::Warehouse> warehouse_;
  Platform platform_;
  PassageFile passages_;  // the audit loop's
  Backups backups_;
  Website website_;
  http::Router router_{metrics_};
  http::Server server_{front_, router_, metrics_, front_random_};
  // From before the start is announced: who has read that may end us at once, and politely.
  asio::signal_set signals_{front_.executor(), SIGTERM, SIGINT};
  runtime::TaskGroup tasks_{front_};
  runtime::TaskGroup audit_tasks_{audit_};
  bool stopping_ = false;
};

}  // namespace

int run_node(const NodeOptions& options) {
  log::configure({.level = parse_level(options.log_level)});
  std::signal(SIGPIPE, SIG_IGN);
  raise_open_file_limit();
  // They make an idle server a tenth larger, and no order faster (docs/adr/0033).
  runtime::allow_huge_pages(false);
  // What stores read once at the start is not kept by a server that is idle from then on.
  runtime::keep_freed_memory(false);
  Node(options).run();
  return 0;
}

}  // namespace orderly::app
