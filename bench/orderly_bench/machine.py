"""What the figures were measured on."""

import datetime
import os
import pathlib
import platform
import re
import subprocess
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
