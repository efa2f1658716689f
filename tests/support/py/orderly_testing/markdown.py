"""The commands of a document, with what it says that they print.

A fenced block of shell is executed where the line before it says `<!-- run: SECTION -->`; a fence
that follows it directly, without text between, holds its output."""

import re
from dataclasses import dataclass

_RUN = re.compile(
    r"<!-- run: ([a-z-]+) -->\n```sh\n(.*?)```\n(?:```[a-z]+\n(.*?)```\n)?", re.DOTALL
)


@dataclass(frozen=True)
class Block:
    section: str
    commands: str
    output: str | None  # None: it is not shown


def executable_blocks(text: str) -> list[Block]:
    return [Block(*match.groups()) for match in _RUN.finditer(text)]
