#pragma once

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <exception>
#include <functional>
#include <utility>

#include "runtime/task.hpp"

namespace orderly::runtime {

namespace detail {

template <class T>
struct ResumeSignature {
  using Completion = void(std::exception_ptr, T);
  using Function = std::move_only_function<void(std::exception_ptr, T)>;
};
template <>
struct ResumeSignature<void> {
  using Completion = void(std::exception_ptr);
  using Function = std::move_only_function<void(std::exception_ptr)>;
};

/// Takes the completion back to the executor of the coroutine that waits.
template <class Handler>
auto on_own_executor(Handler handler) {
  auto executor = asio::prefer(asio::get_associated_executor(handler),
                               asio::execution::outstanding_work.tracked);
  return [handler = std::move(handler), executor = std::move(executor)](auto... values) mutable {
    asio::post(executor, [handler = std::move(handler), ... values = std::move(values)]() mutable {
      std::move(handler)(std::move(values)...);
    });
  };
}

}  // namespace detail

/// Ends a suspend(): called at most once, from any thread; the coroutine goes on on its own
/// executor, never from within the call. Once called it holds nothing of the coroutine or its loop,
/// so it may outlive both. Dropped uncalled, it ends the coroutine.
template <class T>
class Resume {
 public:
  Resume() = default;
  explicit Resume(detail::ResumeSignature<T>::Function function) : function_(std::move(function)) {}

  template <class... Value>
  void operator()(Value&&... value) {
    take()(nullptr, std::forward<Value>(value)...);
  }
  void fail(std::exception_ptr error) {
    if constexpr (std::is_void_v<T>) {
      take()(std::move(error));
    } else {
      take()(std::move(error), T{});
    }
  }

 private:
  using Function = detail::ResumeSignature<T>::Function;

  Function take() { return std::exchange(function_, nullptr); }

  Function function_;
};

/// Suspends the calling coroutine and hands `start` the means to resume it. `T` is void or
/// default-constructible. Not interrupted when the task is stopped: whoever holds the Resume
/// answers for its end.
template <class T, class Start>
Task<T> suspend(Start start) {
  return asio::async_initiate<const asio::use_awaitable_t<>&,
                              typename detail::ResumeSignature<T>::Completion>(
      [](auto handler, Start begin) {
        std::move(begin)(Resume<T>(detail::on_own_executor(std::move(handler))));
      },
      asio::use_awaitable, std::move(start));
}

/// The same for a wait that can be cut short: when the task is stopped, `on_stop` is called on the
/// task's executor, at most once and not after the task went on. It sees to it that the Resume is
/// called soon.
template <class T, class Start, class OnStop>
Task<T> suspend(Start start, OnStop on_stop) {
  return asio::async_initiate<const asio::use_awaitable_t<>&,
                              typename detail::ResumeSignature<T>::Completion>(
      [](auto handler, Start begin, OnStop stop) {  // NOLINT(performance-unnecessary-value-param)
        auto slot = asio::get_associated_cancellation_slot(handler);
        if (slot.is_connected()) {
          slot.assign([stop = std::move(stop)](asio::cancellation_type) mutable { stop(); });
        }
        std::move(begin)(Resume<T>(detail::on_own_executor(std::move(handler))));
      },
      asio::use_awaitable, std::move(start), std::move(on_stop));
}

}  // namespace orderly::runtime
