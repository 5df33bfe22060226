"""The local network: nothing without a token, a token only by the code, the code not by guessing, and tokens can be taken back."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import json
import socket
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from tests.serve.conftest import SETTINGS
from tests.serve.running import running

from mbegu.core.errors import DamageError, InputError
from mbegu.serve.app import PAIRING_BYTES, make_app
from mbegu.serve.engine import Engine
from mbegu.serve.errors import ApiError
from mbegu.serve.limits import FairQueue
from mbegu.serve.logs import RequestLog
from mbegu.serve.pairing import ALPHABET, CODE_LENGTH, LONGEST_NAME, WINDOW_S, WRONG_PER_ADDRESS, WRONG_PER_CODE, Devices, shown_code

HOST = "192.168.1.2:8000"
PHONE = "192.168.1.7"


class Clock:
    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def shown() -> list[str]:
    return []


@pytest.fixture
def devices(tmp_path: Path, clock: Clock, shown: list[str]) -> Devices:
    return Devices(tmp_path / "devices.json", shown.append, clock)


def ask(
    app: Any, method: str, path: str, body: bytes = b"", client: str = PHONE, server: tuple[str, int] = ("192.168.1.2", 8000), **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Send a request as if it came from a device on the network."""
    sent: list[dict[str, Any]] = []
    given = {"host": HOST, **{name.replace("_", "-"): value for name, value in headers.items()}}
    place, _, query = path.partition("?")
    scope = {
        "type": "http", "method": method, "path": place, "raw_path": place.encode(), "query_string": query.encode(), "root_path": "",
        "scheme": "http",
        "headers": [(name.encode(), value.encode()) for name, value in given.items()], "client": (client, 5000), "server": server,
        "http_version": "1.1", "asgi": {"version": "3.0", "spec_version": "2.3"}, "state": {},
    }  # fmt: skip
    parts = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> dict[str, Any]:
        if parts:
            return parts.pop()
        await asyncio.sleep(3600)
        raise AssertionError

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    found = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], found, b"".join(each.get("body", b"") for each in sent[1:])


@pytest.fixture
def app(plain_engine: Engine, devices: Devices) -> Any:
    return make_app(plain_engine, FairQueue(1, 1, 1), SETTINGS, [HOST], devices=devices, log=RequestLog(quiet=True), page=Path("no page"))


def pair(app: Any, code: str, name: str = "simu", client: str = PHONE) -> tuple[int, dict[str, str], bytes]:
    return ask(app, "POST", "/pair", json.dumps({"code": code, "name": name}).encode(), client, content_type="application/json")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/"), ("GET", "/v1/models"), ("GET", "/metrics"), ("GET", "/openapi.json"), ("POST", "/v1/completions"), ("GET", "/answers")],
)
def test_without_a_token_nothing_is_answered(app: Any, method: str, path: str) -> None:
    status, _, data = ask(app, method, path)
    assert status == 401
    assert b"not paired" in data
    assert ask(app, method, path, authorization="Bearer wrong")[0] == 401
    assert ask(app, method, path, cookie="mbegu_device=wrong")[0] == 401


def test_this_computer_needs_no_token_and_health_is_open(app: Any) -> None:
    assert ask(app, "GET", "/v1/models", client="127.0.0.1")[0] == 200
    assert ask(app, "GET", "/health")[0] == 200


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere a computer has not all of 127.0.0.0/8 by itself")
def test_it_answers_under_the_address_that_a_device_has_reached(devices: Devices) -> None:
    with running(None, replace(SETTINGS, lan=True), devices) as server:
        for reached, asked, status in [("127.0.0.2", "127.0.0.2", 200), ("127.0.0.2", "127.0.0.3", 421), ("127.0.0.3", "evil.example", 421)]:
            with socket.create_connection((reached, server.port), 30) as connection:
                connection.sendall(f"GET /health HTTP/1.1\r\nhost: {asked}:{server.port}\r\nconnection: close\r\n\r\n".encode())
                assert int(connection.recv(65536).split()[1]) == status


def test_the_network_may_come_or_change_after_the_start(app: Any, devices: Devices) -> None:
    body, kind = urlencode({"code": devices.code, "name": "a"}).encode(), "application/x-www-form-urlencoded"
    reached = ("10.42.0.1", 8000)
    for origin, status in (("http://10.42.0.1", 403), ("http://10.42.0.9:8000", 403), ("http://10.42.0.1:8000", 303)):
        assert ask(app, "POST", "/pair", body, server=reached, host="10.42.0.1:8000", content_type=kind, origin=origin)[0] == status
    for host in ("10.42.0.1", "10.42.0.1:80", "10.42.0.9:8000", "evil.example:8000", "10.42.0.1:8000.evil.example"):
        assert ask(app, "GET", "/health", server=reached, host=host)[0] == 421
    assert ask(app, "GET", "/health", server=("10.42.0.1", 80), host="10.42.0.1")[0] == 200


def test_a_server_for_this_computer_alone_answers_under_its_own_names_only(plain_engine: Engine) -> None:
    app = make_app(plain_engine, FairQueue(1, 1, 1), SETTINGS, ["127.0.0.1:8000"], log=RequestLog(quiet=True))
    assert ask(app, "GET", "/health", host="127.0.0.1:8000")[0] == 200
    assert ask(app, "GET", "/health")[0] == 421


def test_the_code_makes_a_token_for_programs_and_a_cookie_for_browsers(app: Any, devices: Devices) -> None:
    status, headers, data = pair(app, f" {shown_code(devices.code).lower()} ")
    assert status == 200
    token = json.loads(data)["token"]
    for part in ("HttpOnly", "SameSite=strict", "Path=/"):
        assert part in headers["set-cookie"]
    assert ask(app, "GET", "/v1/models", authorization=f"Bearer {token}")[0] == 200
    assert ask(app, "GET", "/v1/models", cookie=headers["set-cookie"].partition(";")[0])[0] == 200
    assert ask(app, "GET", "/v1/models", cookie=f"mbegu_device={token}x")[0] == 401


def test_a_form_pairs_too_but_not_from_another_page(app: Any, devices: Devices) -> None:
    body = urlencode({"code": devices.code, "name": "ẹ̀rọ"}).encode()
    kind = "application/x-www-form-urlencoded"
    assert ask(app, "POST", "/pair", body, content_type=kind, origin="http://evil.example")[0] == 403
    status, headers, _ = ask(app, "POST", "/pair", body, content_type=kind, origin=f"http://{HOST}")
    assert (status, headers["location"]) == (303, "/")
    assert [each.name for each in devices.all()] == ["ẹ̀rọ"]


def test_a_browser_is_led_to_the_pairing_page(app: Any) -> None:
    status, headers, _ = ask(app, "GET", "/", accept="text/html")
    assert (status, headers["location"]) == (303, "/pair")
    page = ask(app, "GET", "/pair?code=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")[2].decode()
    assert "<script" not in page
    assert "<form" in page


def test_guessing_is_limited_by_address_and_changes_the_code(app: Any, devices: Devices, shown: list[str], clock: Clock) -> None:
    first = devices.code
    for _ in range(WRONG_PER_ADDRESS):
        assert pair(app, "AAAAAAAA")[0] == 403
    status, headers, _ = pair(app, first)
    assert status == 429
    assert int(headers["retry-after"]) == WINDOW_S + 1
    for index in range(WRONG_PER_CODE - WRONG_PER_ADDRESS):
        assert pair(app, "AAAAAAAA", client=f"192.168.1.{100 + index}")[0] == 403
    assert devices.code != first
    assert shown == [first, devices.code]
    assert pair(app, first, client="192.168.1.200")[0] == 403
    clock.now_s += WINDOW_S + 1
    assert pair(app, devices.code)[0] == 200


def test_the_code_has_forty_bits(devices: Devices) -> None:
    assert len(ALPHABET) ** CODE_LENGTH == 2**40
    assert len({Devices(Path("nowhere.json")).code for _ in range(50)}) == 50
    assert shown_code("ABCDEFGH") == "ABCD-EFGH"


def test_a_token_can_be_taken_back_by_another_process(app: Any, devices: Devices, tmp_path: Path) -> None:
    tokens = [json.loads(pair(app, devices.code, name)[2])["token"] for name in ("a", "b")]
    other = Devices(tmp_path / "devices.json")
    gone = other.revoke(other.all()[0].id)
    assert gone.name == "a"
    assert [ask(app, "GET", "/v1/models", authorization=f"Bearer {token}")[0] for token in tokens] == [401, 200]
    with pytest.raises(InputError, match=f"no paired device has the id '{gone.id}'"):
        other.revoke(gone.id)


def test_tokens_are_kept_as_hashes_and_names_are_tamed(devices: Devices, tmp_path: Path) -> None:
    token = devices.pair(devices.code, "\x1b[2J" + "ẹ́" * 100, PHONE)
    text = (tmp_path / "devices.json").read_text(encoding="utf-8")
    assert token not in text
    assert "\x1b" not in text
    assert len(devices.all()[0].name) <= LONGEST_NAME
    assert devices.find(token) == devices.all()[0].id
    assert devices.find("") is None


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "application/json"])
def test_a_stranger_sends_no_more_than_a_code_and_a_name_take(app: Any, devices: Devices, kind: str) -> None:
    is_form = kind != "application/json"
    given = {"code": devices.code, "name": "ẹ" * LONGEST_NAME, **{f"x{index}": "y" for index in range(9)}}
    body = (urlencode(given) if is_form else json.dumps(given)).encode()
    for more in (b"&z=", b" ") if is_form else (b" ",):
        status, _, data = ask(app, "POST", "/pair", body + more * PAIRING_BYTES, content_type=kind)
        assert (status, json.loads(data)["error"]["code"]) == (413, "too_large")
    assert ask(app, "POST", "/pair", body, content_type=kind)[0] == (303 if is_form else 200)


@pytest.mark.parametrize("code", ["", "ẸẸẸẸẸẸẸẸ", "\x00", "A" * 10_000])
def test_odd_codes_are_only_wrong(devices: Devices, code: str) -> None:
    with pytest.raises(ApiError, match="not the code"):
        devices.pair(code, "x", PHONE)


def test_a_damaged_list_is_said(tmp_path: Path) -> None:
    (tmp_path / "devices.json").write_text('{"devices": [{"id": 1}]}', encoding="utf-8")
    with pytest.raises(DamageError, match="the list of paired devices is damaged"):
        Devices(tmp_path / "devices.json").all()


def test_a_list_that_is_damaged_while_serving_is_answered_and_said_once(plain_engine: Engine, devices: Devices, tmp_path: Path) -> None:
    log = io.StringIO()
    queue = FairQueue(SETTINGS.slots, SETTINGS.waiting, SETTINGS.waiting_per_client)
    app = make_app(plain_engine, queue, SETTINGS, [HOST], devices=devices, log=RequestLog(log))
    token = devices.pair(devices.code, "fóònù", PHONE)
    (tmp_path / "devices.json").write_text('{"devices": [', encoding="utf-8")
    for path in ("/v1/models", "/health"):
        status, _, data = ask(app, "GET", path, authorization=f"Bearer {token}")
        assert status == 500
        assert json.loads(data)["error"]["message"].startswith("the list of paired devices is damaged: who runs this server")
        assert str(tmp_path).encode() not in data
    lines = log.getvalue().splitlines()
    assert [line.count("Delete it and pair the devices again.") for line in lines] == [1, 0]
    (tmp_path / "devices.json").unlink()
    assert ask(app, "GET", "/v1/models", authorization=f"Bearer {token}")[0] == 401


def test_the_pairing_page_speaks_the_readers_language_and_runs_nothing(app: Any) -> None:
    status, headers, data = ask(app, "GET", "/pair?code=ABCD", accept_language="xx, ar;q=0.5, am;q=0.9")
    page = data.decode()
    assert status == 200
    assert '<html lang="am" dir="ltr">' in page
    assert 'value="ABCD"' in page
    assert "script-src" not in headers["content-security-policy"]
    assert "unsafe-inline" not in headers["content-security-policy"]
    style = page.partition("<style>")[2].partition("</style>")[0]
    assert base64.b64encode(hashlib.sha256(style.encode()).digest()).decode() in headers["content-security-policy"]
    assert '<html lang="ar" dir="rtl">' in ask(app, "GET", "/pair?lang=ara", accept_language="am")[2].decode()
    assert '<html lang="en"' in ask(app, "GET", "/pair", accept_language="qq;q=x")[2].decode()


def test_a_wrong_code_in_the_form_is_said_on_the_page(app: Any) -> None:
    body, kind = urlencode({"code": "AAAAAAAA", "name": "x"}).encode(), "application/x-www-form-urlencoded"
    for _ in range(WRONG_PER_ADDRESS):
        status, _, data = ask(app, "POST", "/pair?lang=eng", body, content_type=kind, origin=f"http://{HOST}")
        assert status == 403
        assert "That code is not right." in data.decode()
    status, headers, data = ask(app, "POST", "/pair?lang=eng", body, content_type=kind, origin=f"http://{HOST}")
    assert (status, headers["retry-after"]) == (429, str(int(WINDOW_S) + 1))
    assert f"Try again in {int(WINDOW_S) + 1} s" in data.decode()
