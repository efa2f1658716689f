#pragma once

#include <chrono>
#include <exception>
#include <filesystem>
#include <string>

#include "warehouse/process/frames.hpp"
#include "warehouse/warehouse.hpp"

/// The payloads, value by value.
namespace orderly::warehouse::process {

/// What the engine is opened with.
struct EngineOptions {
  std::filesystem::path path;  ///< the database file; its folder exists
  Catalog catalog;
  unsigned memory_limit_mb = 512;  ///< of the engine's own accounting
  unsigned threads = 2;
  unsigned lanes = 2;  ///< queries that run at once
  /// Above this the newest query is interrupted: bytes of the process in memory, in MB.
  unsigned soft_memory_mb = 1024;
  /// RLIMIT_AS; 0: none.
  unsigned address_space_mb = 0;
};

std::string encode(const EngineOptions& options);
EngineOptions decode_options(std::string_view payload);

std::string encode(const Load& load);
/// `catalog` has the table. Throws Unavailable where it has not.
Load decode_load(std::string_view payload, const Catalog& catalog);

std::string encode(const SecondCommand& command);
SecondCommand decode_second(std::string_view payload);
std::string encode(const SecondTables& tables);
SecondTables decode_seconds(std::string_view payload);

std::string encode(const CompareSecond& request);
CompareSecond decode_compare(std::string_view payload);
std::string encode(const ComparedSecond& compared);
ComparedSecond decode_compared(std::string_view payload);

std::string encode(const QueryRequest& request);
/// Of an encoded query or export: waiting for its turn has taken some of its time.
void set_timeout(std::string& query, std::chrono::milliseconds timeout);
QueryRequest decode_query(std::string_view payload);

std::string encode(const ExportRequest& request);
ExportRequest decode_export(std::string_view payload);
std::string encode(const Exported& exported);
Exported decode_exported(std::string_view payload);

/// The JSON is not copied on the way.
std::string encode(QueryResult result);
QueryResult decode_result(std::string payload);

std::string encode(const Error& error);
Error decode_error(std::string_view payload);

std::string encode(const Unavailable& unavailable);
std::exception_ptr decode_unavailable(std::string_view payload);

}  // namespace orderly::warehouse::process
