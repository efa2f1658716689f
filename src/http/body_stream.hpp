#pragma once

#include <optional>
#include <string>

#include "runtime/task.hpp"

namespace orderly::http {

/// A body that comes piece by piece, for an answer that has no end yet (Response::stream). The
/// server asks for a piece when the one before it is sent, so a slow reader makes its stream wait
/// and nobody else. Used on the server's loop.
class BodyStream {
 public:
  virtual ~BodyStream() = default;
  /// The next piece, not empty; nothing: the body has ended. Unavailable ends the answer in the
  /// middle, so that its reader knows that it is not whole.
  virtual runtime::Task<std::optional<std::string>> next() = 0;
  /// The reader has gone, or the server stops: next(), also one that waits, soon answers nothing.
  virtual void end() = 0;
};

}  // namespace orderly::http
