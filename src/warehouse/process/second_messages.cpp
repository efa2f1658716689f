#include "warehouse/process/cells.hpp"
#include "warehouse/process/messages.hpp"

namespace orderly::warehouse::process {
namespace {

void put_time(PayloadWriter& out, UtcTime time) { out.number(time.time_since_epoch().count()); }

UtcTime take_time(PayloadReader& in) {
  return UtcTime(UtcTime::duration(in.number<UtcTime::rep>()));
}

void put_side(PayloadWriter& out, const std::optional<Row>& side) {
  out.number(side.has_value());
  if (!side) return;
  out.number(side->size());
  for (const Cell& cell : *side)
    put_cell(out, cell);
}

std::optional<Row> take_side(PayloadReader& in) {
  if (!in.flag()) return std::nullopt;
  Row row;
  for (auto left = in.number<std::size_t>(); left > 0; --left)
    row.push_back(take_cell(in));
  return row;
}

}  // namespace

std::string encode(const SecondCommand& command) {
  std::string payload;
  PayloadWriter out(payload);
  out.number(static_cast<std::uint8_t>(command.action)).number(command.tables.size());
  for (const std::string& table : command.tables)
    out.text(table);
  put_time(out, command.until);
  out.number(command.list_lost);
  return payload;
}

SecondCommand decode_second(std::string_view payload) {
  PayloadReader in(payload);
  SecondCommand command;
  command.action = static_cast<SecondCommand::Action>(in.number<std::uint8_t>());
  for (auto left = in.number<std::size_t>(); left > 0; --left)
    command.tables.push_back(in.text());
  command.until = take_time(in);
  command.list_lost = in.flag();
  return command;
}

std::string encode(const SecondTables& tables) {
  std::string payload;
  PayloadWriter out(payload);
  out.number(tables.tables.size());
  for (const SecondTable& table : tables.tables)
    out.text(table.name).cursor(table.live).cursor(table.second);
  out.number(tables.swapped).number(tables.kept_until.has_value());
  put_time(out, tables.kept_until.value_or(UtcTime{}));
  return payload;
}

SecondTables decode_seconds(std::string_view payload) {
  PayloadReader in(payload);
  SecondTables tables;
  for (auto left = in.number<std::size_t>(); left > 0; --left) {
    SecondTable& table = tables.tables.emplace_back();
    table.name = in.text();
    table.live = in.cursor();
    table.second = in.cursor();
  }
  tables.swapped = in.flag();
  const bool kept = in.flag();
  const UtcTime until = take_time(in);
  if (kept) tables.kept_until = until;
  return tables;
}

std::string encode(const CompareSecond& request) {
  std::string payload;
  PayloadWriter out(payload);
  out.text(request.table).number(request.limit).number(request.parts.size());
  for (const std::uint32_t part : request.parts)
    out.number(part);
  return payload;
}

CompareSecond decode_compare(std::string_view payload) {
  PayloadReader in(payload);
  CompareSecond request;
  request.table = in.text();
  request.limit = in.number<std::size_t>();
  for (auto left = in.number<std::size_t>(); left > 0; --left)
    request.parts.push_back(in.number<std::uint32_t>());
  return request;
}

std::string encode(const ComparedSecond& compared) {
  std::string payload;
  PayloadWriter out(payload);
  out.number(compared.stood_alike).number(compared.differences).number(compared.differing.size());
  for (const auto& part : compared.differing)
    out.number(part.number).number(part.rows);
  out.number(compared.first.size());
  for (const auto& pair : compared.first) {
    put_side(out, pair.live);
    put_side(out, pair.second);
  }
  return payload;
}

ComparedSecond decode_compared(std::string_view payload) {
  PayloadReader in(payload);
  ComparedSecond compared;
  compared.stood_alike = in.flag();
  compared.differences = in.number<std::size_t>();
  for (auto left = in.number<std::size_t>(); left > 0; --left) {
    auto& part = compared.differing.emplace_back();
    part.number = in.number<std::uint32_t>();
    part.rows = in.number<std::int64_t>();
  }
  for (auto left = in.number<std::size_t>(); left > 0; --left) {
    auto& pair = compared.first.emplace_back();
    pair.live = take_side(in);
    pair.second = take_side(in);
  }
  return compared;
}

}  // namespace orderly::warehouse::process
