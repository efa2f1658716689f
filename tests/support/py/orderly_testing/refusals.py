"""What a refusal must look like, to the letter."""

import http
import json
import unittest
from dataclasses import dataclass

from orderly_testing.client import Answer

_PHRASES = {413: "Content Too Large", 422: "Unprocessable Content"}


@dataclass(frozen=True)
class Refusal:
    status: int
    code: str
    message: str
    field: str | None = None
    more: tuple[tuple[str, object], ...] = ()  # members that this refusal has beside those

    @property
    def reason(self) -> str:
        return _PHRASES.get(self.status) or http.HTTPStatus(self.status).phrase

    @property
    def body(self) -> bytes:
        document: dict[str, object] = {
            "type": "about:blank",
            "title": self.reason,
            "status": self.status,
            "detail": self.message,
            "message": self.message,
            "code": self.code,
        }
        if self.field is not None:
            document["field"] = self.field
        document.update(self.more)
        return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()

    def check(self, test: unittest.TestCase, answer: Answer) -> None:
        """The status line, the content type and every byte of the body."""
        test.assertEqual(self.body.decode(), answer.text)
        test.assertEqual((self.status, self.reason), (answer.status, answer.reason))
        test.assertEqual("application/problem+json", answer.headers["content-type"])
