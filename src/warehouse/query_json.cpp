#include "warehouse/query_json.hpp"

#include <cmath>
#include <cstdint>
#include <utility>

#include "json/reader.hpp"
#include "json/value.hpp"
#include "json/writer.hpp"

namespace orderly::warehouse {
namespace {

constexpr std::int64_t kMaxExactInteger = std::int64_t{1} << 53;

struct CellWriter {
  json::Writer& out;

  void operator()(std::monostate) const { out.null(); }
  void operator()(bool value) const { out.boolean(value); }
  void operator()(std::int64_t value) const {
    if (value > kMaxExactInteger || value < -kMaxExactInteger) {
      out.string(std::to_string(value));
    } else {
      out.integer(value);
    }
  }
  void operator()(double value) const {
    if (std::isnan(value)) {
      out.string("NaN");
    } else if (std::isinf(value)) {
      out.string(value > 0 ? "Infinity" : "-Infinity");
    } else {
      out.real(value);
    }
  }
  void operator()(const std::string& value) const { out.string(value); }
};

std::unexpected<Error> malformed(std::string_view what) {
  return invalid(what, "the warehouse's answer has no valid " + std::string(what),
                 "malformed_answer");
}

Result<Cell> parse_cell(const json::Value& value) {
  switch (value.kind()) {
    case json::Value::Kind::kNull:
      return Cell{};
    case json::Value::Kind::kBool:
      return Cell{*value.as_bool()};
    case json::Value::Kind::kInt:
      return Cell{*value.as_int()};
    case json::Value::Kind::kReal:
      return Cell{*value.as_real()};
    case json::Value::Kind::kString:
      return Cell{std::string(*value.as_string())};
    default:
      return malformed("rows");
  }
}

Result<Row> parse_row(const json::Value& value, std::size_t columns) {
  if (!value.is_array() || value.size() != columns) return malformed("rows");
  Row row;
  row.reserve(columns);
  for (std::size_t i = 0; i < columns; ++i) {
    auto cell = parse_cell(value.at(i));
    if (!cell) return std::unexpected(cell.error());
    row.push_back(std::move(*cell));
  }
  return row;
}

Result<std::vector<Column>> parse_columns(const json::Value& document) {
  const auto list = document.find("columns");
  if (!list || !list->is_array()) return malformed("columns");
  std::vector<Column> columns;
  for (std::size_t i = 0; i < list->size(); ++i) {
    const auto name = list->at(i).string_at("name");
    const auto type = list->at(i).string_at("type");
    if (!name || !type) return malformed("columns");
    columns.push_back({std::string(*name), std::string(*type)});
  }
  return columns;
}

}  // namespace

Result<QueryRequest> parse_query_request(std::string_view json) {
  auto object = json::FlatObject::parse(json);
  if (!object) return std::unexpected(object.error());
  json::FieldReader fields(*object);
  QueryRequest request;
  request.sql = fields.required_string("query");
  if (const auto rows = fields.optional_int("max_rows", 1, kMaxQueryRows)) {
    request.max_rows = static_cast<std::size_t>(*rows);
  }
  if (const auto timeout = fields.optional_int("timeout_ms", 1, kMaxQueryTimeout.count())) {
    request.timeout = std::chrono::milliseconds(*timeout);
  }
  const bool has_parameters = fields.skip("parameters");
  if (auto read = fields.finish(); !read) return std::unexpected(read.error());
  if (!has_parameters) return request;
  const auto document = json::Value::parse(json);
  if (!document) return std::unexpected(document.error());
  auto parameters = parse_parameters(document->find("parameters").value());
  if (!parameters) return std::unexpected(parameters.error());
  request.parameters = std::move(*parameters);
  return request;
}

std::string encode_query_request(const QueryRequest& request) {
  std::string out;
  json::Writer writer(out);
  writer.begin_object()
      .member("query", request.sql)
      .member("max_rows", request.max_rows)
      .member("timeout_ms", request.timeout.count());
  if (!request.parameters.empty()) append_json(writer.key("parameters"), request.parameters);
  writer.end_object();
  return out;
}

ResultWriter::ResultWriter(const std::vector<Column>& columns) {
  json::Writer writer(out_);
  writer.begin_object().key("columns").begin_array();
  for (const Column& column : columns) {
    writer.begin_object().member("name", column.name).member("type", column.type).end_object();
  }
  writer.end_array().key("rows").begin_array();
}

void ResultWriter::begin_row() {
  row_start_ = out_.size();
  out_ += rows_++ == 0 ? "[" : ",[";
  first_cell_ = true;
}

void ResultWriter::add(const Cell& cell) {
  if (!std::exchange(first_cell_, false)) out_ += ',';
  json::Writer writer(out_);
  std::visit(CellWriter{writer}, cell);
}

void ResultWriter::end_row() { out_ += ']'; }

void ResultWriter::drop_row() {
  out_.resize(row_start_);
  --rows_;
}

std::string ResultWriter::finish() {
  out_ += ']';
  return std::move(out_);
}

std::string finish_answer(QueryResult result, std::optional<std::chrono::milliseconds> lag) {
  std::string out = std::move(result.json);
  out +=
      result.truncated ? R"(,"truncated":true,"position":)" : R"(,"truncated":false,"position":)";
  out += std::to_string(result.position);
  out += R"(,"lag_ms":)";
  out += lag ? std::to_string(lag->count()) : "null";
  out += '}';
  return out;
}

Result<QueryAnswer> parse_query_answer(std::string_view json) {
  const auto document = json::Value::parse(json);
  if (!document) return std::unexpected(document.error());
  QueryAnswer answer;
  auto columns = parse_columns(*document);
  if (!columns) return std::unexpected(columns.error());
  answer.result.columns = std::move(*columns);

  const auto rows = document->find("rows");
  if (!rows || !rows->is_array()) return malformed("rows");
  answer.result.rows.reserve(rows->size());
  for (std::size_t i = 0; i < rows->size(); ++i) {
    auto row = parse_row(rows->at(i), answer.result.columns.size());
    if (!row) return std::unexpected(row.error());
    answer.result.rows.push_back(std::move(*row));
  }

  const auto truncated = document->find("truncated");
  if (!truncated || !truncated->as_bool()) return malformed("truncated");
  answer.result.truncated = *truncated->as_bool();
  const auto position = document->int_at("position");
  if (!position) return malformed("position");
  answer.result.position = *position;
  if (const auto lag = document->int_at("lag_ms")) answer.lag = std::chrono::milliseconds(*lag);
  return answer;
}

}  // namespace orderly::warehouse
