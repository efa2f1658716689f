#include <algorithm>
#include <exception>

#include "fuzz/target.hpp"
#include "warehouse/export_json.hpp"
#include "warehouse/parameters.hpp"
#include "warehouse/process/frames.hpp"
#include "warehouse/process/messages.hpp"
#include "warehouse/query_json.hpp"
#include "warehouse/tables.hpp"

namespace orderly::fuzz {
namespace {

void warehouse_bodies(std::string_view input) {
  const auto query = warehouse::parse_query_request(input);
  if (query) {
    expect(query->max_rows >= 1 && query->max_rows <= warehouse::kMaxQueryRows, "rows are bounded");
    expect(query->timeout <= warehouse::kMaxQueryTimeout, "time is bounded");
    expect(query->parameters.size() <= warehouse::kMaxParameters, "parameters are bounded");
    const auto again = warehouse::parse_query_request(warehouse::encode_query_request(*query));
    expect(again && again->sql == query->sql, "a query survives");
    // Boost.JSON 1.81 may read a real number as one beside it.
    const bool exact = std::ranges::find(query->parameters, warehouse::ParameterType::kReal,
                                         &warehouse::Parameter::type) == query->parameters.end();
    expect(!exact || again->parameters == query->parameters, "and its parameters");
  } else {
    expect(!query.error().message.empty(), "a refusal says why");
  }
  constexpr UtcTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 3 / 1}};
  if (const auto order = warehouse::parse_export_order(input, kNow)) {
    expect(warehouse::is_export_name(order->name), "an export has a name that a file may have");
  }
  static_cast<void>(warehouse::parse_query_answer(input));
  static_cast<void>(warehouse::parse_parameter(input));
}

template <class Decode>
void try_decoding(Decode decode) {
  try {
    decode();
  } catch (const Unavailable&) {
    // As it is to be: the other end is given up.
  }
}

/// A frame's header and its payload, read as every kind of payload.
void engine_frames(std::string_view input) {
  using namespace warehouse::process;
  Header header{};
  input.copy(header.data(), header.size());
  std::size_t size = 0;
  if (const auto frame = decode_header(header, size)) {
    expect(size <= kMaxPayload, "payloads are bounded");
  }
  const auto payload = input.substr(std::min(input.size(), header.size()));
  const auto catalog = warehouse::standard_catalog();
  try_decoding([&] { decode_options(payload); });
  try_decoding([&] { decode_load(payload, catalog); });
  try_decoding([&] {
    const auto query = decode_query(payload);
    expect(decode_query(encode(query)).sql == query.sql, "a query survives the pipe");
  });
  try_decoding([&] { decode_export(payload); });
  try_decoding([&] { decode_exported(payload); });
  try_decoding([&] { decode_result(std::string(payload)); });
  try_decoding([&] {
    const auto error = decode_error(payload);
    expect(decode_error(encode(error)) == error, "an error survives the pipe");
  });
  try_decoding([&] { decode_unavailable(payload); });
}

const Registered kBodies("warehouse_bodies", warehouse_bodies);
const Registered kFrames("engine_frames", engine_frames);

}  // namespace
}  // namespace orderly::fuzz
