#include "warehouse/duckdb/export_rows.hpp"

namespace orderly::warehouse::duckdb {
namespace {

constexpr const char* kCannotRead = "the warehouse cannot read what is to be exported";

}  // namespace

ExportRows::ExportRows(duckdb_connection connection, const ExportSource& source) {
  execute(connection, "BEGIN TRANSACTION READ ONLY");
  if (duckdb_prepare(connection, source.sql.c_str(), statement_.out()) == DuckDBError) {
    raise(kCannotRead, duckdb_prepare_error(statement_.get()));
  }
  bind(source);
  if (duckdb_pending_prepared_streaming(statement_.get(), pending_.out()) == DuckDBError) {
    raise(kCannotRead, duckdb_pending_error(pending_.get()));
  }
  if (duckdb_execute_pending(pending_.get(), result_.get()) == DuckDBError) {
    raise(kCannotRead, result_.error());
  }
  for (idx_t i = 0; i < duckdb_column_count(result_.get()); ++i) {
    columns_.push_back({duckdb_column_name(result_.get(), i),
                        LogicalType(duckdb_column_logical_type(result_.get(), i))});
  }
}

void ExportRows::bind(const ExportSource& source) {
  idx_t place = 0;
  for (const auto& date : {source.first, source.behind}) {
    if (!date) continue;
    const auto days = static_cast<std::int32_t>(date->time_since_epoch().count());
    if (duckdb_bind_date(statement_.get(), ++place, {days}) == DuckDBError) {
      raise(kCannotRead, duckdb_prepare_error(statement_.get()));
    }
  }
}

bool ExportRows::read_into(duckdb_data_chunk out) {
  chunk_ = result_.fetch();
  if (chunk_.get() == nullptr) {
    if (const char* const error = result_.error(); error != nullptr) failure_ = error;
    duckdb_data_chunk_set_size(out, 0);
    return failure_.empty();
  }
  for (idx_t i = 0; i < columns_.size(); ++i) {
    duckdb_vector_reference_vector(duckdb_data_chunk_get_vector(out, i),
                                   duckdb_data_chunk_get_vector(chunk_.get(), i));
  }
  const idx_t size = duckdb_data_chunk_get_size(chunk_.get());
  duckdb_data_chunk_set_size(out, size);
  count_ += size;
  return true;
}

}  // namespace orderly::warehouse::duckdb
