#pragma once

#include <set>
#include <string>

#include "app/declarations.hpp"
#include "broker/broker.hpp"
#include "broker/topology.hpp"
#include "runtime/task.hpp"

namespace orderly::app {

/// Makes the topics and subscriptions that a configuration file declares, or gives those that are
/// there the settings it says; progress is kept, and what it does not name stays. All of it is
/// checked before anything is made. `own` are the pipeline's subscriptions, which nobody declares.
/// On the broker's loop, before it starts. Throws std::runtime_error, or CLI::ParseError for a
/// wrong key or value, that names file, section and key; Unavailable.
runtime::Task<void> declare_topics(broker::Broker& broker, broker::Topology& topology,
                                   Declarations declarations, std::string project,
                                   std::set<std::string, std::less<>> own);

}  // namespace orderly::app
