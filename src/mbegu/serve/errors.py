"""The refusals of the server, in the shape of OpenAI's API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ApiError(Exception):
    """A request that is refused.

    Args:
        status: the HTTP status code.
        message: what is wrong, with the offending value, and what to do.
        param: the field it is about; empty when it is about none.
        code: a word for programs, such as ``context_length_exceeded``; empty when the status says it.
        headers: more headers of the answer.
    """

    def __init__(self, status: int, message: str, param: str = "", code: str = "", headers: Mapping[str, str] | None = None) -> None:
        self.status = status
        self.message = message
        self.param = param
        self.code = code
        self.headers = dict(headers or {})
        super().__init__(message)

    def as_json(self) -> dict[str, Any]:
        """Return the body of the answer."""
        return {"error": {"message": self.message, "type": kind_of(self.status), "param": self.param or None, "code": self.code or None}}


def kind_of(status: int) -> str:
    """Return OpenAI's name for the kind of error that a status code is."""
    named = {401: "authentication_error", 403: "permission_error", 404: "not_found_error", 429: "rate_limit_error"}
    return named.get(status, "server_error" if status >= 500 else "invalid_request_error")


def engine_trouble(reason: str) -> ApiError:
    """Return the error for an engine that did not answer as it should."""
    return ApiError(500, f"the engine failed: {reason}", code="engine_error")
