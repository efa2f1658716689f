"""What a process has in memory of its own, as the kernel counts it."""

import pathlib
import re

_SANITIZED_KIB = 1 << 30  # of addresses: no other program maps a tebibyte


def _field(pid: int, name: str) -> int:
    text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    found = re.search(rf"^{name}:\s+(\d+) kB$", text, re.MULTILINE)
    assert found, f"/proc/{pid}/status has no {name}"
    return int(found[1])


def anonymous_mib(pid: int) -> float:
    return _field(pid, "RssAnon") / 1024


def is_sanitized(pid: int) -> bool:
    """A sanitizer keeps what was freed: its memory tells nothing of the program's."""
    return _field(pid, "VmSize") > _SANITIZED_KIB


class PeakMemory:
    """The most that a process has resident from now on, beyond what it has now."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        # proc(5): 5 sets the peak back to what there is.
        pathlib.Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
        self._before = _field(pid, "VmRSS")

    def grown_mib(self) -> float:
        return (_field(self._pid, "VmHWM") - self._before) / 1024
