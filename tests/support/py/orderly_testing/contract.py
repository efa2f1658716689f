"""api/openapi.yaml as a thing to ask: its operations, and whether an answer keeps them."""

import pathlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orderly_testing import yaml_subset

_TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "null": (type(None),),
}
# What check_schema() understands, or may pass over: another word in the contract is an error.
_CHECKED = {
    "$ref", "type", "const", "enum", "required", "properties", "additionalProperties", "items",
    "minimum", "maximum", "minLength", "maxLength", "maxItems", "pattern",
}
_DESCRIPTIVE = {
    "$schema", "$id", "title", "description", "format", "default", "contentEncoding", "examples",
}


@dataclass(frozen=True)
class Operation:
    method: str
    path: str
    document: dict[str, Any]


class Contract:
    def __init__(self, path: pathlib.Path) -> None:
        self.document = yaml_subset.load(path.read_text(encoding="utf-8"))

    def operations(self) -> Iterator[Operation]:
        for path, methods in self.document["paths"].items():
            for method, operation in methods.items():
                yield Operation(method.upper(), path, operation)

    def resolve(self, node: Any) -> Any:
        while isinstance(node, dict) and "$ref" in node:
            target = self.document
            for name in node["$ref"].removeprefix("#/").split("/"):
                target = target[name]
            node = target
        return node

    def response(self, operation: Operation, status: int) -> dict[str, Any]:
        responses = operation.document["responses"]
        return self.resolve(responses.get(str(status)) or responses["default"])

    def check_schema(self, schema: Any, value: Any, where: str = "body") -> list[str]:
        """What of `value` breaks `schema`."""
        schema = self.resolve(schema)
        unknown = schema.keys() - _CHECKED - _DESCRIPTIVE
        assert not unknown, f"{where}: the schema uses {unknown}, which nothing here checks"
        if "const" in schema and value != schema["const"]:
            return [f"{where} is {value!r}, not {schema['const']!r}"]
        if value not in schema.get("enum", [value]):
            return [f"{where} is {value!r}, none of {schema['enum']}"]
        if not _has_type(schema.get("type"), value):
            return [f"{where} is {value!r}, not of type {schema['type']}"]
        found = list(_check_limits(schema, value, where))
        if isinstance(value, dict):
            found += self._check_members(schema, value, where)
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                found += self.check_schema(schema["items"], item, f"{where}[{index}]")
        return found

    def _check_members(self, schema: Any, value: dict[str, Any], where: str) -> list[str]:
        required = schema.get("required", [])
        found = [f"{where} lacks {name}" for name in required if name not in value]
        properties = schema.get("properties", {})
        for name, member in value.items():
            if name in properties:
                found += self.check_schema(properties[name], member, f"{where}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{where} has {name}, of which the contract knows nothing")
        return found


def _has_type(types: Any, value: Any) -> bool:
    if types is None:
        return True
    names = types if isinstance(types, list) else [types]
    if isinstance(value, bool):
        return "boolean" in names
    return any(isinstance(value, _TYPES[name]) for name in names)


def _check_limits(schema: Any, value: Any, where: str) -> Iterator[str]:
    if isinstance(value, str):
        if len(value) < schema.get("minLength", 0) or len(value) > schema.get("maxLength", 1 << 30):
            yield f"{where} has {len(value)} characters"
        if "pattern" in schema and not re.search(schema["pattern"], value):
            yield f"{where} is {value!r}, not as {schema['pattern']}"
    if isinstance(value, list) and len(value) > schema.get("maxItems", len(value)):
        yield f"{where} has {len(value)} items"
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        if value < schema.get("minimum", value) or value > schema.get("maximum", value):
            yield f"{where} is {value}"
