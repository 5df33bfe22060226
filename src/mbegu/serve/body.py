"""Reads the body of a request within limits of size, time and depth, and turns it into sound values: NFC, no half characters."""

from __future__ import annotations

import asyncio
import json
import unicodedata
from itertools import islice
from typing import Any

from starlette.requests import ClientDisconnect, Request

from mbegu.serve.errors import ApiError
from mbegu.serve.schema import MOST_PROBLEMS, Schema, problems_in
from mbegu.serve.settings import ServeSettings


async def read_json(request: Request, schema: Schema, settings: ServeSettings) -> dict[str, Any]:
    """Return the body of a request, checked.

    Args:
        request: whose body was not read yet.
        schema: what it must be.
        settings: the limits.

    Raises:
        ApiError: 400 for what is wrong with it, 408 when it came too slowly, 413 too large, 415 not plain JSON.
    """
    require_plain(request, "application/json")
    body = parse_json(await read_bytes(request, settings), settings.depth)
    problems = list(islice(problems_in(body, schema), MOST_PROBLEMS))
    if problems:
        told = "; ".join(f"{where or 'the body'}: {what}" for where, what in problems)
        raise ApiError(400, told, problems[0][0], "invalid_value")
    checked: dict[str, Any] = body
    return checked


def require_plain(request: Request, kind: str) -> None:
    """Raise 415 unless the body is of this media type and not compressed: an unpacked body has no known size."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", ""):
        raise ApiError(415, f"the body is packed with '{encoding[:20]}': send it as it is", code="content_encoding")
    given = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if given != kind:
        raise ApiError(415, f"the body must be {kind}, found '{given[:60]}'", code="content_type")


async def read_bytes(request: Request, settings: ServeSettings) -> bytes:
    """Return the body of a request. Raises ``ApiError`` 413 or 408."""
    said = request.headers.get("content-length", "0")
    if not said.isdecimal() or int(said[:20]) > settings.body_bytes:
        raise too_large(settings.body_bytes)

    async def collect() -> bytes:
        found = bytearray()
        async for part in request.stream():
            found += part
            if len(found) > settings.body_bytes:
                raise too_large(settings.body_bytes)
        return bytes(found)

    try:
        return await asyncio.wait_for(collect(), settings.body_s)
    except (asyncio.TimeoutError, TimeoutError):
        raise ApiError(408, f"the body did not arrive within {settings.body_s:g} s", code="timeout", headers={"Connection": "close"}) from None
    except ClientDisconnect:
        raise ApiError(400, "the client left before its request was whole", code="disconnected") from None


def too_large(most_bytes: int) -> ApiError:
    """Return the error for a body over the limit."""
    return ApiError(413, f"the body is larger than {most_bytes:,} bytes", code="too_large", headers={"Connection": "close"})


def parse_json(data: bytes, depth: int) -> Any:
    """Return the values in JSON text, with every text in NFC.

    Args:
        data: UTF-8.
        depth: how deep lists and objects may be nested.

    Raises:
        ApiError: 400: not JSON, nested too deeply, a name twice in one object, NaN or infinity, or half of a surrogate pair.
    """
    too_deep = ApiError(400, f"the JSON is nested deeper than {depth}", code="too_deep")
    try:
        value = json.loads(data.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object)
    except RecursionError:
        raise too_deep from None
    except ValueError as error:
        raise ApiError(400, f"the body is not JSON: {str(error)[:120]}", code="invalid_json") from None
    return _sound(value, depth, too_deep)


def normal(text: str) -> str:
    """Return a text in NFC. Raises ``ApiError`` 400 when it holds half of a surrogate pair, which is no text."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ApiError(400, f"the text holds half of a character (U+{ord(text[error.start]):04X})", code="invalid_text") from None
    return unicodedata.normalize("NFC", text)


def _sound(value: Any, depth: int, too_deep: ApiError) -> Any:
    if isinstance(value, str):
        return normal(value)
    if not isinstance(value, (list, dict)):
        return value
    if depth == 0:
        raise too_deep
    if isinstance(value, list):
        return [_sound(each, depth - 1, too_deep) for each in value]
    return {normal(name): _sound(each, depth - 1, too_deep) for name, each in value.items()}


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON number")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name stands twice in one object")
    return found
