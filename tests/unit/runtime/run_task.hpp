#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <type_traits>
#include <utility>

#include "support/sim_loop.hpp"

namespace orderly::testing {

/// Runs `task` on `loop` under virtual time, for at most an hour of it, and gives what it gives.
template <class T>
T run_task(SimLoop& loop, runtime::Task<T> task) {
  bool done = false;
  std::exception_ptr failure;
  std::conditional_t<std::is_void_v<T>, char, std::optional<T>> result{};
  boost::asio::co_spawn(loop.executor(), std::move(task),
                        [&](std::exception_ptr error, auto&&... value) {
                          failure = error;
                          if constexpr (!std::is_void_v<T>) {
                            if (!error) (result.emplace(std::move(value)), ...);
                          }
                          done = true;
                        });
  const auto deadline = loop.steady_now() + std::chrono::hours(1);
  EXPECT_TRUE(loop.run_until([&] { return done; }, deadline)) << "the task does not end";
  if (failure) std::rethrow_exception(failure);
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

}  // namespace orderly::testing
