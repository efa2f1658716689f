"""What Linux tells of a process, and of those that it started. See proc(5)."""

import os
import pathlib
import re
from dataclasses import dataclass

_TICKS = os.sysconf("SC_CLK_TCK")
_PROC = pathlib.Path("/proc")


def parse_rss_anon(status: str) -> int:
    """Anonymous resident memory, in bytes; /proc/PID/status."""
    match = re.search(r"^RssAnon:\s+(\d+) kB$", status, re.MULTILINE)
    return int(match[1]) * 1024 if match else 0


def parse_cpu_seconds(stat: str) -> float:
    """User and system time; /proc/PID/stat, whose second field may hold spaces and brackets."""
    fields = stat[stat.rindex(")") + 2 :].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def parse_write_bytes(io: str) -> int:
    """What was given to the disk; /proc/PID/io."""
    match = re.search(r"^write_bytes: (\d+)$", io, re.MULTILINE)
    return int(match[1]) if match else 0


def rss_anon(pid: int) -> int:
    return parse_rss_anon((_PROC / str(pid) / "status").read_text("utf-8"))


def children(pid: int) -> list[int]:
    found = []
    for task in (_PROC / str(pid) / "task").iterdir():
        found += [int(child) for child in (task / "children").read_text("utf-8").split()]
    return found


@dataclass(frozen=True)
class Cost:
    """What a process has used since it began: CPU seconds and bytes written to the disk."""

    main_thread: float
    other_threads: float
    written: int

    def since(self, before: "Cost") -> "Cost":
        return Cost(self.main_thread - before.main_thread,
                    self.other_threads - before.other_threads, self.written - before.written)


def cost(pid: int) -> Cost:
    folder = _PROC / str(pid)
    main = others = 0.0
    for task in (folder / "task").iterdir():
        seconds = parse_cpu_seconds((task / "stat").read_text("utf-8"))
        if task.name == str(pid):
            main = seconds
        else:
            others += seconds
    return Cost(main, others, parse_write_bytes((folder / "io").read_text("utf-8")))
