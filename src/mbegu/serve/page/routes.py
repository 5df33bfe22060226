"""The page as the server offers it: its files, what it is told of the model, and the model's label."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from mbegu.serve.page.files import CONFIG, PageConfig, media_type, page_files

LABEL = "label.html"
# The label is a page by itself whose styles stand in it; it runs nothing.
LABEL_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


def page_routes(config: PageConfig, label: Path | None = None) -> list[BaseRoute]:
    """Return the routes of the page.

    Args:
        config: what the page is told.
        label: the model's label as a page; ``None`` when it has none.
    """
    routes: list[BaseRoute] = [Route(f"/{CONFIG}", _config(config), methods=["GET"])]
    if label is not None:
        routes.append(Route(f"/{LABEL}", _fixed(label.read_bytes(), media_type(LABEL), LABEL_POLICY), methods=["GET"]))
    for name, data in page_files().items():
        answer = _fixed(data, media_type(name))
        routes += [Route(path, answer, methods=["GET"]) for path in ((f"/{name}", "/") if name == "index.html" else (f"/{name}",))]
    return routes


def _config(config: PageConfig) -> Callable[[Request], Awaitable[Response]]:
    async def answer(_: Request) -> Response:
        return JSONResponse(config.as_json())

    return answer


def _fixed(data: bytes, kind: str, policy: str = "") -> Callable[[Request], Awaitable[Response]]:
    headers = {"cache-control": "no-cache", **({"content-security-policy": policy} if policy else {})}

    async def answer(_: Request) -> Response:
        return Response(data, media_type=kind, headers=headers)

    return answer
