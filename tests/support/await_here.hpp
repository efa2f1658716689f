#pragma once

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "runtime/task.hpp"

namespace orderly::testing {

/// Runs `task` to its end on the calling thread, in real time: for what other threads answer.
template <class T>
T await_here(runtime::Task<T> task) {
  boost::asio::io_context context(1);
  std::exception_ptr error;
  std::optional<T> value;
  boost::asio::co_spawn(context, std::move(task), [&](std::exception_ptr failed, T result) {
    error = std::move(failed);
    value.emplace(std::move(result));
  });
  context.run();
  if (error) std::rethrow_exception(error);
  return std::move(*value);
}

}  // namespace orderly::testing
