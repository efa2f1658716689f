#pragma once

#include <string>
#include <string_view>
#include <utility>

#include "base/result.hpp"

/// Failures that the files of this folder share.
namespace orderly::broker {

inline std::unexpected<Error> not_found(std::string_view what, std::string_view name) {
  return failure(ErrorKind::kNotFound, std::string(what) + "_not_found",
                 "There is no " + std::string(what) + " " + std::string(name) + ".");
}

inline std::unexpected<Error> conflict(std::string code, std::string message) {
  return failure(ErrorKind::kConflict, std::move(code), std::move(message));
}

inline std::unexpected<Error> too_many(std::string_view what, std::size_t maximum) {
  return failure(ErrorKind::kOverloaded, "too_many_" + std::string(what),
                 "There are " + std::to_string(maximum) + " " + std::string(what) +
                     " already, which is the most.");
}

inline std::unexpected<Error> is_view(std::string_view topic) {
  return conflict("topic_is_view", "Topic " + std::string(topic) +
                                       " is a view of a service's feed: it is that service's.");
}

}  // namespace orderly::broker
