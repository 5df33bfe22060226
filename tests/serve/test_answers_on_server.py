"""Answers from documents and the page behind the whole server: limits, slots, pairing, and a real browser in front."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import threading
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import BaseRoute
from tests.browser import Browser, browser
from tests.serve.conftest import SETTINGS
from tests.serve.documents.material import LEAFLETS, QUIET, write_folder
from tests.serve.running import Running, running, wait_until

from mbegu.serve.document_answers import SlotChat, question_reader
from mbegu.serve.documents.library import Documents, open_documents
from mbegu.serve.documents.routes import routes
from mbegu.serve.engine import Engine, Job, Piece
from mbegu.serve.errors import ApiError
from mbegu.serve.limits import FairQueue
from mbegu.serve.page.files import PageConfig
from mbegu.serve.page.routes import LABEL_POLICY, page_routes
from mbegu.serve.pairing import Devices
from mbegu.serve.run import own_addresses
from mbegu.serve.schema import problems_in

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
QUESTION = {"question": "Chemsheni maji kabla ya kuyanywa?", "language": "swa"}
# What the browser asks for by itself, and a header that it takes only from addresses that are encrypted or its own computer's.
UNSAID = ("favicon.ico", "Cross-Origin-Opener-Policy header has been ignored")
SENTENCE = "Chemsheni maji kabla ya kuyanywa."


class Scripted:
    """An engine that converses and always says the same; without room in its context when told."""

    def __init__(self, said: str, has_room: bool = True) -> None:
        self.can_chat = True
        self.said = said
        self.has_room = has_room
        self.asked: list[str] = []

    async def chat_tokens(self, turns: Sequence[tuple[str, str]]) -> list[int]:
        self.asked.append(turns[-1][1])
        return [1]

    def require_fit(self, prompt: Sequence[int], max_tokens: int | None, param: str, default: int) -> int:
        if not self.has_room:
            raise ApiError(400, "this model's context is 8 tokens", param, "context_length_exceeded")
        return default

    async def generate(self, job: Job) -> AsyncGenerator[Piece, None]:
        yield Piece(self.said, 1, [], "stop")


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Documents]:
    files: dict[str, str | bytes] = {**LEAFLETS, "<b onclick=alert(3)>ovu.txt": f"Kizunguzungu ni {HOSTILE} hatari.\n"}
    opened = open_documents(write_folder(tmp_path_factory.mktemp("d") / "hati", files), QUIET, embeddings=False)
    opened.store.set_meta("calibration", {"threshold": 0.1, "has_meaning": False})
    yield opened
    opened.close()


def all_routes(documents: Documents, engine: Any = None, label: Path | None = None) -> Callable[[FairQueue], Sequence[BaseRoute]]:
    """Return what makes the routes of the documents and of the page, as the command does."""

    def make(queue: FairQueue) -> Sequence[BaseRoute]:
        config = PageConfig(name="hati", engine="server", documents=True, label=label is not None)
        chat = SlotChat(engine, queue) if engine else None
        return [*page_routes(config, label), *routes(documents, chat, question_reader(SETTINGS))]

    return make


@pytest.fixture(scope="module")
def server(documents: Documents, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    label = tmp_path_factory.mktemp("label") / "label.html"
    label.write_text("<!doctype html><style>p { color: green }</style><p>lábẹ́ẹ̀lì</p>", encoding="utf-8")
    with running(None, SETTINGS, more_routes=all_routes(documents, label=label)) as made:
        yield made


def test_documents_need_no_model(server: Running) -> None:
    status, answer = server.post("/answers", QUESTION)
    assert (status, answer["kind"], answer["phrased"]) == (200, "quoted", "")
    assert answer["quotation"]["file"] == "swa.md"
    assert server.ask("GET", "/health")[0] == server.ask("GET", "/ready")[0] == 200
    assert 'mbegu_requests_total{path="/answers",status="200"} 1' in server.ask("GET", "/metrics")[2].decode()
    status, _, data = server.ask("GET", "/v1/models")
    assert (status, json.loads(data)["error"]["type"]) == (404, "not_found_error")


def test_an_index_that_was_damaged_meanwhile_is_said(tmp_path: Path) -> None:
    documents = open_documents(write_folder(tmp_path / "hati", dict(LEAFLETS)), QUIET, embeddings=False)
    with running(None, SETTINGS, more_routes=all_routes(documents)) as server:
        assert server.ask("GET", "/documents")[0] == 200
        documents.close()
        for method, path, body in (("GET", "/documents", None), ("GET", "/documents/1/original", None), ("POST", "/answers", QUESTION)):
            status, _, data = server.ask(method, path, body)
            assert status == 500
            assert "the index is damaged" in json.loads(data)["error"]["message"]


def test_the_page_and_what_it_is_told(server: Running) -> None:
    status, headers, data = server.ask("GET", "/")
    assert (status, headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert "script-src 'self';" in headers["content-security-policy"]
    assert b'src="app.js"' in data
    told = json.loads(server.ask("GET", "/page.json")[2])
    assert (told["engine"], told["documents"], told["model"], told["label"]) == ("server", True, "", True)


def test_the_label_has_its_own_policy(server: Running) -> None:
    status, headers, data = server.ask("GET", "/label.html")
    assert status == 200
    assert headers["content-security-policy"] == LABEL_POLICY
    assert "script-src" not in LABEL_POLICY
    assert "lábẹ́ẹ̀lì" in data.decode()


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"{", {}, 400, "invalid_json"),
        (b'{"question": "x", "question": "y"}', {}, 400, "invalid_json"),
        (b"[" * 5000, {}, 400, "too_deep"),
        (b'{"question": ' + b"[" * 40 + b"]" * 40 + b"}", {}, 400, "too_deep"),
        (b'{"question": ""}', {}, 400, "invalid_value"),
        (b'{"question": "x", "n": 1}', {}, 400, "invalid_value"),
        (b"{}", {"content_type": "text/plain"}, 415, "content_type"),
        (b"{}", {"content_encoding": "gzip"}, 415, "content_encoding"),
        (b'{"question": "' + b"x" * SETTINGS.body_bytes + b'"}', {}, 413, "too_large"),
        (b"{}", {"origin": "http://evil.example"}, 403, "foreign_origin"),
        (b"{}", {"sec_fetch_site": "cross-site"}, 403, "foreign_site"),
        (b"{}", {"host": "evil.example"}, 421, "wrong_host"),
    ],
)
def test_the_limits_of_the_server_hold_for_questions(server: Running, body: bytes, headers: dict[str, str], status: int, code: str) -> None:
    found, _, data = server.ask("POST", "/answers", body, **headers)
    error = json.loads(data)["error"]
    assert (found, error["code"]) == (status, code)
    assert set(error) == {"message", "type", "param", "code"}


def test_a_model_chooses_sentences_in_a_slot(documents: Documents) -> None:
    engine = Scripted(SENTENCE)
    with running(None, SETTINGS, more_routes=all_routes(documents, engine)) as server:
        status, answer = server.post("/answers", QUESTION)
        assert (status, answer["phrased"]) == (200, SENTENCE)
        assert QUESTION["question"] in engine.asked[0]
        engine.said = "Kunywa petroli."
        answer = server.post("/answers", QUESTION)[1]
        assert (answer["phrased"], answer["left_out"]) == ("", 1)
        assert answer["quotation"]["file"] == "swa.md"


def test_what_the_model_cannot_do_takes_no_quotation_away(documents: Documents) -> None:
    with running(None, SETTINGS, more_routes=all_routes(documents, Scripted(SENTENCE, has_room=False))) as server:
        status, answer = server.post("/answers", QUESTION)
        assert (status, answer["kind"], answer["phrased"]) == (200, "quoted", "")


def test_an_answer_waits_for_its_slot_and_is_refused_when_the_line_is_full(documents: Documents, chat_engine: Engine) -> None:
    settings = replace(SETTINGS, slots=1, waiting=1)
    with running(chat_engine, settings, more_routes=all_routes(documents, chat_engine)) as server:
        holding = server.start_post("/v1/completions", {"model": "ìwé", "prompt": "ẹ", "max_tokens": 1000, "n": 8})
        wait_until(lambda: server.queue.running == 1)
        found: list[tuple[int, dict[str, Any]]] = []
        asking = threading.Thread(target=lambda: found.append(server.post("/answers", QUESTION)))
        asking.start()
        wait_until(lambda: server.queue.waiting == 1)
        assert server.post("/answers", {**QUESTION, "question": "Maji ya kisima yanahitaji kuchujwa?"})[0] == 429
        assert not found
        holding.close()
        asking.join(60)
        status, answer = found[0]
        assert (status, answer["kind"]) == (200, "quoted")
        assert answer["left_out"] > 0 or not answer["phrased"]  # it was asked; random weights say nothing that the passage holds
        wait_until(lambda: server.queue.running == 0)


class Held(Scripted):
    """An engine that writes when it is let go."""

    is_let_go = False

    async def generate(self, job: Job) -> AsyncGenerator[Piece, None]:
        while not self.is_let_go:
            await asyncio.sleep(0.01)
        yield Piece(self.said, 1, [], "stop")


def test_who_asks_much_does_not_keep_others_from_asking(documents: Documents) -> None:
    engine = Held(SENTENCE)
    settings = replace(SETTINGS, slots=1, waiting=3, waiting_per_client=1)
    with running(None, settings, more_routes=all_routes(documents, engine)) as server, ThreadPoolExecutor(3) as pool:

        def ask(client: str) -> int:
            return server.ask("POST", "/answers", QUESTION, authorization=f"Bearer {client}")[0]

        try:
            asked = [pool.submit(ask, "a") for _ in range(2)]
            wait_until(lambda: (server.queue.running, server.queue.waiting) == (1, 1))
            assert ask("a") == 429
            asked.append(pool.submit(ask, "b"))
            wait_until(lambda: server.queue.waiting == 2)
        finally:
            engine.is_let_go = True
        assert [each.result() for each in asked] == [200, 200, 200]


class Endless(Scripted):
    """An engine that writes for half a minute, and notes when it is told to stop."""

    is_stopped = False

    async def generate(self, job: Job) -> AsyncGenerator[Piece, None]:
        try:
            await asyncio.sleep(30)
            yield Piece(self.said, 1, [], "stop")
        finally:
            self.is_stopped = True


def test_the_model_stops_within_a_second_when_the_client_leaves(documents: Documents) -> None:
    engine = Endless(SENTENCE)
    with running(None, SETTINGS, more_routes=all_routes(documents, engine)) as server:
        asking = server.start_post("/answers", QUESTION)
        wait_until(lambda: server.queue.running == 1)
        asking.close()
        assert wait_until(lambda: engine.is_stopped and server.queue.running == 0) < 1
        assert server.ask("GET", "/health")[0] == 200
        wait_until(lambda: " 499 " in server.log.getvalue())


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "profile") as opened:
        yield opened
        assert opened.dialogs == []
        assert [problem for problem in opened.problems if not any(each in problem for each in UNSAID)] == []


def test_the_page_shows_what_documents_hold_and_runs_none_of_it(server: Running, page: Browser) -> None:
    page.open(f"{server.url}/")
    page.write("#question", f"kizunguzungu hatari {HOSTILE}")
    page.click("#send")
    page.wait_for("document.getElementById('stop').hidden && document.querySelector('#turns a')")
    shown = page.text("#turns > li:last-child")
    assert HOSTILE in shown
    assert "<b onclick=alert(3)>ovu.txt" in shown
    address = page.run("document.querySelector('#turns a').href")
    assert address.startswith(f"{server.url}/documents/")
    page.call("Page.navigate", url=address)
    page.wait_for("document.getElementById('passage')")
    assert HOSTILE in page.text("#passage")
    assert all(request.startswith((server.url, "data:", "about:")) for request in page.requests)


def test_a_browser_on_the_network_is_led_to_pairing_and_then_to_the_page(documents: Documents, page: Browser, tmp_path: Path) -> None:
    address = next(iter(own_addresses()), None)
    if address is None:
        pytest.skip("this computer is on no network")
    devices = Devices(tmp_path / "devices.json", lambda _: None)
    with running(None, replace(SETTINGS, lan=True), devices, more_routes=all_routes(documents)) as server:
        url = f"http://{address}:{server.port}"
        page.call("Page.navigate", url=f"{url}/")
        page.wait_for("document.querySelector('input[name=code]')")
        assert page.run("location.pathname") == "/pair"
        page.write("input[name=code]", devices.code)
        page.write("input[name=name]", "símu")
        page.click("button")
        page.wait_for("document.documentElement?.dataset.ready === 'yes'")
        assert page.run("location.pathname") == "/"
        assert [each.name for each in devices.all()] == ["símu"]
        page.write("#question", QUESTION["question"])
        page.click("#send")
        page.wait_for("document.getElementById('stop').hidden && document.querySelector('#turns a')")
        assert SENTENCE in page.text("#turns > li:last-child")


def test_the_document_tells_of_answers_and_they_are_as_it_says(server: Running) -> None:
    told = json.loads(server.ask("GET", "/openapi.json")[2])
    assert set(told["paths"]) >= {"/answers", "/documents", "/documents/{document}/original", "/documents/{document}/passage/{passage}", "/health"}
    assert "/v1/completions" not in told["paths"]  # there is no model
    for method, path, body in (("post", "/answers", QUESTION), ("post", "/answers", {"question": "xyzzy"}), ("get", "/documents", None)):
        status, _, data = server.ask(method.upper(), path, body)
        schema = told["paths"][path][method]["responses"]["200"]["content"]["application/json"]["schema"]
        assert (status, list(problems_in(json.loads(data), schema))) == (200, [])


@pytest.mark.slow
@pytest.mark.timeout(660)
def test_schemathesis_finds_nothing_in_answers(server: Running, tmp_path: Path) -> None:
    pytest.importorskip("schemathesis", reason="schemathesis is not installed")
    config = tmp_path / "schemathesis.toml"  # a question of spaces alone is refused, a document that is not there is not found
    exempt = 'checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "404", "429"]'
    config.write_text(f'seed = 1\n[[operations]]\ninclude-path-regex = "^/(answers|documents.*)$"\n{exempt}\n', encoding="utf-8")
    code = "from schemathesis.cli import schemathesis; schemathesis()"
    options = ["--checks", "all", "--max-examples", "15", "--phases", "examples,coverage,fuzzing", "--no-color"]
    command = [sys.executable, "-c", code, "--config-file", str(config), "run", f"{server.url}/openapi.json", *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=600, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
