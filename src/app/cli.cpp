#include "app/cli.hpp"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <optional>
#include <string>
#include <utility>

#include "app/cli_commands.hpp"
#include "app/commands.hpp"
#include "app/config_file.hpp"
#include "app/options.hpp"
#include "base/text.hpp"

namespace orderly::app {

bool Services::enable(const std::string& name) {
  bool* const flag = name == "product"           ? &product
                     : name == "order"           ? &order
                     : name == "orderinfo"       ? &orderinfo
                     : name == "event-publisher" ? &event_publisher
                     : name == "warehouse"       ? &warehouse
                                                 : nullptr;
  if (flag != nullptr) *flag = true;
  return flag != nullptr;
}

std::vector<std::string> Services::names() const {
  std::vector<std::string> names;
  for (const auto& [is_on, name] :
       {std::pair(product, "product"), std::pair(order, "order"), std::pair(orderinfo, "orderinfo"),
        std::pair(event_publisher, "event-publisher"), std::pair(warehouse, "warehouse")}) {
    if (is_on) names.emplace_back(name);
  }
  return names;
}

namespace {

constexpr const char* kDefaultUrl = "http://127.0.0.1:8080";
constexpr int kWrongUsage = 2;

/// Where to listen when nobody says: loopback, the port from $PORT. On Cloud Run, which names the
/// service in K_SERVICE and routes to the container's own address, every interface.
std::string default_listen() {
  const char* const port = std::getenv("PORT");
  const bool cloud_run = std::getenv("K_SERVICE") != nullptr;
  return std::string(cloud_run ? "0.0.0.0" : "127.0.0.1") + ":" + (port != nullptr ? port : "8080");
}

/// `HOST:PORT` or `[IPv6]:PORT` into `options`; throws CLI::ValidationError.
void set_listen(NodeOptions& options, const std::string& text) {
  const auto colon = text.rfind(':');
  const auto port = colon == std::string::npos
                        ? std::nullopt
                        : parse_int64(std::string_view(text).substr(colon + 1));
  if (!port || *port < 0 || *port > 65535 || colon == 0) {
    throw CLI::ValidationError("--listen", "expected HOST:PORT, got '" + text + "'");
  }
  options.host = text.substr(0, colon);
  if (options.host.starts_with('[') && options.host.ends_with(']')) {
    options.host = options.host.substr(1, options.host.size() - 2);
  }
  options.port = static_cast<std::uint16_t>(*port);
}

struct NodeFlags {
  NodeOptions options;
  std::string listen = default_listen();
  std::string config;
};

void add_node_flags(CLI::App& command, NodeFlags& flags) {
  auto& o = flags.options;
  command.add_option("--data", o.data, "Directory of the embedded stores")
      ->envname("ORDERLY_DATA")
      ->capture_default_str();
  command
      .add_option("--listen", flags.listen,
                  "HOST:PORT to serve on (port 0: any free one); where it is not given, the port "
                  "is that of $PORT")
      ->envname("ORDERLY_LISTEN")
      ->capture_default_str();
  command.add_option("--log-level", o.log_level, "debug, info, warn or error")
      ->envname("ORDERLY_LOG_LEVEL")
      ->check(CLI::IsMember({"debug", "info", "warn", "error"}))
      ->capture_default_str();
  command
      .add_option("--web", o.web,
                  "Directory of the built web application, instead of the one in this binary")
      ->envname("ORDERLY_WEB")
      ->check(CLI::ExistingDirectory);
  command
      .add_option("--warehouse-threads", o.warehouse_threads, "Threads of the warehouse's engine")
      ->envname("ORDERLY_WAREHOUSE_THREADS")
      ->check(CLI::Range(1, 256))
      ->capture_default_str();
  command
      .add_option("--warehouse-memory-mb", o.warehouse_memory_mb,
                  "Memory of the warehouse's engine")
      ->envname("ORDERLY_WAREHOUSE_MEMORY_MB")
      ->check(CLI::Range(64, 1 << 20))
      ->capture_default_str();
  command
      .add_option("--audit-minutes", o.audit_minutes,
                  "Minutes between two comparisons of all stores; 0: only when asked")
      ->envname("ORDERLY_AUDIT_MINUTES")
      ->check(CLI::Range(0, 10'080))
      ->capture_default_str();
  // For `backup --verify`, which starts one of these.
  command.add_flag("--isolated", o.isolated)->group("");
  command
      .add_option("--max-dead-letters", o.max_dead_letters,
                  "Dead letters of the read model above which pushes that would be one are refused "
                  "with 507")
      ->envname("ORDERLY_MAX_DEAD_LETTERS")
      ->check(CLI::Range(1, 100'000'000))
      ->capture_default_str();
  command
      .add_option("--max-foreign-orders", o.max_foreign_orders,
                  "Orders that came by push and are in no feed, above which new ones are refused "
                  "with 507")
      ->envname("ORDERLY_MAX_FOREIGN_ORDERS")
      ->check(CLI::Range(1, 1'000'000'000))
      ->capture_default_str();
  command
      .add_option("--project", o.project,
                  "The name of the project that topics and subscriptions are in")
      ->envname("ORDERLY_PROJECT")
      ->capture_default_str();
  command
      .add_option("--broker-api", o.broker_api,
                  "Who may manage topics and subscriptions, publish and pull: loopback (callers on "
                  "this machine) or any")
      ->envname("ORDERLY_BROKER_API")
      ->check(CLI::IsMember({"loopback", "any"}))
      ->capture_default_str();
  command
      .add_option("--config", flags.config,
                  "Configuration file (TOML): the names above without their dashes. Flags and "
                  "variables outrank it. Its sections [topic.NAME] and [subscription.NAME] make "
                  "what is not there, with the flags of `topics create` and `subscriptions create`")
      ->envname("ORDERLY_CONFIG")
      ->configurable(false)
      ->check(CLI::ExistingFile);
}

void add_up(CLI::App& app, NodeFlags& flags, int& exit_code) {
  auto* const up = app.add_subcommand("up", "Run every service in this process, engines embedded");
  add_node_flags(*up, flags);
  up->callback([&, up] {
    flags.options.declarations = read_config(*up, flags.config);
    set_listen(flags.options, flags.listen);
    flags.options.services = Services::all();
    exit_code = run_node(flags.options);
  });
}

void add_serve(CLI::App& app, NodeFlags& flags, std::vector<std::string>& names, int& exit_code) {
  auto* const serve = app.add_subcommand("serve", "Run some of the services in this process");
  serve->add_option("service", names, "Any of: product order orderinfo event-publisher warehouse")
      ->required()
      ->check(CLI::IsMember({"product", "order", "orderinfo", "event-publisher", "warehouse"}));
  add_node_flags(*serve, flags);
  auto& o = flags.options;
  const auto url = [&](const char* flag, std::string& value, const char* what,
                       const char* variable) {
    serve->add_option(flag, value, std::string("URL of the ") + what + ", if it runs elsewhere")
        ->envname(variable);
  };
  url("--product-url", o.product_url, "product service", "PRODUCT_SERVICE_URL");
  url("--order-url", o.order_url, "order service", "ORDER_SERVICE_URL");
  url("--orderinfo-url", o.orderinfo_url, "orderinfo service", "ORDERINFO_SERVICE_URL");
  url("--publisher-url", o.publisher_url, "event-publisher", "EVENT_PUBLISHER_URL");
  url("--warehouse-url", o.warehouse_url, "warehouse service, for traces of orders",
      "WAREHOUSE_SERVICE_URL");
  serve->callback([&, serve] {
    flags.options.declarations = read_config(*serve, flags.config);
    set_listen(flags.options, flags.listen);
    for (const auto& name : names)
      flags.options.services.enable(name);
    exit_code = run_node(flags.options);
  });
}

void add_sql(CLI::App& app, SqlOptions& options, int& exit_code) {
  auto* const sql = app.add_subcommand("sql", "Ask the warehouse in SQL");
  add_url(*sql, options.url);
  sql->add_option("query", options.query, "The query; read from standard input when left out");
  sql->add_option("--format", options.format, "table, json or csv")
      ->check(CLI::IsMember({"table", "json", "csv"}))
      ->capture_default_str();
  sql->add_option("-n,--max-rows,--max_rows", options.max_rows, "Rows to print at most")
      ->check(CLI::Range(1, 10'000))
      ->capture_default_str();
  sql->add_option("--parameter", options.parameters,
                  "A value for the query's $name or ?, as name:type:value (type: BOOL, INT64, "
                  "FLOAT64, STRING, DATE, TIMESTAMP, NUMERIC; :type:value for the next ?); repeat "
                  "it for more")
      ->allow_extra_args(false);
  sql->callback([&] { exit_code = run_sql(options); });
}

void add_verify(CLI::App& app, VerifyOptions& options, int& exit_code) {
  auto* const verify = app.add_subcommand(
      "verify", "Compare orders, read model and warehouse while they work; exit 1 if any differs");
  add_url(*verify, options.url);
  verify->add_flag("--repair", options.repair,
                   "Write the rows that differ again, from the events, and compare once more");
  verify->add_option("--format", options.format, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verify->callback([&] { exit_code = run_verify(options); });
}

void add_demo(CLI::App& app, DemoOptions& options, int& exit_code) {
  auto* const demo = app.add_subcommand(
      "demo", "Walk through the lab against a running server, as the lab prints it");
  add_url(*demo, options.url);
  demo->callback([&] { exit_code = run_demo(options); });
}

/// For ourselves, so it is in no help.
void add_warehouse_engine(CLI::App& app, int& parent) {
  auto* const engine = app.add_subcommand("warehouse-engine")->group("");
  engine->add_option("parent", parent)->required();
  engine->callback([&] { run_warehouse_engine(parent); });
}

}  // namespace

void add_url(CLI::App& command, std::string& url) {
  url = kDefaultUrl;
  command.add_option("--url", url, "The running server")
      ->envname("ORDERLY_URL")
      ->capture_default_str();
}

int run(int argc, const char* const* argv, std::vector<Extension*> extensions) {
  int exit_code = 0;
  NodeFlags up;
  NodeFlags serve;
  up.options.extensions = extensions;
  serve.options.extensions = std::move(extensions);
  std::vector<std::string> services;
  SqlOptions sql;
  VerifyOptions verify;
  DemoOptions demo;
  int engine_parent = 0;

  CLI::App app{"Orderly: an order platform on the CQRS pattern", "orderly"};
  app.set_version_flag("--version", ORDERLY_VERSION);
  app.require_subcommand(1);
  add_up(app, up, exit_code);
  add_serve(app, serve, services, exit_code);
  add_sql(app, sql, exit_code);
  add_export(app, exit_code);
  add_backup(app, exit_code);
  add_verify(app, verify, exit_code);
  add_rebuild(app, exit_code);
  add_selftest(app, exit_code);
  add_demo(app, demo, exit_code);
  add_topics(app, exit_code);
  add_subscriptions(app, exit_code);
  add_jobs(app, exit_code);
  add_dead_letters(app, exit_code);
  add_trace(app, exit_code);
  add_warehouse_engine(app, engine_parent);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "orderly: %s\n", error.what());
    return 1;
  }
  return exit_code;
}

}  // namespace orderly::app
