#pragma once

#include <filesystem>

#include "http/router.hpp"
#include "runtime/event_loop.hpp"
#include "warehouse/export_folder.hpp"
#include "warehouse/warehouse.hpp"

namespace orderly::warehouse {

/// Adds, for loopback peers only:
///
///     POST   /api/v1/warehouse/export          makes one; 429 export_running while another runs,
///                                              409 export_exists for a name that is in use
///     GET    /api/v1/warehouse/exports         lists them, newest first
///     GET    /api/v1/warehouse/exports/{name}  its bytes, streamed; one range of them with `Range`
///     DELETE /api/v1/warehouse/exports/{name}  removes it
///
/// `loop` and `warehouse` outlive the router, which serves on `loop`; `folder` is the server's.
void add_export_routes(http::Router& router, runtime::EventLoop& loop, Warehouse& warehouse,
                       std::filesystem::path folder);

}  // namespace orderly::warehouse
