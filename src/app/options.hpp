#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "app/declarations.hpp"

namespace orderly::app {

/// The services that one process can host. Names as on the command line.
struct Services {
  bool product = false;
  bool order = false;
  bool orderinfo = false;
  bool event_publisher = false;
  bool warehouse = false;

  static Services all() { return {true, true, true, true, true}; }
  /// Turns a service on by its name; false if there is none such.
  bool enable(const std::string& name);
  /// Of those that are on.
  [[nodiscard]] std::vector<std::string> names() const;
};

class Extension;

/// What `up` and `serve` are told, by flag, ORDERLY_* variable or configuration file.
struct NodeOptions {
  Services services;
  std::vector<Extension*> extensions;  ///< hosted beside the services, in every process; not owned
  std::filesystem::path data = "orderly-data";
  std::string host = "127.0.0.1";
  std::uint16_t port = 8080;  ///< 0: the system chooses one, the log says which
  // Where the services are that this process does not host.
  std::string product_url;
  std::string order_url;
  std::string orderinfo_url;
  std::string publisher_url;
  std::string warehouse_url;
  std::string log_level = "info";
  std::string web;  ///< directory of the web application; empty: the one in this binary
  unsigned warehouse_threads = 2;
  unsigned audit_minutes = 10;  ///< between two comparisons of the stores; 0: only when asked
  unsigned warehouse_memory_mb = 512;
  // What strangers may fill through the push endpoint (orderinfo::StrangerLimits).
  std::size_t max_dead_letters = 100'000;
  std::size_t max_foreign_orders = 1'000'000;
  /// Tells nobody outside anything: no pushes, no jobs. For a copy that is only looked at.
  bool isolated = false;
  std::string project = "orderly";      ///< that topics and subscriptions are in
  std::string broker_api = "loopback";  ///< who may call its routes; or "any"
  Declarations declarations;
};

struct SqlOptions {
  std::string url;
  std::string query;  ///< empty: read from standard input
  std::string format = "table";
  std::int64_t max_rows = 100;
  std::vector<std::string> parameters;  ///< name:type:value
};

struct ExportOptions {
  std::string url;
  std::string file;  ///< NAME.parquet or NAME.csv
  std::string table = "order_information";
  std::string from;  ///< empty: not bounded; `to` likewise
  std::string to;
  std::string last;  ///< day, month or empty
};

struct VerifyOptions {
  std::string url;
  bool repair = false;
  std::string format = "text";
};

struct TraceOptions {
  std::string url;
  std::string order_id;
  std::string format = "text";
};

struct BackupOptions {
  std::string url;
  std::string folder;
  bool verify = false;  ///< look at the bundle `folder` instead of making it
};

struct RestoreOptions {
  std::string folder;
  std::string data;
};

struct TakenOutOptions {
  std::string url;
  std::string format = "text";
};

struct SelftestOptions {
  double minutes = 1;
  std::string data = "orderly-selftest";
  std::uint64_t seed = 0;   ///< 0: any
  bool keep = false;        ///< leaves data, logs and record behind
  bool count_only = false;  ///< counts what an earlier run has left
};

struct DemoOptions {
  std::string url;
};

}  // namespace orderly::app
