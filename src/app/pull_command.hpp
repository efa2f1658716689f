#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "app/cli_app.hpp"
#include "app/pubsub_client.hpp"

namespace orderly::app {

struct PullOptions {
  std::int64_t limit = 1;
  bool auto_ack = false;
  bool wait = false;
};

void add_pull_flags(CLI::App& command, PullOptions& options);
/// `subscriptions pull`: prints what there is, and acknowledges it once it is printed.
void run_pull(const PubsubTarget& target, const std::string& subscription,
              const PullOptions& options);
void acknowledge(PubsubClient& client, const std::string& subscription,
                 const std::vector<std::string>& ack_ids);

}  // namespace orderly::app
