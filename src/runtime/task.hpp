#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace orderly::runtime {

namespace asio = boost::asio;

/// A coroutine. It runs on the executor it was spawned on, one step at a time.
template <class T = void>
using Task = asio::awaitable<T>;

using Executor = asio::any_io_executor;

}  // namespace orderly::runtime
