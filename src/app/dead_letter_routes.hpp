#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "app/letter_box.hpp"
#include "http/router.hpp"

namespace orderly::app {

/// The letter boxes of this process as they are now; the first one is meant where no subscription
/// is named.
using LetterBoxes = std::function<std::vector<std::shared_ptr<LetterBox>>()>;

/// GET /api/v1/admin/dead-letters and /{number}, POST …/redrive and …/drop, and GET
/// /api/v1/admin/dead-letter-subscriptions; to callers on this machine only. `boxes` is called on
/// the server's loop.
void add_dead_letter_routes(http::Router& router, LetterBoxes boxes);

}  // namespace orderly::app
