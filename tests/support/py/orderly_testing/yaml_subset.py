"""Reads the part of YAML that api/openapi.yaml is written in: block mappings and sequences, plain
and double-quoted scalars, flow sequences, empty flow mappings, and the block scalars | and >-.
Everything else is an error that names its line, so that the contract stays simple."""

import json
import re
from typing import Any

_KEY = re.compile(r'^("(?:[^"\\]|\\.)*"|[^\s"#\[\]{},&*!|>%@`-][^:]*?|\$?[^\s":]+):(?: (.*))?$')


class YamlError(ValueError):
    pass


class _Reader:
    def __init__(self, text: str) -> None:
        self._lines = text.split("\n")
        self._at = 0

    def document(self) -> Any:
        value = self._block(0)
        if self._peek() is not None:
            raise self._error("does not belong to anything above")
        return value

    def _error(self, what: str) -> YamlError:
        return YamlError(f"line {self._at + 1}: {what}: {self._lines[self._at]!r}")

    def _peek(self) -> tuple[int, str] | None:
        """Indentation and content of the next line that has content."""
        while self._at < len(self._lines):
            line = self._lines[self._at]
            content = line.strip()
            if content and not content.startswith("#"):
                return len(line) - len(line.lstrip(" ")), content
            self._at += 1
        return None

    def _block(self, indent: int) -> Any:
        found = self._peek()
        if found is None or found[0] < indent:
            return None
        return self._sequence(found[0]) if found[1].startswith("- ") else self._mapping(found[0])

    def _mapping(self, indent: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        while (found := self._peek()) is not None and found[0] == indent:
            match = _KEY.match(found[1])
            if not match:
                raise self._error("is no member of a mapping")
            key = str(self._scalar(match[1]))
            if key in mapping:
                raise self._error(f"repeats {key}")
            mapping[key] = self._value(match[2] or "", indent)
        return mapping

    def _sequence(self, indent: int) -> list[Any]:
        sequence = []
        while (found := self._peek()) is not None and found[0] == indent:
            if not found[1].startswith("- "):
                raise self._error("is no element of a sequence")
            rest = found[1][2:]
            if _KEY.match(rest):
                # A mapping that begins on the line of its dash.
                self._lines[self._at] = " " * (indent + 2) + rest
                sequence.append(self._mapping(indent + 2))
            else:
                sequence.append(self._value(rest, indent))
        return sequence

    def _value(self, text: str, indent: int) -> Any:
        if text in ("|", ">-"):
            self._at += 1
            return self._literal(indent, folded=text == ">-")
        if text:
            value = self._scalar(text)
            self._at += 1
            return value
        self._at += 1
        return self._block(indent + 1)

    def _literal(self, indent: int, folded: bool) -> str:
        lines = []
        while self._at < len(self._lines):
            line = self._lines[self._at]
            if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
                break
            lines.append(line)
            self._at += 1
        margin = min(len(line) - len(line.lstrip(" ")) for line in lines if line.strip())
        text = "\n".join(line[margin:] for line in lines).rstrip("\n")
        return re.sub(r"(?<!\n)\n(?!\n)", " ", text) if folded else text + "\n"

    def _scalar(self, text: str) -> Any:
        if text == "{}":
            return {}
        if text.startswith("["):
            if not text.endswith("]"):
                raise self._error("a flow sequence ends on its line")
            return [self._scalar(item.strip()) for item in _split(text[1:-1])]
        if text.startswith('"'):
            return json.loads(text)
        if text[0] in "'{&*!|>%@`" or ": " in text or " #" in text:
            raise self._error("is beyond this subset of YAML")
        if text in ("true", "false", "null"):
            return json.loads(text)
        if re.fullmatch(r"-?(0|[1-9]\d*)(\.\d+)?", text):
            return json.loads(text)
        return text


def _split(text: str) -> list[str]:
    return [item for item in re.findall(r'\s*((?:"[^"]*"|\[[^\]]*\]|[^,])+)', text) if item.strip()]


def load(text: str) -> Any:
    return _Reader(text).document()
