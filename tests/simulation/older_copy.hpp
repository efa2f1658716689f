#pragma once

#include <string>
#include <string_view>

#include "simulation/customers.hpp"
#include "simulation/machine.hpp"

namespace orderly::simulation {

/// All stores as they lie there, and what the customers remember then; while no process runs.
class OlderCopy {
 public:
  static constexpr std::string_view kStores[] = {"order.db", "product.db", "orderinfo.db",
                                                 "broker.db", "warehouse"};

  /// Both outlive it.
  OlderCopy(Machine& machine, Customers& customers);

  /// Puts one of kStores back to that state, by a bare copy of its files; the customers are told
  /// what they cannot count on any more.
  void put_back(std::string_view store) const;

 private:
  [[nodiscard]] Position head_of(const std::string& store, const std::string& table) const;

  Machine& machine_;
  Customers& customers_;
  testing::SimDisk::Files files_;
  testing::MemoryWarehouse::Storage warehouse_;
  Customers::Memory memory_;
};

}  // namespace orderly::simulation
