#pragma once

#include <string>

#include "base/position.hpp"
#include "base/result.hpp"
#include "events/feed.hpp"
#include "runtime/task.hpp"

/// Topics that are views over a feed of the same process: nothing of them needs to be turned into
/// messages until somebody wants messages.
namespace orderly::broker {

/// What a relay moves where its topic is such a view. The broker's loop.
class Views {
 public:
  virtual ~Views() = default;
  /// As Broker::publish() of the events of `span`, which follow `after`; each is read as a message
  /// when a subscription needs it. Does nothing where the topic has them already.
  virtual runtime::Task<Result<void>> advance(std::string topic, Cursor after,
                                              events::FeedSpan span) = 0;
};

/// A subscriber in this process that reads the feed of the view by itself, in its own terms, and is
/// only told how far the topic goes. Called on the broker's loop, once at a time.
class Follower {
 public:
  virtual ~Follower() = default;
  /// Returns when all events up to `head` have had their effect, which acknowledges them. Throws
  /// Unavailable where that must be tried again later.
  virtual runtime::Task<void> follow(Cursor head) = 0;
};

}  // namespace orderly::broker
