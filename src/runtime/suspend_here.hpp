#pragma once

#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <functional>
#include <utility>

#include "runtime/task.hpp"

namespace orderly::runtime {

/// Ends a suspend_here(): called at most once, on the executor of the coroutine that waits, which
/// goes on within the call and up to its next wait. Dropped uncalled, it ends the coroutine.
using ResumeHere = std::move_only_function<void()>;

/// suspend<void>() for the hot path: who holds the ResumeHere is on the same executor, so nothing
/// is queued and nothing allocated, neither a coroutine frame nor a handler. `start` gets the
/// ResumeHere. Not interrupted when the task is stopped.
///
///     auto wait = suspend_here([this](ResumeHere resume) { waiting_.push_back(…); });
///     co_await std::move(wait);
template <class Start>
auto suspend_here(Start start) {
  return asio::async_initiate<const asio::deferred_t, void()>(
      [](auto handler, Start begin) { std::move(begin)(ResumeHere(std::move(handler))); },
      asio::deferred, std::move(start));
}

}  // namespace orderly::runtime
