#pragma once

namespace orderly::runtime {

/// Whether the kernel may back memory of this process by pages of 2 MB unasked ("transparent huge
/// pages", prctl(2) PR_SET_THP_DISABLE). What is mapped already stays as it is; programs that it
/// starts later begin the same way. Where the kernel refuses, nothing changes.
void allow_huge_pages(bool allowed);

}  // namespace orderly::runtime
