#include "warehouse/process/messages.hpp"

#include <utility>

#include "warehouse/process/cells.hpp"

namespace orderly::warehouse::process {
namespace {

void put_tables(PayloadWriter& out, const std::vector<TableSpec>& tables) {
  out.number(tables.size());
  for (const TableSpec& table : tables) {
    out.text(table.name).text(table.key).text(table.date_column).number(table.columns.size());
    for (const ColumnSpec& column : table.columns)
      out.text(column.name).number(static_cast<std::uint8_t>(column.type));
  }
}

std::vector<TableSpec> take_tables(PayloadReader& in) {
  std::vector<TableSpec> tables;
  for (auto left = in.number<std::size_t>(); left > 0; --left) {
    TableSpec& table = tables.emplace_back();
    table.name = in.text();
    table.key = in.text();
    table.date_column = in.text();
    for (auto columns = in.number<std::size_t>(); columns > 0; --columns) {
      std::string name = in.text();
      table.columns.push_back(
          {std::move(name), static_cast<ColumnType>(in.number<std::uint8_t>())});
    }
  }
  return tables;
}

void put_parameters(std::string& payload, const Parameters& parameters) {
  PayloadWriter out(payload);
  out.number(parameters.size());
  for (const Parameter& parameter : parameters) {
    out.text(parameter.name).number(static_cast<std::uint8_t>(parameter.type));
    put_cell(out, parameter.value);
  }
}

Parameters take_parameters(PayloadReader& in) {
  Parameters parameters;
  for (auto left = in.number<std::size_t>(); left > 0; --left) {
    std::string name = in.text();
    const auto type = static_cast<ParameterType>(in.number<std::uint8_t>());
    parameters.push_back({std::move(name), type, take_cell(in)});
  }
  return parameters;
}

void put_date(PayloadWriter& out, const std::optional<Date>& date) {
  out.number(date.has_value());
  out.number(date ? date->time_since_epoch().count() : Date::rep{});
}

std::optional<Date> take_date(PayloadReader& in) {
  const bool given = in.flag();
  const Date date{Date::duration(in.number<Date::rep>())};
  return given ? std::optional(date) : std::nullopt;
}

}  // namespace

std::string encode(const EngineOptions& options) {
  std::string payload;
  PayloadWriter out(payload);
  out.text(options.path.string())
      .number(options.memory_limit_mb)
      .number(options.threads)
      .number(options.lanes)
      .number(options.soft_memory_mb)
      .number(options.address_space_mb);
  put_tables(out, options.catalog.tables);
  out.number(options.catalog.views.size());
  for (const ViewSpec& view : options.catalog.views)
    out.text(view.name).text(view.query).text(view.date_column);
  return payload;
}

EngineOptions decode_options(std::string_view payload) {
  PayloadReader in(payload);
  EngineOptions options;
  options.path = in.text();
  options.memory_limit_mb = in.number<unsigned>();
  options.threads = in.number<unsigned>();
  options.lanes = in.number<unsigned>();
  options.soft_memory_mb = in.number<unsigned>();
  options.address_space_mb = in.number<unsigned>();
  options.catalog.tables = take_tables(in);
  for (auto views = in.number<std::size_t>(); views > 0; --views) {
    ViewSpec& view = options.catalog.views.emplace_back();
    view.name = in.text();
    view.query = in.text();
    view.date_column = in.text();
  }
  return options;
}

std::string encode(const Load& load) {
  std::string payload;
  payload.reserve(load.rows.bytes().size() + 256);
  PayloadWriter(payload)
      .text(load.table)
      .cursor(load.from)
      .cursor(load.to)
      .number(load.rows.size())
      .number(load.rows.replaces_some())
      .number(static_cast<std::uint8_t>(load.place))
      .text(load.rows.bytes());
  return payload;
}

Load decode_load(std::string_view payload, const Catalog& catalog) {
  PayloadReader in(payload);
  std::string name = in.text();
  const TableSpec* const table = catalog.find_table(name);
  if (table == nullptr) throw Unavailable("the warehouse's engine has no table " + name);
  const Cursor from = in.cursor();
  const Cursor to = in.cursor();
  const auto rows = in.number<std::size_t>();
  const auto replaces_some = in.flag();
  const auto place = static_cast<Place>(in.number<std::uint8_t>());
  return {std::move(name), RowBatch(*table, in.text(), rows, replaces_some), from, to, place};
}

std::string encode(const QueryRequest& request) {
  std::string payload;
  PayloadWriter(payload)
      .number(request.timeout.count())
      .text(request.sql)
      .number(request.max_rows)
      .number(request.max_bytes);
  put_parameters(payload, request.parameters);
  return payload;
}

void set_timeout(std::string& query, std::chrono::milliseconds timeout) {
  std::string first;
  PayloadWriter(first).number(timeout.count());
  query.replace(0, first.size(), first);
}

QueryRequest decode_query(std::string_view payload) {
  PayloadReader in(payload);
  QueryRequest request;
  request.timeout = std::chrono::milliseconds(in.number<std::chrono::milliseconds::rep>());
  request.sql = in.text();
  request.max_rows = in.number<std::size_t>();
  request.max_bytes = in.number<std::size_t>();
  request.parameters = take_parameters(in);
  return request;
}

std::string encode(const ExportRequest& request) {
  std::string payload;
  PayloadWriter out(payload);
  out.number(request.timeout.count())
      .text(request.table)
      .number(static_cast<std::uint8_t>(request.format))
      .text(request.file)
      .number(request.max_bytes);
  put_date(out, request.from);
  put_date(out, request.to);
  return payload;
}

ExportRequest decode_export(std::string_view payload) {
  PayloadReader in(payload);
  ExportRequest request;
  request.timeout = std::chrono::milliseconds(in.number<std::chrono::milliseconds::rep>());
  request.table = in.text();
  request.format = static_cast<ExportFormat>(in.number<std::uint8_t>());
  request.file = in.text();
  request.max_bytes = in.number<std::uint64_t>();
  request.from = take_date(in);
  request.to = take_date(in);
  return request;
}

std::string encode(const Exported& exported) {
  std::string payload;
  PayloadWriter(payload).number(exported.rows).number(exported.bytes);
  return payload;
}

Exported decode_exported(std::string_view payload) {
  PayloadReader in(payload);
  const auto rows = in.number<std::uint64_t>();
  return {rows, in.number<std::uint64_t>()};
}

// What is small stands behind the JSON, so that the JSON stays where it is.
constexpr std::size_t kResultTail = sizeof(bool) + sizeof(Position);

std::string encode(QueryResult result) {
  std::string payload = std::move(result.json);
  PayloadWriter(payload).number(result.truncated).number(result.position);
  return payload;
}

QueryResult decode_result(std::string payload) {
  if (payload.size() < kResultTail) throw Unavailable("a result of the engine ends early");
  const std::size_t json_size = payload.size() - kResultTail;
  PayloadReader tail(std::string_view(payload).substr(json_size));
  QueryResult result;
  result.truncated = tail.flag();
  result.position = tail.number<Position>();
  payload.resize(json_size);
  result.json = std::move(payload);
  return result;
}

std::string encode(const Error& error) {
  std::string payload;
  PayloadWriter(payload)
      .number(static_cast<std::uint8_t>(error.kind))
      .text(error.code)
      .text(error.message)
      .text(error.field);
  return payload;
}

Error decode_error(std::string_view payload) {
  PayloadReader in(payload);
  Error error;
  error.kind = static_cast<ErrorKind>(in.number<std::uint8_t>());
  error.code = in.text();
  error.message = in.text();
  error.field = in.text();
  return error;
}

std::string encode(const Unavailable& unavailable) {
  std::string payload;
  PayloadWriter(payload)
      .text(unavailable.what())
      .number(unavailable.retry_after().count())
      .number(dynamic_cast<const StorageFull*>(&unavailable) != nullptr);
  return payload;
}

std::exception_ptr decode_unavailable(std::string_view payload) {
  PayloadReader in(payload);
  const std::string message = in.text();
  const std::chrono::milliseconds retry_after(in.number<std::chrono::milliseconds::rep>());
  if (in.flag()) return std::make_exception_ptr(StorageFull(message));
  return std::make_exception_ptr(Unavailable(message, retry_after));
}

}  // namespace orderly::warehouse::process
