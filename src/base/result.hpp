#pragma once

#include <chrono>
#include <cstdint>
#include <expected>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

/// Errors of the whole system.
///
/// What depends on input is a value: `Result<T>`. What is unavailable (a disk, a database, a peer)
/// is the exception `Unavailable`, caught at two edges only: the HTTP boundary and the batch pump.
/// A broken invariant ends the process (`base/check.hpp`).
namespace orderly {

/// The closed set of input-dependent failures. `http/problem.cpp` maps each to one status.
enum class ErrorKind : std::uint8_t {
  kInvalid,               ///< malformed or out of range: 400
  kNotFound,              ///< 404
  kConflict,              ///< the state of the resource forbids it: 409
  kIdempotencyKeyReused,  ///< the key was used for another body: 422
  kTooLarge,              ///< 413
  kUnsupportedMediaType,  ///< 415
  kMethodNotAllowed,      ///< 405
  kForbidden,             ///< 403
  kOverloaded,            ///< a bound is reached, nothing was done: 429
  kUnavailable,           ///< try again later, nothing is wrong with the request: 503
  kStorageFull,           ///< 507
};

struct Error {
  ErrorKind kind = ErrorKind::kInvalid;
  std::string code;     ///< stable, machine-readable, e.g. "invalid_value"
  std::string message;  ///< one sentence for a person; names the field
  std::string field;    ///< the offending field, or empty

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;

/// Shorthand for the commonest failure: `field` has a value that cannot be accepted.
[[nodiscard]] inline std::unexpected<Error> invalid(std::string_view field, std::string message,
                                                    std::string code = "invalid_value") {
  return std::unexpected(
      Error{ErrorKind::kInvalid, std::move(code), std::move(message), std::string(field)});
}

[[nodiscard]] inline std::unexpected<Error> failure(ErrorKind kind, std::string code,
                                                    std::string message) {
  return std::unexpected(Error{kind, std::move(code), std::move(message), {}});
}

/// A store, a peer or a resource cannot serve now. The work may be tried again after `retry_after`.
class Unavailable : public std::runtime_error {
 public:
  explicit Unavailable(const std::string& message,
                       std::chrono::milliseconds retry_after = std::chrono::seconds(1))
      : std::runtime_error(message), retry_after_(retry_after) {}

  [[nodiscard]] std::chrono::milliseconds retry_after() const { return retry_after_; }

 private:
  std::chrono::milliseconds retry_after_;
};

/// There is no room on the disk. Reads go on; commands are refused with 507 until space returns.
class StorageFull : public Unavailable {
 public:
  explicit StorageFull(const std::string& message)
      : Unavailable(message, std::chrono::seconds(5)) {}
};

}  // namespace orderly
