#include "warehouse/duckdb/run_query.hpp"

#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "warehouse/duckdb/bind_parameters.hpp"
#include "warehouse/duckdb/value_reader.hpp"
#include "warehouse/duckdb/writer.hpp"
#include "warehouse/query_json.hpp"
#include "warehouse/tables.hpp"

namespace orderly::warehouse::duckdb {
namespace {

/// What a failed query means. DuckDB's messages begin with the kind of error.
std::unexpected<Error> query_error(const char* raw, const std::string& hidden) {
  std::string message = raw == nullptr ? "" : raw;
  if (message.starts_with("FATAL Error") || message.starts_with("IO Error") ||
      message.find("database has been invalidated") != std::string::npos) {
    raise("the warehouse cannot answer", message.c_str());
  }
  constexpr std::string_view kShown = "warehouse";
  for (auto at = message.find(hidden); at != std::string::npos;
       at = message.find(hidden, at + kShown.size()))
    message.replace(at, hidden.size(), kShown);
  if (message.starts_with("INTERRUPT Error")) {
    return invalid("query", std::move(message), "query_interrupted");
  }
  if (message.starts_with("Out of Memory Error")) {
    return invalid("query", "the query needs more memory than a query may use here",
                   "query_memory");
  }
  return invalid("query", std::move(message), "invalid_sql");
}

std::unexpected<Error> forbidden(std::string message) {
  return invalid("query", std::move(message), "forbidden_sql");
}

class Query {
 public:
  Query(const Session& session, const QueryRequest& request, const std::string& hidden)
      : connection_(session.connection.get()), request_(request), hidden_(hidden) {}

  Result<QueryResult> run() {
    execute(connection_, "BEGIN TRANSACTION READ ONLY");
    // Read in the same snapshot as the rows.
    answer_.position = read_position(connection_, order_information().name).position;
    if (auto prepared = prepare(); !prepared) return std::unexpected(prepared.error());
    if (auto started = start(); !started) return std::unexpected(started.error());
    if (auto read = read_rows(); !read) return std::unexpected(read.error());
    answer_.json = writer_->finish();
    return std::move(answer_);
  }

 private:
  Result<void> prepare() {
    Extracted statements;
    const idx_t count =
        duckdb_extract_statements(connection_, request_.sql.c_str(), statements.out());
    if (count == 0) {
      const char* const error = duckdb_extract_statements_error(statements.get());
      if (error == nullptr) return invalid("query", "query must be an SQL statement");
      return query_error(error, hidden_);
    }
    if (count > 1) {
      return forbidden(
          "exactly one statement is answered at a time (a PIVOT without IN counts as several)");
    }
    // After a failed prepare the statement must not even be asked for its type: DuckDB would throw
    // through its C API and end the process.
    if (duckdb_prepare_extracted_statement(connection_, statements.get(), 0, statement_.out()) ==
        DuckDBError) {
      return query_error(duckdb_prepare_error(statement_.get()), hidden_);
    }
    if (duckdb_prepared_statement_type(statement_.get()) != DUCKDB_STATEMENT_TYPE_SELECT) {
      return forbidden(
          "only queries are answered here: SELECT, WITH, FROM, VALUES, DESCRIBE, SHOW");
    }
    return bind_parameters(statement_.get(), request_.parameters);
  }

  Result<void> start() {
    if (duckdb_pending_prepared_streaming(statement_.get(), pending_.out()) == DuckDBError) {
      return query_error(duckdb_pending_error(pending_.get()), hidden_);
    }
    if (duckdb_execute_pending(pending_.get(), rows_.get()) == DuckDBError) {
      return query_error(rows_.error(), hidden_);
    }
    std::vector<Column> columns;
    for (idx_t i = 0; i < duckdb_column_count(rows_.get()); ++i) {
      const LogicalType type(duckdb_column_logical_type(rows_.get(), i));
      readers_.emplace_back(type.get());
      const std::string name = duckdb_column_name(rows_.get(), i);
      if (!readers_.back().readable()) {
        return invalid("query", "values of " + name + " cannot be shown; cast them to VARCHAR",
                       "invalid_sql");
      }
      columns.push_back({name, readers_.back().type_name()});
    }
    writer_.emplace(columns);
    return {};
  }

  Result<void> read_rows() {
    for (Chunk chunk = rows_.fetch(); chunk.get() != nullptr; chunk = rows_.fetch()) {
      const idx_t size = duckdb_data_chunk_get_size(chunk.get());
      for (idx_t row = 0; row < size; ++row) {
        if (!add_row(chunk.get(), row)) {
          answer_.truncated = true;
          return {};
        }
      }
    }
    if (const char* const error = rows_.error(); error != nullptr) {
      return query_error(error, hidden_);
    }
    return {};
  }

  /// False when the row lies beyond the limits.
  bool add_row(duckdb_data_chunk chunk, idx_t row) {
    if (writer_->rows() >= request_.max_rows) return false;
    writer_->begin_row();
    for (idx_t column = 0; column < readers_.size(); ++column) {
      writer_->add(readers_[column].read(duckdb_data_chunk_get_vector(chunk, column), row));
      if (writer_->size() > request_.max_bytes) {
        writer_->drop_row();
        return false;
      }
    }
    writer_->end_row();
    return true;
  }

  duckdb_connection connection_;
  const QueryRequest& request_;
  const std::string& hidden_;
  Prepared statement_;
  Pending pending_;
  ResultSet rows_;
  std::vector<ValueReader> readers_;
  std::optional<ResultWriter> writer_;
  QueryResult answer_;
};

}  // namespace

Result<QueryResult> run_query(const Session& session, const QueryRequest& request,
                              const std::string& hidden) {
  if (auto checked = check_sql(request.sql, session.database->refused_functions()); !checked) {
    return std::unexpected(checked.error());
  }
  return Query(session, request, hidden).run();
}

}  // namespace orderly::warehouse::duckdb
