#pragma once

#include <functional>
#include <memory>

#include "warehouse/process/messages.hpp"
#include "warehouse/warehouse.hpp"

/// The child's side: a warehouse that is reached through the socket it was started with.
namespace orderly::warehouse::process {

/// Opens the store; throws Unavailable.
using OpenWarehouse = std::function<std::unique_ptr<Warehouse>(const EngineOptions& options)>;

/// Serves one parent, whose pid is `parent`, at kChildSocket, and then ends the process: with 0
/// once the parent has said goodbye and the store is closed; with 1, on the spot, where the parent
/// is gone (the store is safe against that) or the store cannot be opened, which the parent has
/// been told; with that or kDiskIsFull, on the spot, where a change of the store has failed.
/// Ignores the signals that a terminal or a supervisor sends to everybody, since the parent says
/// when to end; gives way to it on the CPU; and is the first to go where the machine runs out of
/// memory.
[[noreturn]] void run_engine(int parent, const OpenWarehouse& open);

}  // namespace orderly::warehouse::process
