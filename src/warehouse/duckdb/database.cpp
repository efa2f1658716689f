#include "warehouse/duckdb/database.hpp"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <system_error>
#include <thread>
#include <utility>

#include "warehouse/duckdb/schema.hpp"

namespace orderly::warehouse::duckdb {
namespace {

/// Who was killed a moment ago may still hold the file.
constexpr std::chrono::milliseconds kLockPatience{3'000};
constexpr std::chrono::milliseconds kLockPoll{10};

void set(duckdb_config config, const char* name, const std::string& value) {
  if (duckdb_set_config(config, name, value.c_str()) == DuckDBError) {
    throw Unavailable(fmt::format("this DuckDB has no setting {}", name));
  }
}

/// The order matters: once external access is off, folders can no longer be named.
Config hardened_config(const DatabaseOptions& options) {
  Config config;
  duckdb_create_config(config.out());
  const auto megabytes = [](unsigned count) { return std::to_string(count) + "MB"; };
  set(config.get(), "temp_directory", options.path.string() + ".tmp");
  set(config.get(), "max_temp_directory_size", megabytes(options.spill_limit_mb));
  set(config.get(), "memory_limit", megabytes(options.memory_limit_mb));
  set(config.get(), "threads", std::to_string(options.threads));
  set(config.get(), "checkpoint_threshold", megabytes(options.checkpoint_mb));
  set(config.get(), "autoload_known_extensions", "false");
  set(config.get(), "autoinstall_known_extensions", "false");
  set(config.get(), "allow_community_extensions", "false");
  set(config.get(), "allow_persistent_secrets", "false");
  set(config.get(), "enable_external_access", "false");
  return config;
}

DatabaseOptions absolute(DatabaseOptions options) {
  options.path = std::filesystem::absolute(options.path);
  return options;
}

}  // namespace

Database::Database(const DatabaseOptions& options) {
  // What an earlier process spilled is of no use to anybody.
  std::error_code ignored;
  std::filesystem::remove_all(options.path.string() + ".tmp", ignored);

  open_file(options);
  try {
    bring_up_schema(connect().get(), options.catalog);
    list_refused_functions();
    execute(connect().get(), "SET lock_configuration = true");
  } catch (...) {
    duckdb_close(&database_);
    throw;
  }
}

void Database::open_file(const DatabaseOptions& options) {
  const Config config = hardened_config(options);
  const auto deadline = std::chrono::steady_clock::now() + kLockPatience;
  for (;;) {
    char* error = nullptr;
    if (duckdb_open_ext(options.path.c_str(), &database_, config.get(), &error) == DuckDBSuccess) {
      return;
    }
    const std::string why = take_text(error);
    const bool locked = why.find("Could not set lock") != std::string::npos;
    if (!locked || std::chrono::steady_clock::now() >= deadline) {
      raise("the warehouse cannot be opened", why.c_str());
    }
    std::this_thread::sleep_for(kLockPoll);
  }
}

Database::~Database() { duckdb_close(&database_); }

Connection Database::connect() const {
  Connection connection;
  if (duckdb_connect(database_, connection.out()) == DuckDBError) {
    throw Unavailable("the warehouse takes no more connections");
  }
  return connection;
}

void Database::list_refused_functions() {
  const Connection connection = connect();
  ResultSet result;
  execute(connection.get(),
          "SELECT DISTINCT lower(function_name) FROM duckdb_functions() "
          "WHERE function_type IN ('table', 'table_macro')",
          result);
  for (Chunk chunk = result.fetch(); chunk.get() != nullptr; chunk = result.fetch()) {
    auto* const names = static_cast<duckdb_string_t*>(
        duckdb_vector_get_data(duckdb_data_chunk_get_vector(chunk.get(), 0)));
    for (idx_t i = 0; i < duckdb_data_chunk_get_size(chunk.get()); ++i) {
      std::string name(duckdb_string_t_data(&names[i]), duckdb_string_t_length(names[i]));
      if (!is_harmless_table_function(name)) refused_.insert(std::move(name));
    }
  }
}

DatabaseSource::DatabaseSource(DatabaseOptions options)
    : options_(absolute(std::move(options))),
      current_(std::make_shared<const Database>(options_)) {}

Session DatabaseSource::connect() {
  const std::lock_guard lock(mutex_);
  if (!current_) {
    // The same file must not be open twice in a process: closing either would drop both locks.
    if (!retired_.expired()) throw Unavailable("the warehouse is about to be reopened");
    current_ = std::make_shared<const Database>(options_);
  }
  return {current_, current_->connect()};
}

void DatabaseSource::retire(const std::shared_ptr<const Database>& broken) {
  const std::lock_guard lock(mutex_);
  if (current_ != broken) return;
  retired_ = current_->open();
  current_.reset();
}

}  // namespace orderly::warehouse::duckdb
