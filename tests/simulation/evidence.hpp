#pragma once

#include <string>
#include <vector>

#include "simulation/customers.hpp"
#include "simulation/process.hpp"

namespace orderly::simulation {

/// Lets a process without dangers come to rest, after every product has come, and has the oracle
/// look at all it holds. What is broken is appended to `broken`. `patience` is virtual time. The
/// number of product versions is the answer.
std::size_t settle_and_judge(Process& process, Customers& customers,
                             std::chrono::nanoseconds patience, std::vector<std::string>& broken);

}  // namespace orderly::simulation
