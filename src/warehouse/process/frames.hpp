#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/position.hpp"
#include "base/result.hpp"

/// What the two processes say to each other: frames of a header and a payload. Both ends are the
/// same binary on the same machine, so numbers travel as they lie in memory.
namespace orderly::warehouse::process {

enum class FrameKind : std::uint8_t {
  // To the engine.
  kOpen,    ///< EngineOptions; the first one
  kLoaded,  ///< Warehouse::loaded
  kLoad,
  kLoadedBeside,
  kPutInPlace,
  kSecond,
  kCompareSecond,
  kSave,  ///< Warehouse::save_to
  kQuery,
  kExport,
  kCancel,  ///< nobody waits for the call of that id any more
  kClose,   ///< the last one
  // From the engine.
  kOpened,
  kCursor,       ///< of kLoaded and kLoadedBeside
  kDone,         ///< of kLoad and kPutInPlace
  kSeconds,      ///< of kSecond
  kCompared,     ///< of kCompareSecond
  kResult,       ///< of kQuery
  kExported,     ///< of kExport
  kSaved,        ///< of kSave
  kError,        ///< the Error of a Result
  kUnavailable,  ///< the exception
};

/// A larger payload is no frame of ours, and the other end is given up.
inline constexpr std::size_t kMaxPayload = std::size_t{512} * 1024 * 1024;

struct Frame {
  FrameKind kind = FrameKind::kClose;
  std::uint64_t id = 0;  ///< of a call and of its answer; 0: of none
  std::string payload = {};
};

inline constexpr std::size_t kHeaderSize = 13;
using Header = std::array<char, kHeaderSize>;

Header encode_header(const Frame& frame);
/// The frame without its payload, whose size is put into `payload_size`. kInvalid for what is none.
Result<Frame> decode_header(const Header& header, std::size_t& payload_size);

/// Appends values to a payload.
class PayloadWriter {
 public:
  explicit PayloadWriter(std::string& out) : out_(out) {}

  template <class T>
    requires std::is_arithmetic_v<T>
  PayloadWriter& number(T value) {
    out_.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  PayloadWriter& text(std::string_view value) {
    number(static_cast<std::uint64_t>(value.size()));
    out_.append(value);
    return *this;
  }
  PayloadWriter& cursor(const Cursor& value);

 private:
  std::string& out_;
};

/// Takes them out again, in the same order; throws Unavailable where they are not there.
class PayloadReader {
 public:
  explicit PayloadReader(std::string_view payload) : rest_(payload) {}

  template <class T>
    requires std::is_arithmetic_v<T> && (!std::is_same_v<T, bool>)  // not all bytes are one
  T number() {
    T value{};
    take(sizeof value).copy(reinterpret_cast<char*>(&value), sizeof value);
    return value;
  }
  bool flag() { return number<std::uint8_t>() != 0; }  ///< of number(bool)
  std::string text() { return std::string(take(number<std::uint64_t>())); }
  Cursor cursor();

 private:
  std::string_view take(std::size_t size);

  std::string_view rest_;
};

}  // namespace orderly::warehouse::process
