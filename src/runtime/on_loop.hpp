#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <utility>

#include "runtime/event_loop.hpp"

namespace orderly::runtime {

/// Runs `task` on `loop` and comes back to the caller's own executor with its result or exception.
/// How a request that one loop serves reaches what lives on another.
template <class T>
Task<T> on_loop(EventLoop& loop, Task<T> task) {
  return asio::co_spawn(loop.executor(), std::move(task), asio::use_awaitable);
}

}  // namespace orderly::runtime
