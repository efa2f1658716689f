#include "warehouse/duckdb/export_writer.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "warehouse/duckdb/export_rows.hpp"

namespace orderly::warehouse::duckdb {
namespace {

constexpr const char* kMemoryLimit = "256MB";
constexpr std::string_view kRowsFunction = "exported_rows";

using TableFunction = Handle<duckdb_table_function, duckdb_destroy_table_function>;

/// What the function of the second DuckDB reads from.
struct Feed {
  ExportRows& rows;
  const std::filesystem::path& file;
  std::uint64_t max_bytes = 0;
  bool too_large = false;
};

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code error;
  const auto size = std::filesystem::file_size(file, error);
  return error ? 0 : size;
}

void bind_rows(duckdb_bind_info info) {
  const auto* const feed = static_cast<Feed*>(duckdb_bind_get_extra_info(info));
  for (const ExportColumn& column : feed->rows.columns())
    duckdb_bind_add_result_column(info, column.name.c_str(), column.type.get());
}

void init_rows(duckdb_init_info info) { duckdb_init_set_max_threads(info, 1); }

void read_rows(duckdb_function_info info, duckdb_data_chunk out) {
  auto* const feed = static_cast<Feed*>(duckdb_function_get_extra_info(info));
  if (size_of(feed->file) > feed->max_bytes) {
    feed->too_large = true;
    duckdb_function_set_error(info, "the file is too large");
  } else if (!feed->rows.read_into(out)) {
    duckdb_function_set_error(info, feed->rows.failure().c_str());
  }
}

/// The second DuckDB.
class FileWriter {
 public:
  explicit FileWriter(Feed& feed) : feed_(feed) {
    Config config;
    duckdb_create_config(config.out());
    duckdb_set_config(config.get(), "memory_limit", kMemoryLimit);
    duckdb_set_config(config.get(), "threads", "1");
    duckdb_set_config(config.get(), "temp_directory", "");
    duckdb_set_config(config.get(), "autoload_known_extensions", "false");
    duckdb_set_config(config.get(), "autoinstall_known_extensions", "false");
    char* error = nullptr;
    if (duckdb_open_ext(nullptr, &database_, config.get(), &error) == DuckDBError) {
      throw Unavailable("an export cannot begin: " + take_text(error));
    }
    duckdb_connect(database_, connection_.out());
    add_rows_function();
  }
  FileWriter(const FileWriter&) = delete;
  FileWriter& operator=(const FileWriter&) = delete;
  ~FileWriter() {
    connection_ = Connection();
    duckdb_close(&database_);
  }

  /// What DuckDB said against it; empty: the file is written.
  std::string write(ExportFormat format) {
    ResultSet result;
    if (duckdb_query(connection_.get(), copy_statement(format).c_str(), result.get()) ==
        DuckDBSuccess) {
      return {};
    }
    const char* const error = result.error();
    return error == nullptr ? "unknown error" : error;
  }

 private:
  void add_rows_function() {
    const TableFunction function(duckdb_create_table_function());
    duckdb_table_function_set_name(function.get(), std::string(kRowsFunction).c_str());
    duckdb_table_function_set_extra_info(function.get(), &feed_, nullptr);
    duckdb_table_function_set_bind(function.get(), bind_rows);
    duckdb_table_function_set_init(function.get(), init_rows);
    duckdb_table_function_set_function(function.get(), read_rows);
    if (duckdb_register_table_function(connection_.get(), function.get()) == DuckDBError) {
      throw Unavailable("an export cannot begin: its rows cannot be passed on");
    }
  }

  [[nodiscard]] std::string copy_statement(ExportFormat format) const {
    std::string path;
    for (const char c : feed_.file.string())
      path.append(c == '\'' ? 2 : 1, c);
    const bool parquet = format == ExportFormat::kParquet;
    return fmt::format("COPY (SELECT *{} FROM {}()) TO '{}' ({}, USE_TMP_FILE false)",
                       parquet ? exact_sums() : "", kRowsFunction, path,
                       parquet ? "FORMAT parquet" : "FORMAT csv, HEADER true");
  }

  /// Parquet has no HUGEINT, and DuckDB would write one as a DOUBLE.
  [[nodiscard]] std::string exact_sums() const {
    std::string casts;
    for (const ExportColumn& column : feed_.rows.columns()) {
      if (duckdb_get_type_id(column.type.get()) != DUCKDB_TYPE_HUGEINT) continue;
      casts += fmt::format(R"({}"{}"::DECIMAL(38, 0) AS "{}")", casts.empty() ? "" : ", ",
                           column.name, column.name);
    }
    return casts.empty() ? casts : " REPLACE (" + casts + ")";
  }

  Feed& feed_;
  duckdb_database database_ = nullptr;
  Connection connection_;
};

/// The file that is being written; removed unless it is published.
class UnfinishedFile {
 public:
  explicit UnfinishedFile(const std::filesystem::path& whole)
      : whole_(whole), path_(whole.string() + std::string(kUnfinishedSuffix)) {}
  UnfinishedFile(const UnfinishedFile&) = delete;
  UnfinishedFile& operator=(const UnfinishedFile&) = delete;
  ~UnfinishedFile() { ::unlink(path_.c_str()); }

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  /// 0, or the error that the system gave.
  [[nodiscard]] int publish() const {
    if (const int error = sync(path_, O_RDONLY); error != 0) return error;
    if (::rename(path_.c_str(), whole_.c_str()) != 0) return errno;
    return sync(whole_.parent_path(), O_RDONLY | O_DIRECTORY);
  }

 private:
  static int sync(const std::filesystem::path& path, int flags) {
    const int file = ::open(path.c_str(), flags | O_CLOEXEC);
    if (file < 0) return errno;
    const int error = ::fsync(file) == 0 ? 0 : errno;
    ::close(file);
    return error;
  }

  std::filesystem::path whole_;
  std::filesystem::path path_;
};

std::unexpected<Error> too_large() {
  return failure(ErrorKind::kStorageFull, "export_too_large",
                 "the export is larger than all exports together may be; ask for a shorter range");
}

std::unexpected<Error> disk_full() {
  return failure(ErrorKind::kStorageFull, "storage_full", "there is no room on the server's disk");
}

/// What kept the rows from being read or the file from being written.
std::unexpected<Error> failed(const Feed& feed, const std::string& writing) {
  if (feed.too_large) return too_large();
  const std::string& reading = feed.rows.failure();
  if (reading.starts_with("INTERRUPT Error")) {
    return invalid("", "the export was interrupted", "query_interrupted");
  }
  if (reading.starts_with("Out of Memory Error") ||
      (reading.empty() && writing.starts_with("Out of Memory Error"))) {
    return invalid("", "the export needs more memory than it may use here", "export_memory");
  }
  if (!reading.empty()) raise("the export cannot read its rows", reading.c_str());
  if (writing.find("No space left") != std::string::npos) return disk_full();
  throw Unavailable("the export cannot write its file: " + writing);
}

}  // namespace

Result<Exported> write_export(const Session& session, const ExportSource& source,
                              const ExportRequest& request) {
  const UnfinishedFile file(request.file);
  ExportRows rows(session.connection.get(), source);
  Feed feed{.rows = rows, .file = file.path(), .max_bytes = request.max_bytes};
  if (const std::string error = FileWriter(feed).write(request.format); !error.empty()) {
    return failed(feed, error);
  }
  const std::uint64_t bytes = size_of(file.path());
  if (bytes > request.max_bytes) return too_large();
  if (const int error = file.publish(); error != 0) {
    if (error == ENOSPC || error == EDQUOT) return disk_full();
    throw Unavailable("the export cannot be kept: " + std::generic_category().message(error));
  }
  return Exported{.rows = rows.rows(), .bytes = bytes};
}

}  // namespace orderly::warehouse::duckdb
