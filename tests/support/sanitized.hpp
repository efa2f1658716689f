#pragma once

namespace orderly::testing {

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define ORDERLY_SANITIZED 1
#endif
#endif

/// Whether this binary is slowed down by a sanitizer: long tests then try a part of their cases.
/// Only for what ./dev test runs from the release build as well, which tries all
/// (ORDERLY_CI_LABELS).
#ifdef ORDERLY_SANITIZED
inline constexpr bool kSanitized = true;
#undef ORDERLY_SANITIZED
#else
inline constexpr bool kSanitized = false;
#endif

}  // namespace orderly::testing
