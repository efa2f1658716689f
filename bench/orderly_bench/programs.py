"""The programs of others and of our own that measure: run to their end, their one line of JSON read."""

import json
import pathlib
import subprocess
from dataclasses import dataclass
from typing import Any

LOAD = pathlib.Path(__file__).resolve().parent.parent / "load"


@dataclass(frozen=True)
class Programs:
    """Those of bench/programs."""

    build: pathlib.Path

    def run(self, name: str, *arguments: object) -> dict[str, Any]:
        command = [str(self.build / f"bench_{name}"), *(str(each) for each in arguments)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
        return json.loads(done.stdout)


def parse_wrk(output: str) -> dict[str, Any]:
    """The line that report.lua prints; fails if any connection broke."""
    line = next(line for line in output.splitlines() if line.startswith("RESULT "))
    result = json.loads(line.removeprefix("RESULT "))
    assert result["broken"] == 0, f"wrk lost connections: {result}"
    result["rate"] = (result["requests"] - result["bad_answers"]) / result["seconds"]
    return result


def wrk(script: str, url: str, seconds: int, connections: int, *arguments: object,
        refusals: bool = False) -> dict[str, Any]:
    """One run with one thread; fails if an answer was not what it should be, unless `refusals` may
    be among them; then they are not counted."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", f"{script}.lua", url, "--"]
    command += [str(each) for each in arguments]
    done = subprocess.run(command, cwd=LOAD, stdout=subprocess.PIPE, text=True, check=True)
    result = parse_wrk(done.stdout)
    assert refusals or result["bad_answers"] == 0, f"{script}: {result}"
    return result
