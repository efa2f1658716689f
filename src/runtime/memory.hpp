#pragma once

namespace orderly::runtime {

/// Whether the kernel may back memory of this process by pages of 2 MB unasked ("transparent huge
/// pages", prctl(2) PR_SET_THP_DISABLE). What is mapped already stays as it is; programs that it
/// starts later begin the same way. Where the kernel refuses, nothing changes.
void allow_huge_pages(bool allowed);

/// Whether what is freed is kept for a moment (how a process begins) or goes back to the kernel at
/// once. The allocator looks at what it keeps when it is asked for more: what an idle process has
/// freed last it keeps for good. At once costs the kernel's time for each piece.
void keep_freed_memory(bool kept);

}  // namespace orderly::runtime
