#include "runtime/task_group.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/multiple_exceptions.hpp>
#include <boost/system/system_error.hpp>
#include <memory>

#include "base/check.hpp"

namespace orderly::runtime {

bool is_stopped(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const boost::system::system_error& e) {
    return e.code() == asio::error::operation_aborted;
  } catch (const asio::multiple_exceptions& both) {
    return is_stopped(both.first_exception());  // both sides of an operator|| were stopped
  } catch (...) {
    return false;
  }
}

void TaskGroup::spawn(std::string name, Task<void> task) {
  const auto node = running_.emplace(running_.end());
  node->name = std::move(name);
  asio::co_spawn(loop_.executor(), std::move(task),
                 asio::bind_cancellation_slot(
                     node->stop.slot(),
                     [this, node](const std::exception_ptr& error) { ended(node, error); }));
}

void TaskGroup::ended(std::list<Running>::iterator task, const std::exception_ptr& error) {
  if (error && !is_stopped(error)) {
    try {
      std::rethrow_exception(error);
    } catch (const std::exception& e) {
      check_failed(e.what(), ("task " + task->name + " ended with an exception").c_str(), __FILE__,
                   __LINE__);
    }
  }
  running_.erase(task);
  if (running_.empty() && when_empty_) std::exchange(when_empty_, {})();
}

void TaskGroup::stop() {
  // Emitting may end a task and erase its node at once, so step on before.
  for (auto task = running_.begin(); task != running_.end();) {
    (task++)->stop.emit(asio::cancellation_type::terminal);
  }
}

Task<void> TaskGroup::join() {
  if (running_.empty()) co_return;
  co_await suspend<void>([this](Resume<void> resume) {
    auto shared = std::make_shared<Resume<void>>(std::move(resume));
    when_empty_ = [shared] { (*shared)(); };
  });
}

}  // namespace orderly::runtime
