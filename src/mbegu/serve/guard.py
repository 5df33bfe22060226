"""Stands before every endpoint: who may speak with this server at all, and what every answer carries.

A page from elsewhere that a browser shows can send requests to this computer. It is told from our own page by the Host that it was
opened under (DNS rebinding), by its Origin, and by the browser's own Sec-Fetch-Site (W3C Fetch Metadata). There are no CORS headers.
"""

from __future__ import annotations

import ipaddress
import time
from collections.abc import Sequence

from starlette.responses import JSONResponse, RedirectResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mbegu.core.errors import MbeguError
from mbegu.serve.errors import ApiError
from mbegu.serve.logs import RequestLog, safe
from mbegu.serve.metrics import Metrics
from mbegu.serve.pairing import Devices
from mbegu.serve.reply import DisconnectedError

LONGEST_TARGET = 2_048  # characters of path and query
MOST_HEADERS = 64
HEADER_BYTES = 16_384
LONGEST_TROUBLE = 500  # characters of a line in the log
CLIENT_CLOSED = 499  # nginx' number for a client that left; only logged
COOKIE = "mbegu_device"
PAIR = "/pair"
OPEN_PATHS = (PAIR, "/health", "/ready")  # need no token on the local network
SECURITY_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; "
        "manifest-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(self), payment=(), usb=()",
}


class Guard:
    """ASGI middleware around the whole application.

    Args:
        app: what it guards.
        hosts: names and addresses, with port, under which this server is asked for, such as ``127.0.0.1:8000``.
        devices: the paired devices, which may ask for the address that they have reached too; ``None``: only this computer can reach the server.
        metrics: counts requests.
        log: writes a line for each.
    """

    def __init__(self, app: ASGIApp, hosts: Sequence[str], devices: Devices | None, metrics: Metrics, log: RequestLog) -> None:
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._devices = devices
        self._metrics = metrics
        self._log = log
        self._told = ""  # the trouble that the log told last

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Check a request, hand it on, and put the headers on its answer."""
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        began_s = time.monotonic()
        try:
            self._check(scope)
            await self._app(scope, exchange.receive, exchange.send)
        except ApiError as error:
            await _refuse(error, scope, exchange)
        except MbeguError as error:
            await _refuse(self._trouble(error, scope), scope, exchange)
        except DisconnectedError:
            exchange.status = CLIENT_CLOSED
        finally:
            self._metrics.request(_pattern(scope), exchange.status)
            self._log.write(scope, exchange.status, time.monotonic() - began_s)

    def _trouble(self, error: MbeguError, scope: Scope) -> ApiError:
        """Return what a stranger is told of a trouble of this server's own; what to do about it stands once in the log, for who runs the server."""
        if self._told != str(error):
            self._told = str(error)
            scope["mbegu.end"] = safe(self._told, LONGEST_TROUBLE)
        return ApiError(500, f"{error.what}: who runs this server finds in its log what to do", code="server_trouble")

    def _check(self, scope: Scope) -> None:
        headers: list[tuple[bytes, bytes]] = scope["headers"]
        if len(scope["raw_path"]) + len(scope["query_string"]) > LONGEST_TARGET:
            raise ApiError(414, f"the address is longer than {LONGEST_TARGET} characters", code="too_long")
        if len(headers) > MOST_HEADERS or sum(len(name) + len(value) for name, value in headers) > HEADER_BYTES:
            raise ApiError(431, f"more than {MOST_HEADERS} headers or {HEADER_BYTES:,} bytes of them", code="too_long")
        hosts = [value for name, value in headers if name == b"host"]
        own = self._own_hosts(scope)
        if len(hosts) != 1 or hosts[0].decode("latin-1").lower() not in own:
            raise ApiError(421, "this server does not answer under that name", code="wrong_host")
        self._check_origin(scope, headers, own)
        scope["mbegu.client"] = self._client_of(scope, headers)

    def _own_hosts(self, scope: Scope) -> set[str]:
        """Return under which hosts a request may ask: on the network also under the address that it came to, which can change while we run.

        That is safe from DNS rebinding: it is figures, and no name that a page from elsewhere could be opened under.
        """
        if self._devices is None or not scope.get("server"):
            return self._hosts
        address, port = scope["server"]
        return self._hosts | {f"{address}:{port}"} | ({address} if port == 80 else set())

    def _check_origin(self, scope: Scope, headers: list[tuple[bytes, bytes]], own: set[str]) -> None:
        origins = [value.decode("latin-1").lower() for name, value in headers if name == b"origin"]
        if any(not origin.startswith("http://") or origin[7:] not in own for origin in origins) or len(origins) > 1:
            raise ApiError(403, "requests from other pages are refused", code="foreign_origin")
        sites = {value for name, value in headers if name == b"sec-fetch-site"}
        if sites - {b"same-origin", b"none"}:
            modes = {value for name, value in headers if name == b"sec-fetch-mode"}
            if scope["method"] != "GET" or modes != {b"navigate"} or scope["path"].startswith(("/v1/", "/answers")):
                raise ApiError(403, "requests from other pages are refused", code="foreign_site")

    def _client_of(self, scope: Scope, headers: list[tuple[bytes, bytes]]) -> str:
        """Return whom a request counts for. Raises ``ApiError`` 401 for a device on the network that was not paired."""
        address = scope["client"][0] if scope.get("client") else "unknown"
        token = token_of(headers)
        if self._devices is None or is_loopback(address):
            return f"{address} {self._devices.short(token)}" if self._devices and token else (f"{address} {short(token)}" if token else address)
        device = self._devices.find(token)
        if device is not None:
            return device
        if scope["path"] in OPEN_PATHS:
            return str(address)
        raise ApiError(401, "this device is not paired: open /pair and type the code that the server shows", code="not_paired")


class _Exchange:
    """One request and its answer: remembers how far both came."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_read = False
        self.status = 0

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.request" and not message.get("more_body", False):
            self._is_read = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            present = {name.lower() for name, _ in message["headers"]}
            more = {**SECURITY_HEADERS, "cache-control": "no-store"}
            extra = [(name.encode(), value.encode()) for name, value in more.items() if name.encode() not in present]
            if not self._is_read and self.status >= 400 and b"connection" not in present:
                extra.append((b"connection", b"close"))  # or what is left of the body would be read on and on
            message = {**message, "headers": [*message["headers"], *extra]}
        await self._send(message)


async def _refuse(error: ApiError, scope: Scope, exchange: _Exchange) -> None:
    """Send a refusal: to a browser that was not paired and shows a page, the way to the pairing page."""
    if exchange.status:
        return
    accepts = b"".join(value for name, value in scope["headers"] if name == b"accept")
    if error.code == "not_paired" and scope["method"] == "GET" and b"text/html" in accepts:
        await RedirectResponse(PAIR, 303)(scope, exchange.receive, exchange.send)
        return
    await JSONResponse(error.as_json(), error.status, error.headers)(scope, exchange.receive, exchange.send)


def token_of(headers: Sequence[tuple[bytes, bytes]]) -> str:
    """Return the token of a request: from ``Authorization: Bearer``, else from the cookie; empty when there is none."""
    cookie = ""
    for name, value in headers:
        text = value.decode("latin-1")
        if name == b"authorization" and text[:7].lower() == "bearer ":
            return text[7:].strip()
        if name == b"cookie":
            cookie += ";" + text
    pairs = (each.strip().partition("=") for each in cookie.split(";"))
    return next((value for name, _, value in pairs if name == COOKIE), "")


def short(token: str) -> str:
    """Return a short name for a token that does not give it away."""
    import hashlib

    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()[:8]


def is_loopback(address: str) -> bool:
    """Whether an address is this computer's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _pattern(scope: Scope) -> str:
    """Return the path of the route that a request took; ``other`` when it took none."""
    route = scope.get("route")
    return str(getattr(route, "path", "") or scope.get("mbegu.route", "other"))
