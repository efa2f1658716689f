"""The contracts in api/ are true. Each example in openapi.yaml is sent, and the answer keeps the
schema and looks like the example answer of the same name; events keep the schemas in api/events."""

import json
import os
import pathlib
import unittest
from collections.abc import Iterator
from typing import Any

from orderly_testing import push
from orderly_testing.case import PlatformCase
from orderly_testing.census import wait_until_caught_up
from orderly_testing.client import Answer
from orderly_testing.contract import Contract, Operation
from orderly_testing.feeds import CHANGES, ORDERS, PRODUCTS, read_all, target

ROOT = pathlib.Path(
    os.environ.get("ORDERLY_SOURCE_DIR") or pathlib.Path(__file__).resolve().parents[2]
)


def media_type(answer: Answer) -> str:
    return answer.headers["content-type"].split(";")[0]


def shape(value: Any) -> Any:
    """Names in their order, and types; of a list the shape of its first element."""
    if isinstance(value, dict):
        return [(name, shape(member)) for name, member in value.items()]
    if isinstance(value, list):
        return [shape(value[0])] if value else []
    return type(value).__name__


class ContractTest(PlatformCase):
    contract: Contract

    @classmethod
    def setUpClass(cls) -> None:
        super().setUpClass()
        cls.contract = Contract(ROOT / "api" / "openapi.yaml")
        # So that there is a dead letter to look at: number 1.
        unreadable = push.envelope(b"no json", {"event_id": "e", "event_type": "order_create"})
        with cls.platform.client("orderinfo") as client:
            client.post("/api/v1/orderinfo/pubsub", unreadable)

    def test_examples(self) -> None:
        sent = 0
        for operation in self.contract.operations():
            for name, answer, status in self.send_examples(operation):
                with self.subTest(f"{operation.method} {operation.path} {name}"):
                    self.assertEqual(status, answer.status, answer.text)
                    self.check_answer(operation, name, answer)
                sent += 1
        self.assertGreater(sent, 35)

    def send_examples(self, operation: Operation) -> Iterator[tuple[str, Answer, int]]:
        """Name, answer and the status that is due."""
        client = self.client("order")
        path, headers = self.path(operation), {"Content-Type": "application/json"}
        parameters = self.example_parameters(operation)
        if "requestBody" not in operation.document:
            # A stream has no end; what it sends is looked at by tests of its own.
            endless = "text/event-stream" in self.contract.response(operation, 200)["content"]
            method = "HEAD" if endless else operation.method
            if not self.required_parameters(operation):
                yield "plain", client.request(method, path, None, {}), 200
            if parameters:
                yield "parameters", client.request(method, target(path, **parameters), None, {}), 200
            return
        content = operation.document["requestBody"]["content"]["application/json"]
        for name, example in content["examples"].items():
            status = example.get("x-status", 200)
            if status == 200:
                found = self.contract.check_schema(content["schema"], example["value"])
                self.assertEqual([], found, f"{operation.path} {name}")
            # An example of what a query shows must be visible by then.
            if operation.path.startswith("/api/v1/warehouse/"):
                wait_until_caught_up(self.platform)
            body = json.dumps(example["value"]).encode()
            path = target(self.path(operation, example.get("x-path", {})), **parameters)
            answer = client.request(operation.method, path, body, headers | {"Prefer": "wait=5"})
            yield name, answer, status

    def parameters(self, operation: Operation) -> list[dict[str, Any]]:
        return [self.contract.resolve(each) for each in operation.document.get("parameters", [])]

    def path(self, operation: Operation, variables: dict[str, str] | None = None) -> str:
        """With its variables, or else their examples."""
        path = operation.path
        for each in self.parameters(operation):
            if each["in"] == "path":
                value = (variables or {}).get(each["name"], each["example"])
                path = path.replace("{" + each["name"] + "}", value)
        return path

    def required_parameters(self, operation: Operation) -> list[str]:
        return [
            each["name"]
            for each in self.parameters(operation)
            if each.get("required", False) and each["in"] != "path"
        ]

    def example_parameters(self, operation: Operation) -> dict[str, Any]:
        return {
            each["name"]: each["example"]
            for each in self.parameters(operation)
            if "example" in each and each["in"] == "query"
        }

    def check_answer(self, operation: Operation, name: str, answer: Answer) -> None:
        response = self.contract.response(operation, answer.status)
        self.assertIn(media_type(answer), response["content"])
        content = response["content"][media_type(answer)]
        body = answer.json() if "json" in media_type(answer) else answer.text
        self.assertEqual([], self.contract.check_schema(content["schema"], body))
        if name in content.get("examples", {}):
            self.assertEqual(shape(content["examples"][name]["value"]), shape(body))
        for header in response.get("headers", {}):
            if header != "Orderly-Lag-Ms":  # absent where it is unknown
                self.assertIn(header.lower(), answer.headers)

    def test_events(self) -> None:
        self.put_product("event", 1)
        placed = self.place_order("event", "event").json()
        self.see_order("event", placed["order_id"])
        kinds = {ORDERS: "order_create", PRODUCTS: "product_put", CHANGES: "orderinfo_put",
                 "/api/v1/orderinfo/dead-letters": "dead_letter_put"}
        for path, kind in kinds.items():
            schema = json.loads((ROOT / "api" / "events" / f"{kind}.v1.schema.json").read_text())
            events = read_all(self.client("order"), path).events
            self.assertGreater(len(events), 0)
            for event in events:
                self.assertEqual(kind, event["type"])
                self.assertEqual([], self.contract.check_schema(schema, event["data"], kind))

    def test_every_path_of_the_contract_is_served_and_documented(self) -> None:
        client = self.client("order")
        operations = list(self.contract.operations())
        for operation in operations:
            taken = {each.method for each in operations if each.path == operation.path}
            other = next(each for each in ("GET", "POST", "PUT") if each not in taken)
            answer = client.request(other, self.path(operation), None, {})
            self.assertEqual(405, answer.status, operation.path)
            is_problem = media_type(answer) == "application/problem+json"
            name = "Problem" if is_problem else "GoogleError"
            schema = {"$ref": f"#/components/schemas/{name}"}
            self.assertEqual([], self.contract.check_schema(schema, answer.json()))


if __name__ == "__main__":
    unittest.main()
