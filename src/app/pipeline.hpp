#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "base/position.hpp"
#include "broker/broker.hpp"
#include "http/standard_routes.hpp"
#include "orderinfo/read_model.hpp"

/// How the whole pipeline stands, as GET /api/v1/admin/pipeline shows it: plain values.
namespace orderly::app {

/// One hop. What is not known now is empty: the other side cannot be asked, or runs elsewhere.
struct Arrow {
  std::string id;    ///< stable
  std::string kind;  ///< relay, subscription, projection, products or load
  std::string from;
  std::string to;
  std::optional<Position> head = {};      ///< of the source
  std::optional<Position> position = {};  ///< up to here everything has arrived
  std::optional<std::int64_t> backlog = {};
  std::optional<UtcTime> oldest = {};  ///< of what has not arrived
  std::optional<std::chrono::milliseconds> lag = {};
  std::uint64_t moved = 0;  ///< events since the start of the process
  std::optional<std::string> alarm = {};
  std::optional<broker::SubscriptionStats> delivery = {};
};

struct Pipeline {
  struct ReadModel {
    orderinfo::Progress progress;
    orderinfo::Applied since_start;
  };

  std::vector<std::string> services;  ///< that this process hosts
  std::vector<Arrow> arrows;          ///< from the commands' side to the warehouse
  std::optional<ReadModel> read_model;
};

/// What the process knows beside its pipeline.
struct ProcessState {
  std::string version;
  UtcTime now;
  std::chrono::milliseconds uptime;
  http::Unready unready;
  std::size_t streams = 0;
};

std::string to_json(const Pipeline& pipeline, const ProcessState& process);

}  // namespace orderly::app
