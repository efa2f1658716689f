#pragma once

#include "events/feed.hpp"
#include "events/orders.hpp"
#include "events/products.hpp"
#include "warehouse/rows.hpp"
#include "warehouse/table.hpp"

/// The warehouse's own tables and views, and how events become their rows.
namespace orderly::warehouse {

/// A change of the read model, as its feed has it.
using Change = events::Recorded<events::OrderInfoPut>;

/// The lab's table, from the read model's change log: a row an order, replaced where the read model
/// replaced it.
const TableSpec& order_information();
void append_order(const Change& change, RowBatch& rows);

/// Every version of every product, from the product feed.
const TableSpec& product_versions();
void append_product(const events::Recorded<events::ProductPut>& version, RowBatch& rows);

/// What could never be applied, as the read model keeps it; `message` is the push request's body.
const TableSpec& dead_letters();

/// All tables of this version with the views over them: product_prices (from when to when a price
/// was in force), products (as they are now), orders_by_day and orders_by_month.
const Catalog& standard_catalog();

}  // namespace orderly::warehouse
