#pragma once

#include "events/dead_letters.hpp"
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

/// What could not be applied, from the read model's feed of dead letters: a row a letter, which
/// stays when the letter is redriven or dropped. `message` is the push request's body; a letter
/// that is resolved has none.
const TableSpec& dead_letters();
void append_dead_letter(const events::Recorded<events::DeadLetterPut>& letter, RowBatch& rows);

/// All tables of this version with the views over them: product_prices (from when to when a price
/// was in force), products (as they are now), orders_by_day and orders_by_month.
const Catalog& standard_catalog();

}  // namespace orderly::warehouse
