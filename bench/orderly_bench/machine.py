"""What the figures were measured on."""

import datetime
import os
import pathlib
import platform
import re
import resource
import subprocess
import time
from typing import Any


def _first_line(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).strip().split("\n")[0]


def _cpu() -> str:
    match = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text("utf-8"))
    return match[1] if match else platform.processor()


def _memory_gib() -> float:
    match = re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text("utf-8"))
    return round(int(match[1]) / 1024 / 1024, 1) if match else 0.0


def _file_system(folder: pathlib.Path) -> str:
    """Type and mount point of where the data lies: a sync is only as good as what is below it."""
    best = ("", "")
    for line in pathlib.Path("/proc/mounts").read_text("utf-8").splitlines():
        _, point, kind = line.split()[:3]
        if folder.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]


def facts(root: pathlib.Path, binary: pathlib.Path, data: pathlib.Path) -> dict[str, Any]:
    return {
        "measured_at": datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="seconds"),
        "commit": _first_line("git", "-C", str(root), "describe", "--always", "--dirty"),
        "orderly": _first_line(str(binary), "--version"),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gib": _memory_gib(),
        "kernel": platform.release(),
        "file_system": _file_system(data.resolve()),
        "load_before": round(os.getloadavg()[0], 2),
        "nginx": _first_line("nginx", "-v"),
        "wrk": _first_line("wrk", "-v").removesuffix(" Copyright (C) 2012 Will Glozer"),
    }


def parse_busy_seconds(stat: str) -> float:
    """CPU time of all cores that was not idle, taken by a neighbour of this machine, or a guest's
    (which is the user's already); /proc/stat."""
    user, nice, system, _idle, _wait, irq, softirq = (
        int(field) for field in stat.split("\n", 1)[0].split()[1:8])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


class Others:
    """How much of the machine went to processes that are not ours, between two moments at which
    nothing of ours runs but this process."""

    def __init__(self) -> None:
        self._began, self._busy, self._ours = time.monotonic(), _busy(), _ours()

    def cores(self) -> float:
        busy = (_busy() - self._busy) - (_ours() - self._ours)
        return round(max(0.0, busy / (time.monotonic() - self._began)), 2)


def _busy() -> float:
    return parse_busy_seconds(pathlib.Path("/proc/stat").read_text("utf-8"))


def _ours() -> float:
    """This process and all that it has waited for, with theirs."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)
