"""Waiting for a condition, always with a deadline."""

import time
from collections.abc import Callable
from typing import TypeVar

# Long enough for a sanitized binary on a busy machine; a healthy one needs a fraction of it.
PATIENCE_SECONDS = 30.0
_POLL_SECONDS = 0.01

T = TypeVar("T")


def wait_until(condition: Callable[[], T], what: str, seconds: float = PATIENCE_SECONDS) -> T:
    """Polls `condition` until it gives something truthy, which is returned; fails naming `what`."""
    deadline = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds} s: {what} (last seen: {found!r})")
        time.sleep(_POLL_SECONDS)
