"""Slots, the queue and its exact limit, turns, cancelling and stopping; first the queue alone, then the server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route
from tests.serve.conftest import SETTINGS
from tests.serve.running import Running, parse, running, wait_until

from mbegu.serve.engine import Engine
from mbegu.serve.errors import ApiError
from mbegu.serve.limits import LONGEST_RETRY_S, FairQueue

LONG = {"model": "ìwé", "prompt": "ẹ", "max_tokens": 1000, "temperature": 0}
SHORT = {"model": "ìwé", "prompt": "ẹ", "max_tokens": 2}


def run(work: object) -> None:
    asyncio.run(work)  # type: ignore[arg-type]


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


class Users:
    """Requests that hold a slot until they are told to leave."""

    def __init__(self, queue: FairQueue) -> None:
        self.queue = queue
        self.order: list[str] = []
        self.leave: dict[str, asyncio.Event] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}

    def come(self, name: str, client: str, goes_on: bool = False) -> asyncio.Task[None]:
        async def use() -> None:
            async with self.queue.slot(client, goes_on):
                self.order.append(name)
                await self.leave[name].wait()

        self.leave[name] = asyncio.Event()
        self.tasks[name] = asyncio.create_task(use())
        return self.tasks[name]


def test_the_limit_is_exact() -> None:
    async def work() -> None:
        users = Users(FairQueue(2, 3, 3))
        for index in range(5):
            users.come(str(index), f"c{index}")
        await settle()
        assert (users.queue.running, users.queue.waiting) == (2, 3)
        with pytest.raises(ApiError, match="2 requests run and 3 wait, which is the limit") as caught:
            await users.come("5", "c5")
        assert caught.value.status == 429
        assert 1 <= int(caught.value.headers["Retry-After"]) <= LONGEST_RETRY_S
        assert users.queue.refused == 1
        users.leave["0"].set()
        await settle()
        users.come("6", "c6")
        await settle()
        assert (users.queue.running, users.queue.waiting) == (2, 3)
        for event in users.leave.values():
            event.set()
        await asyncio.gather(*users.tasks.values(), return_exceptions=True)
        assert (users.queue.running, users.queue.waiting) == (0, 0)

    run(work())


def test_no_one_waits_when_none_may() -> None:
    async def work() -> None:
        users = Users(FairQueue(1, 0, 0))
        users.come("a", "x")
        await settle()
        with pytest.raises(ApiError, match="0 wait"):
            await users.come("b", "y")

    run(work())


def test_clients_take_turns() -> None:
    async def work() -> None:
        users = Users(FairQueue(1, 20, 20))
        for index in range(5):
            users.come(f"greedy{index}", "greedy")
        await settle()
        users.come("second", "b")
        users.come("third", "c")
        await settle()
        while users.queue.running:
            users.leave[users.order[-1]].set()
            await settle()
        assert users.order == ["greedy0", "greedy1", "second", "third", "greedy2", "greedy3", "greedy4"]

    run(work())


def test_who_goes_on_waits_for_its_turn_and_is_not_refused() -> None:
    async def work() -> None:
        users = Users(FairQueue(1, 1, 1))
        for name in ("a1", "b"):
            users.come(name, name[0])
        await settle()
        users.leave["a1"].set()
        await users.tasks["a1"]
        users.come("a2", "a", goes_on=True)
        await settle()
        assert (users.order, users.queue.waiting) == (["a1", "b"], 1)
        with pytest.raises(ApiError, match="1 wait, which is the limit"):
            await users.come("c", "c")
        users.come("d", "d", goes_on=True)
        await settle()
        users.tasks["a2"].cancel()
        users.leave["b"].set()
        await settle()
        assert users.order == ["a1", "b", "d"]
        users.leave["d"].set()
        await settle()
        assert (users.queue.running, users.queue.waiting) == (0, 0)

    run(work())


def test_one_client_cannot_fill_the_queue() -> None:
    async def work() -> None:
        users = Users(FairQueue(1, 10, 2))
        for index in range(3):
            users.come(f"a{index}", "a")
        await settle()
        with pytest.raises(ApiError, match="2 of your requests wait"):
            await users.come("a3", "a")
        users.come("b", "b")
        await settle()
        assert users.queue.waiting == 3

    run(work())


def test_who_leaves_the_line_leaves_no_gap() -> None:
    async def work() -> None:
        users = Users(FairQueue(1, 3, 3))
        for name in "abc":
            users.come(name, name)
        await settle()
        users.tasks["b"].cancel()
        users.leave["a"].set()
        await settle()
        assert users.order == ["a", "c"]
        users.leave["c"].set()
        await settle()
        assert (users.queue.running, users.queue.waiting) == (0, 0)

    run(work())


def test_a_slot_given_to_one_who_just_left_goes_on() -> None:
    async def work() -> None:
        users = Users(FairQueue(1, 3, 3))
        for name in "abc":
            users.come(name, name)
        await settle()
        users.queue._pass_on()  # b is called and, in the same moment, gone
        users.tasks["b"].cancel()
        await settle()
        assert users.order == ["a", "c"]

    run(work())


def test_closing_sends_away_who_waits_and_lets_finish_who_runs() -> None:
    async def work() -> None:
        users = Users(FairQueue(1, 3, 3))
        users.come("a", "a")
        waits = users.come("b", "b")
        await settle()
        users.queue.close()
        with pytest.raises(ApiError, match="the server is stopping") as caught:
            await waits
        assert caught.value.status == 503
        with pytest.raises(ApiError, match="the server is stopping"):
            await users.come("c", "c")
        users.leave["a"].set()
        await users.tasks["a"]
        assert users.queue.running == 0

    run(work())


def test_a_full_server_refuses_at_once_and_loses_nothing(slow_engine: Engine) -> None:
    with running(slow_engine, SETTINGS) as server:
        holding = [server.start_post("/v1/completions", {**LONG, "max_tokens": 160}) for _ in range(SETTINGS.slots + SETTINGS.waiting)]
        wait_until(lambda: (server.queue.running, server.queue.waiting) == (SETTINGS.slots, SETTINGS.waiting))
        for _ in range(5):
            status, headers, data = server.ask("POST", "/v1/completions", SHORT)
            assert status == 429
            assert server.queue.waiting == SETTINGS.waiting  # it was refused before anything ended
            assert int(headers["retry-after"]) >= 1
            assert json.loads(data)["error"]["code"] == "queue_full"
        assert server.metric("mbegu_refused_total") == 5
        assert server.metric("mbegu_cut_off_total") == 0
        for connection in holding:
            status, _, data = parse_answer(connection)
            assert (status, json.loads(data)["usage"]["completion_tokens"]) == (200, 160)
        wait_until(lambda: server.queue.running == 0)
        assert server.metric("mbegu_answers_total") == len(holding)
        assert server.metric("mbegu_cut_off_total") == 0


def parse_answer(connection: socket.socket) -> tuple[int, dict[str, str], bytes]:
    """Read an answer of known length."""
    data = b""
    while True:
        data += connection.recv(65536)
        status, headers, body = parse(data)
        if status and len(body) >= int(headers["content-length"]):
            connection.close()
            return status, headers, body


def test_work_stops_when_its_client_leaves(slow_engine: Engine) -> None:
    with running(slow_engine, SETTINGS) as server:
        for streams in (False, True):
            before = server.metric("mbegu_answer_tokens_total")
            connection = server.start_post("/v1/completions", {**LONG, "stream": streams})
            wait_until(lambda: server.queue.running == 1)
            time.sleep(0.2)
            connection.close()
            wait_until(lambda: server.queue.running == 0)
            assert server.metric("mbegu_answer_tokens_total") - before < LONG["max_tokens"] / 2
        assert server.metric("mbegu_cut_off_total") == 2
        assert " 499 " in server.log.getvalue()


def test_reading_a_prompt_stops_when_its_client_leaves(slow_engine: Engine) -> None:
    async def read_before(prompt: list[int]) -> int:
        """Return how many tokens of a prompt the engine has in its cache."""
        return int((await slow_engine._client.ask("/completion", {"prompt": prompt, "n_predict": 1}))["timings"]["cache_n"])

    with running(slow_engine, SETTINGS) as server:
        prompt = [5 + index % 500 for index in range(900)]
        body = {"model": "ìwé", "prompt": [6, *prompt], "max_tokens": 1}
        parse_answer(server.start_post("/v1/completions", body))
        assert asyncio.run(read_before([6, *prompt])) == 900  # the last is read again for its answer
        found = []
        while len(found) < 5 and not (found and min(found) < 200):  # on a loaded machine this thread may come too late to leave in time
            body["prompt"] = [7 + len(found), *prompt]
            connection = server.start_post("/v1/completions", body)
            wait_until(lambda: server.queue.running == 1)
            connection.close()
            wait_until(lambda: server.queue.running == 0)
            found.append(asyncio.run(read_before([7 + len(found), *prompt])))
        assert min(found) < 200


def test_who_waits_and_leaves_is_not_written_for(slow_engine: Engine) -> None:
    with running(slow_engine, replace(SETTINGS, slots=1)) as server:
        first = server.start_post("/v1/completions", LONG)
        wait_until(lambda: server.queue.running == 1)
        second = server.start_post("/v1/completions", {**SHORT, "prompt": "ọ"})
        wait_until(lambda: server.queue.waiting == 1)
        second.close()
        wait_until(lambda: server.queue.waiting == 0)
        assert server.queue.running == 1
        first.close()
        wait_until(lambda: server.queue.running == 0)
        assert server.metric("mbegu_cut_off_total") == 1  # nothing was written for the one who waited


def test_a_client_that_does_not_read_is_left(chat_engine: Engine) -> None:
    with running(chat_engine, replace(SETTINGS, write_s=0.5)) as server:
        body = {**LONG, "stream": True, "logprobs": 20, "n": 8}
        connection = server.connect()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        data = json.dumps(body).encode()
        head = (
            f"POST /v1/completions HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\ncontent-type: application/json\r\ncontent-length: {len(data)}\r\n\r\n"
        )
        connection.sendall(head.encode() + data)
        wait_until(lambda: server.queue.running == 1)
        wait_until(lambda: server.queue.running == 0, 60)
        wait_until(lambda: "not read" in server.log.getvalue())
        wait_until(lambda: not server.server.server_state.connections)
        connection.close()


LONG_FILE = b"x" * (6 << 20)


@pytest.fixture
def long_routes(tmp_path: Path) -> Callable[[FairQueue], Sequence[BaseRoute]]:
    """A long answer in one piece, and one in many, as a document is handed out."""
    (tmp_path / "long.pdf").write_bytes(LONG_FILE)

    async def at_once(_: Request) -> Response:
        return Response(LONG_FILE)

    async def in_pieces(_: Request) -> Response:
        return FileResponse(tmp_path / "long.pdf")

    return lambda _: [Route("/at-once", at_once), Route("/in-pieces", in_pieces)]


def ask_for(server: Running, path: str) -> socket.socket:
    """Ask from a client that takes little at a time."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
    connection.settimeout(30)
    connection.connect(("127.0.0.1", server.port))
    connection.sendall(f"GET {path} HTTP/1.1\r\nhost: 127.0.0.1:{server.port}\r\n\r\n".encode())
    return connection


@pytest.mark.parametrize("path", ["/at-once", "/in-pieces"])
def test_a_long_answer_that_is_not_read_holds_no_connection(long_routes: Any, path: str) -> None:
    with running(None, replace(SETTINGS, header_s=0.5, write_s=0.5), more_routes=long_routes) as server, ask_for(server, path) as connection:
        assert connection.recv(1)
        wait_until(lambda: not server.server.server_state.connections, 10)
        wait_until(server.log.getvalue)
        assert ("not read" in server.log.getvalue()) == (path == "/in-pieces")  # the other was over for us


@pytest.mark.parametrize("path", ["/at-once", "/in-pieces"])
def test_who_reads_slowly_gets_the_whole_answer(long_routes: Any, path: str) -> None:
    with running(None, replace(SETTINGS, header_s=0.5, write_s=0.5), more_routes=long_routes) as server, ask_for(server, path) as connection:
        began_s, found = time.monotonic(), 0
        while found < len(LONG_FILE) and (part := connection.recv(1 << 16)):
            found += len(part)
            time.sleep(0.02)
        assert found >= len(LONG_FILE)
        assert time.monotonic() - began_s > 1  # twice as long as a head may take
        wait_until(lambda: not server.server.server_state.connections, 10)


@pytest.mark.parametrize(
    ("path", "more"), [("/v1/completions", {"prompt": ["ẹ", "ọ"] * 4, "max_tokens": 200}), ("/v1/embeddings", {"input": ["ẹ " * 500] * 32})]
)
def test_who_asks_many_things_at_once_lets_others_in_between(slow_engine: Engine, path: str, more: dict[str, Any]) -> None:
    settings = replace(SETTINGS, slots=1, waiting=1)
    with running(slow_engine, settings) as server, ThreadPoolExecutor(1) as pool:
        ended: list[str] = []

        def ask(client: str, path: str, body: dict[str, Any]) -> None:
            status, _ = server.post(path, {"model": "ìwé", **body}, authorization=f"Bearer {client}")
            ended.append(f"{client} {status}")

        much = pool.submit(ask, "much", path, more)
        wait_until(lambda: server.queue.running == 1)
        for _ in range(2):
            ask("little", "/v1/completions", SHORT)
        much.result()
        assert ended == ["little 200", "little 200", "much 200"]
        assert (server.queue.running, server.queue.waiting) == (0, 0)


def test_several_answers_are_written_at_the_same_time(slow_engine: Engine) -> None:
    with running(slow_engine, SETTINGS) as server, ThreadPoolExecutor(2) as pool:
        began = [0, 0]

        def ask(number: int) -> int:
            status, _ = server.post("/v1/completions", {**LONG, "max_tokens": 60})
            began[number] = server.queue.running
            return status

        assert list(pool.map(ask, range(2))) == [200, 200]
        assert max(began) <= 1


def test_stopping_finishes_what_runs(slow_engine: Engine) -> None:
    with running(slow_engine, replace(SETTINGS, slots=1)) as server:
        runs = server.start_post("/v1/completions", {**LONG, "max_tokens": 600})
        wait_until(lambda: server.queue.running == 1)
        waits = server.start_post("/v1/completions", SHORT)
        wait_until(lambda: server.queue.waiting == 1)
        server.server.should_exit = True
        assert parse_answer(waits)[0] == 503
        status, _, body = parse_answer(runs)
        assert status == 200
        assert json.loads(body)["usage"]["completion_tokens"] == 600
        with pytest.raises(OSError):
            server.connect(1)


def test_ready_says_no_when_stopping(slow_engine: Engine) -> None:
    with running(slow_engine, SETTINGS) as server:
        assert server.ask("GET", "/ready")[0] == 200
        server.queue.close()
        assert server.ask("GET", "/ready")[0] == 503
        assert server.ask("GET", "/health")[0] == 200


def test_health_answers_under_load(slow_engine: Engine) -> None:
    with running(slow_engine, SETTINGS) as server:
        holding = [server.start_post("/v1/completions", LONG) for _ in range(SETTINGS.slots)]
        wait_until(lambda: server.queue.running == SETTINGS.slots)
        for _ in range(20):
            assert server.ask("GET", "/health")[0] == 200
        assert server.queue.running == SETTINGS.slots  # it did not wait for them
        for connection in holding:
            connection.close()
        wait_until(lambda: server.queue.running == 0)


def test_connections_of_one_address_are_bounded(slow_engine: Engine) -> None:
    with running(slow_engine, replace(SETTINGS, connections_per_address=4)) as server:
        held = [server.connect() for _ in range(4)]
        wait_until(lambda: len(server.server.server_state.connections) == 4)
        with server.connect() as fifth:
            fifth.settimeout(5)
            with contextlib.suppress(ConnectionError):  # closed by an end of the stream or by a reset
                fifth.sendall(b"GET /health HTTP/1.1\r\n\r\n")
                assert fifth.recv(10) == b""
        for connection in held:
            connection.close()
        wait_until(lambda: not server.server.server_state.connections)
        assert server.ask("GET", "/health")[0] == 200
