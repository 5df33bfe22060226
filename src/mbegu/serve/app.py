"""Puts the parts together: endpoints, pairing, the page and answers from documents where they are there, and the guard around all."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from pathlib import Path
from urllib.parse import parse_qs

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from mbegu.core.errors import MbeguError
from mbegu.serve.body import normal, parse_json, read_bytes, require_plain
from mbegu.serve.content_log import ContentLog
from mbegu.serve.endpoints import DOCUMENT_ENDPOINTS, ENDPOINTS, STATE_ENDPOINTS
from mbegu.serve.engine import Engine
from mbegu.serve.errors import ApiError
from mbegu.serve.guard import COOKIE, PAIR, Guard
from mbegu.serve.handlers import Handlers, kept
from mbegu.serve.limits import FairQueue
from mbegu.serve.logs import RequestLog
from mbegu.serve.metrics import Metrics
from mbegu.serve.openapi import Bounds, document
from mbegu.serve.page.pairing_page import PAIRING_POLICY, pairing_page, preferred_language
from mbegu.serve.pairing import Devices
from mbegu.serve.settings import ServeSettings

YEAR_S = 365 * 24 * 3600
PAIRING_BYTES = 4096  # of a code and a name; anybody on the network may send them
Endpoint = Callable[[Request], Awaitable[Response]]


def make_app(
    engine: Engine | None,
    queue: FairQueue,
    settings: ServeSettings,
    hosts: Sequence[str],
    *,
    devices: Devices | None = None,
    log: RequestLog | None = None,
    more_routes: Sequence[BaseRoute] = (),
    page: Path | None = None,
    content: ContentLog | None = None,
) -> ASGIApp:
    """Return the application.

    Args:
        engine: the model; ``None``: documents only.
        queue: who may use it when; answers from documents take their slots from it too.
        settings: limits.
        hosts: names under which it is asked for, with port.
        devices: the paired devices of the local network; ``None`` for this computer alone.
        log: where requests are noted; stderr when not given.
        more_routes: of the page and of answers from documents.
        page: a folder of files to serve at ``/``.
        content: where questions and answers are kept; ``None``: nowhere.
    """
    metrics = Metrics()
    own = _model_routes(engine, queue, settings, metrics, content) if engine else _state_routes(queue, metrics, content)
    routes: list[BaseRoute] = [*own, Route("/openapi.json", _openapi(engine, more_routes), methods=["GET"]), *more_routes]
    if devices is not None:
        routes.append(Route(PAIR, _pairing(devices, settings), methods=["GET", "POST"]))
    if page is not None and page.is_dir():
        routes.append(Mount("/", StaticFiles(directory=page, html=True, follow_symlink=False)))
    app = Starlette(routes=routes, exception_handlers={ApiError: _refusal, HTTPException: _http_refusal, MbeguError: _failure})
    app.router.redirect_slashes = False
    return Guard(app, hosts, devices, metrics, log or RequestLog())


def _model_routes(engine: Engine, queue: FairQueue, settings: ServeSettings, metrics: Metrics, content: ContentLog | None) -> list[BaseRoute]:
    handlers = Handlers(engine, queue, settings, metrics, content)
    return [Route(each.path, getattr(handlers, each.handler), methods=[each.method]) for each in ENDPOINTS]


def _openapi(engine: Engine | None, more_routes: Sequence[BaseRoute]) -> Endpoint:
    """Return the endpoint of the OpenAPI document: of the model's endpoints, and of the documents' where there are any."""
    has_documents = any(getattr(each, "path", "") == "/answers" for each in more_routes)
    endpoints = [*(ENDPOINTS if engine else STATE_ENDPOINTS), *(DOCUMENT_ENDPOINTS if has_documents else ())]
    bounds = Bounds(engine.models, engine.context, engine.vocabulary_size) if engine else Bounds((), 0, 0)

    async def openapi(_: Request) -> Response:
        return JSONResponse(document(bounds, endpoints))

    return openapi


def _state_routes(queue: FairQueue, metrics: Metrics, content: ContentLog | None) -> list[BaseRoute]:
    """Return what a server without a model says of itself."""

    async def state(request: Request) -> Response:
        if request.url.path == "/ready" and queue.is_closed:
            raise ApiError(503, "the server is stopping", code="stopping")
        return JSONResponse({"status": "ok", **kept(content)} if request.url.path == "/health" else {"status": "ready"})

    async def counts(_: Request) -> Response:
        return PlainTextResponse(metrics.text(queue), media_type="text/plain; version=0.0.4")

    return [*(Route(path, state, methods=["GET"]) for path in ("/health", "/ready")), Route("/metrics", counts, methods=["GET"])]


async def _refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return JSONResponse(error.as_json(), error.status, error.headers)


async def _http_refusal(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    refusal = ApiError(error.status_code, f"{str(error.detail).lower()} here", headers=error.headers)
    return JSONResponse(refusal.as_json(), refusal.status, refusal.headers)


async def _failure(_: Request, error: Exception) -> Response:
    assert isinstance(error, MbeguError)
    failure = ApiError(500, error.one_line())
    return JSONResponse(failure.as_json(), failure.status)


def _pairing(devices: Devices, settings: ServeSettings) -> Endpoint:
    """Return the endpoint where a device is paired: a small page, and what its form or a program sends."""
    settings = replace(settings, body_bytes=min(settings.body_bytes, PAIRING_BYTES))

    async def pair(request: Request) -> Response:
        if request.method == "GET":
            return _pairing_form(request, request.query_params.get("code", "")[:20])
        is_form = request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
        require_plain(request, "application/x-www-form-urlencoded" if is_form else "application/json")
        data = await read_bytes(request, settings)
        if is_form:
            given = {name: values[0] for name, values in parse_qs(data.decode("utf-8", "replace")).items()}
        else:
            given = parse_json(data, settings.depth)
        code, name = (given.get(each, "") if isinstance(given, dict) else "" for each in ("code", "name"))
        if not isinstance(code, str) or not isinstance(name, str):
            raise ApiError(400, "code and name must be texts", "code", "invalid_value")
        try:
            token = devices.pair(code[:100], normal(name[:200]), request.client.host if request.client else "unknown")
        except ApiError as error:
            if is_form:
                return _pairing_form(request, "", error)
            raise
        answer: Response = RedirectResponse("/", 303) if is_form else JSONResponse({"token": token})
        answer.set_cookie(COOKIE, token, max_age=YEAR_S, httponly=True, samesite="strict", path="/")
        return answer

    return pair


def _pairing_form(request: Request, code: str, error: ApiError | None = None) -> Response:
    """Return the page with the form, after a refusal with what was wrong."""
    language = preferred_language(request.query_params.get("lang", ""), request.headers.get("accept-language", ""))
    wait_s = (error.headers or {}).get("Retry-After", "") if error else ""
    reason = "pairing_many" if wait_s else {403: "pairing_wrong"}.get(error.status, "went_wrong") if error else ""
    shown = pairing_page(language, code, [reason], {"seconds": wait_s, "detail": error.message if error else ""})
    # With no-referrer the Origin of its form is null.
    headers = {"referrer-policy": "same-origin", "content-security-policy": PAIRING_POLICY, **((error.headers if error else None) or {})}
    return HTMLResponse(shown, error.status if error else 200, headers)
