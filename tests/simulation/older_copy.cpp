#include "simulation/older_copy.hpp"

#include "events/orders.hpp"
#include "events/products.hpp"
#include "sqlite/connection.hpp"

namespace orderly::simulation {

OlderCopy::OlderCopy(Machine& machine, Customers& customers)
    : machine_(machine),
      customers_(customers),
      files_(machine.disk.files()),
      warehouse_(*machine.warehouse),
      memory_(customers.memory()) {}

void OlderCopy::put_back(std::string_view name) const {
  const std::string store(name);
  machine_.history.note("put back " + store);
  if (store == "warehouse") {
    *machine_.warehouse = warehouse_;
    return;
  }
  // The read model's two files belong together.
  machine_.disk.put_back(store == "orderinfo.db" ? "orderinfo" : store, files_);
  if (store == "order.db") {
    customers_.orders_were_put_back(memory_);
    machine_.audit.put_back(std::string(events::OrderPlaced::kTopic),
                            head_of(store, "placed_order"));
  } else if (store == "product.db") {
    customers_.products_were_put_back(memory_);
    machine_.audit.put_back(std::string(events::ProductPut::kTopic),
                            head_of(store, "product_version"));
  } else if (store == "orderinfo.db") {
    customers_.read_model_was_put_back(memory_);
  }
}

Position OlderCopy::head_of(const std::string& store, const std::string& table) const {
  sqlite::OpenOptions options{.path = store, .vfs = machine_.vfs.name()};
  sqlite::Connection connection(options);
  auto exists = connection.prepare("SELECT 1 FROM sqlite_schema WHERE name = ?1");
  if (!exists.use(std::string_view(table)).step()) return 0;
  auto head = connection.prepare("SELECT ifnull(max(position), 0) FROM " + table);
  auto row = head.use();
  return row.step() ? row.int64(0) : 0;
}

}  // namespace orderly::simulation
