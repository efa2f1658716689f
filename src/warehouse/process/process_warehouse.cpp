#include "warehouse/process/process_warehouse.hpp"

#include <algorithm>
#include <utility>

#include "warehouse/process/link.hpp"

namespace orderly::warehouse::process {

ProcessWarehouse::ProcessWarehouse(ProcessOptions options, telemetry::Metrics& metrics)
    : link_(std::make_unique<Link>(std::move(options), metrics)) {}

ProcessWarehouse::~ProcessWarehouse() = default;

int ProcessWarehouse::engine_pid() const { return link_->engine_pid(); }

runtime::Task<Cursor> ProcessWarehouse::loaded(std::string table) {
  const Frame answer =
      co_await link_->call(FrameKind::kLoaded, std::move(table), link_->options().load_timeout);
  co_return PayloadReader(answer.payload).cursor();
}

runtime::Task<bool> ProcessWarehouse::load(Load load) {
  std::string payload = encode(load);
  load.rows = RowBatch(TableSpec{});  // a copy is enough
  const Frame answer =
      co_await link_->call(FrameKind::kLoad, std::move(payload), link_->options().load_timeout);
  co_return PayloadReader(answer.payload).flag();
}

runtime::Task<Cursor> ProcessWarehouse::loaded_beside(std::string table) {
  const Frame answer = co_await link_->call(FrameKind::kLoadedBeside, std::move(table),
                                            link_->options().load_timeout);
  co_return PayloadReader(answer.payload).cursor();
}

runtime::Task<bool> ProcessWarehouse::put_in_place(std::string table, Cursor from, Cursor to) {
  std::string payload;
  PayloadWriter(payload).text(table).cursor(from).cursor(to);
  const Frame answer = co_await link_->call(FrameKind::kPutInPlace, std::move(payload),
                                            link_->options().load_timeout);
  co_return PayloadReader(answer.payload).flag();
}

runtime::Task<SecondTables> ProcessWarehouse::second(SecondCommand command) {
  const Frame answer =
      co_await link_->call(FrameKind::kSecond, encode(command), link_->options().load_timeout);
  co_return decode_seconds(answer.payload);
}

runtime::Task<ComparedSecond> ProcessWarehouse::compare_second(CompareSecond request) {
  const Frame answer = co_await link_->call(FrameKind::kCompareSecond, encode(request),
                                            link_->options().load_timeout);
  co_return decode_compared(answer.payload);
}

runtime::Task<Result<QueryResult>> ProcessWarehouse::query(QueryRequest request) {
  if (request.sql.size() > kMaxSqlBytes) {
    co_return invalid("query",
                      "query must be at most " + std::to_string(kMaxSqlBytes) + " bytes long",
                      "sql_too_long");
  }
  request.timeout = std::min(request.timeout, kMaxQueryTimeout);
  std::string payload = encode(request);
  Frame answer = co_await link_->call(FrameKind::kQuery, std::move(payload), request.timeout);
  if (answer.kind == FrameKind::kError) co_return std::unexpected(decode_error(answer.payload));
  co_return decode_result(std::move(answer.payload));
}

runtime::Task<Saved> ProcessWarehouse::save_to(std::string file) {
  const Frame answer =
      co_await link_->call(FrameKind::kSave, std::move(file), link_->options().save_timeout);
  PayloadReader in(answer.payload);
  const auto bytes = in.number<std::uint64_t>();
  co_return Saved{bytes, in.cursor()};
}

runtime::Task<Result<Exported>> ProcessWarehouse::export_to(ExportRequest request) {
  request.timeout = std::min(request.timeout, kMaxExportTime);
  std::string payload = encode(request);
  const Frame answer =
      co_await link_->call(FrameKind::kExport, std::move(payload), request.timeout);
  if (answer.kind == FrameKind::kError) co_return std::unexpected(decode_error(answer.payload));
  co_return decode_exported(answer.payload);
}

}  // namespace orderly::warehouse::process
