"""What was asked and answered is kept where that was asked for: sealed, whole after a power cut, for so many days, and told to who asks."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("nacl", reason="PyNaCl is not installed")

from starlette.routing import BaseRoute
from tests.browser import browser
from tests.serve.conftest import SETTINGS
from tests.serve.documents.material import LEAFLETS, QUIET, write_folder
from tests.serve.running import Running, running, wait_until
from tests.serve.sealed import make_quick_key, opened

from mbegu.serve import content_log
from mbegu.serve.content_log import ContentLog, Record, sealed_files, wipe
from mbegu.serve.documents.library import open_documents
from mbegu.serve.documents.routes import routes
from mbegu.serve.engine import Engine
from mbegu.serve.limits import FairQueue
from mbegu.serve.page.files import PageConfig
from mbegu.serve.page.routes import page_routes

SCOPE = {"mbegu.client": "3fa2c1", "path": "/v1/completions"}
NOON = datetime(2026, 11, 24, 12, 0, 5, tzinfo=timezone.utc)
MODEL = "ìwé"


class Warnings:
    def __init__(self) -> None:
        self.said: list[str] = []

    def __call__(self, text: str) -> None:
        self.said.append(text)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_quick_key(tmp_path / "log", monkeypatch)


def keep(folder: Path, *questions: str, now: datetime = NOON, keep_days: int = 30) -> list[str]:
    """Keep questions with the same answer; return the warnings."""
    warnings = Warnings()
    log = ContentLog(folder, keep_days, warnings, lambda: now)
    for each in questions:
        log.note(SCOPE, each, "ߌ ߣߌ ߛߐ߲߬ߜߐߡߊ", True)
    log.close()
    return warnings.said


def test_what_was_kept_comes_back_and_only_with_the_key(folder: Path) -> None:
    assert keep(folder, "Ṣé omi yìí mọ́?", "កុំ\u200bផឹក") == []
    assert opened(folder) == [
        Record("2026-11-24T12:00:05Z", "3fa2c1", "/v1/completions", "Ṣé omi yìí mọ́?", "ߌ ߣߌ ߛߐ߲߬ߜߐߡߊ", "whole"),
        Record("2026-11-24T12:00:05Z", "3fa2c1", "/v1/completions", "កុំ\u200bផឹក", "ߌ ߣߌ ߛߐ߲߬ߜߐߡߊ", "whole"),
    ]
    (_, path), *more = sealed_files(folder)
    assert (path.name, more) == ("2026-11-24.sealed", [])
    sealed = [base64.b64decode(line) for line in path.read_bytes().split()]
    assert not any(part.encode() in each for each in (path.read_bytes(), *sealed) for part in ("omi", "3fa2c1", "question", "ផឹក"))
    assert len({len(each) for each in sealed}) == 1  # the lengths do not tell which question was the longer one


def test_a_record_that_was_torn_hides_no_other(folder: Path) -> None:
    keep(folder, "a", "b")
    path = sealed_files(folder)[0][1]
    whole = path.read_bytes()
    for lost in (1, 2, 40, 400):
        path.write_bytes(whole[:-lost])
        keep(folder, "c")  # the server has started again after the power cut
        found = [each.question if each else None for each in opened(folder)]
        assert found == (["a", "b", "c"] if lost == 1 else ["a", None, "c"])
    path.write_bytes(whole + b"\0" * 512)  # the length of the file was on the disk, its data not
    keep(folder, "c")
    assert [each.question for each in opened(folder) if each] == ["a", "b", "c"]
    damaged = bytearray(whole)
    damaged[60] ^= 1
    path.write_bytes(damaged)
    assert [each.question if each else None for each in opened(folder)] == [None, "b"]


def test_a_record_is_bounded(folder: Path) -> None:
    keep(folder, "ሀ" * 300_000)
    (record,) = opened(folder)
    assert record is not None
    assert record.question == "ሀ" * 20_000 + "… (300,000 characters)"
    assert sealed_files(folder)[0][1].stat().st_size < 100_000


def test_what_is_too_old_is_deleted_at_the_start_and_once_a_day(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_log, "WAKES_EVERY_S", 0.01)
    for days in (0, 1, 2, 3):
        keep(folder, f"{days}", now=NOON + timedelta(days=days))
    (folder / "2026-13-45.sealed").write_bytes(b"")
    (folder / "2020-01-01.txt").write_bytes(b"not ours")
    now = [NOON + timedelta(days=3)]
    log = ContentLog(folder, 2, Warnings(), lambda: now[0])
    assert [path.name for _, path in sealed_files(folder)] == ["2026-11-26.sealed", "2026-11-27.sealed"]
    now[0] += timedelta(days=1)  # while nobody asks anything
    wait_until(lambda: len(sealed_files(folder)) == 1)
    log.close()
    assert [each.question for each in opened(folder) if each] == ["3"]
    assert (folder / "2020-01-01.txt").exists()
    assert (folder / "2026-13-45.sealed").exists()


def test_nothing_is_older_than_the_days_that_are_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(content_log, "WAKES_EVERY_S", 0.01)
    midnight = datetime(2026, 11, 24, tzinfo=timezone.utc)
    keep(folder, "a", now=midnight)
    now = [midnight + timedelta(days=7, seconds=-1)]
    log = ContentLog(folder, 7, Warnings(), lambda: now[0])
    log.note(SCOPE, "b", "c", True)
    wait_until(lambda: len(sealed_files(folder)) == 2)
    now[0] += timedelta(seconds=1)
    wait_until(lambda: len(sealed_files(folder)) == 1)
    log.close()
    assert [each.question for each in opened(folder) if each] == ["b"]


def test_wiping_deletes_records_and_keys_and_a_running_server_keeps_nothing_more(folder: Path) -> None:
    warnings = Warnings()
    log = ContentLog(folder, 30, warnings)
    log.note(SCOPE, "a", "b", True)
    wait_until(lambda: sealed_files(folder))
    assert wipe(folder) == 1
    assert list(folder.iterdir()) == []
    for _ in range(3):
        log.note(SCOPE, "a", "b", True)
    log.close()
    assert list(folder.iterdir()) == []
    assert warnings.said == ["questions and answers are not kept: its key was deleted or changed: start the server again"]


def test_what_another_key_sealed_is_told_as_closed(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep(folder, "a")
    other = make_quick_key(tmp_path / "other", monkeypatch)
    keep(other, "b")
    with open(sealed_files(folder)[0][1], "ab") as file:
        file.write(sealed_files(other)[0][1].read_bytes())
    assert [each.question if each else None for each in opened(folder)] == ["a", None]


def test_a_disk_that_refuses_is_told_once_and_the_answers_go_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from bench.watched_disk import FailingDisk, put_in

    warnings = Warnings()
    with put_in(FailingDisk(0, errno.ENOSPC)):
        log = ContentLog(folder, 30, warnings)
        for _ in range(3):
            log.note(SCOPE, "a", "b", True)
        log.close()
    assert len(warnings.said) == 1
    assert "the disk is full" in warnings.said[0]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, chat_engine: Engine) -> Iterator[tuple[Running, Path]]:
    with pytest.MonkeyPatch.context() as patch:
        folder = make_quick_key(tmp_path_factory.mktemp("kept"), patch)
    documents = open_documents(write_folder(tmp_path_factory.mktemp("d") / "hati", dict(LEAFLETS)), QUIET, embeddings=False)
    documents.store.set_meta("calibration", {"threshold": 0.1, "has_meaning": False})
    log = ContentLog(folder, 7, Warnings())

    def more(_: FairQueue) -> Sequence[BaseRoute]:
        config = PageConfig(name="hati", engine="server", model=MODEL, documents=True, kept_days=7)
        return [*page_routes(config), *routes(documents, note=log.note)]

    with running(chat_engine, SETTINGS, more_routes=more, content=log) as made:
        yield made, folder
    log.close()
    documents.close()


def asked(kept: tuple[Running, Path], ask: Callable[[Running], Any], records: int = 1) -> tuple[Any, list[Record]]:
    """Ask the server, and return what it said and what it kept of that."""
    server, folder = kept
    before = len(opened(folder))
    said = ask(server)
    wait_until(lambda: len(opened(folder)) >= before + records)
    return said, [each for each in opened(folder)[before:] if each]


def test_each_answer_of_a_model_is_kept_with_its_question(kept: tuple[Running, Path]) -> None:
    turns = [{"role": "user", "content": "ẹ kú"}, {"role": "assistant", "content": "o"}, {"role": "user", "content": "Ẹ káàárọ̀"}]
    (_, said), records = asked(
        kept, lambda server: server.post("/v1/chat/completions", {"model": MODEL, "messages": turns, "max_tokens": 5, "n": 2}), 2
    )
    texts = [each["message"]["content"] for each in said["choices"]]
    assert [(each.path, each.question, each.answer, each.end) for each in records] == [
        ("/v1/chat/completions", "Ẹ káàárọ̀", text, "whole") for text in texts
    ]
    assert records[0].client == "127.0.0.1"


def test_prompts_as_texts_and_as_tokens_are_kept_as_texts(kept: tuple[Running, Path]) -> None:
    tokens = kept[0].post("/tokenize", {"content": "ሰላም"})[1]["tokens"]
    for prompt, texts in ((["ẹ", "ọ̀"], ["ẹ", "ọ̀"]), (tokens, ["ሰላም"])):
        body = {"model": MODEL, "prompt": prompt, "max_tokens": 3}
        (_, said), records = asked(kept, lambda server, body=body: server.post("/v1/completions", body), len(texts))  # type: ignore[misc]
        assert [(each.question, each.answer) for each in records] == list(zip(texts, [each["text"] for each in said["choices"]], strict=True))


def test_a_streamed_answer_is_kept_and_one_that_was_cut_off_says_so(kept: tuple[Running, Path]) -> None:
    body = {"model": MODEL, "prompt": "ọ̀nà", "max_tokens": 8, "stream": True}
    (_, _, data), (record,) = asked(kept, lambda server: server.ask("POST", "/v1/completions", body))
    events = [json.loads(line[6:]) for line in data.decode().splitlines() if line.startswith("data: {")]
    assert record.answer == "".join(each["choices"][0]["text"] for each in events)
    assert record.end == "whole"

    def leave(server: Running) -> None:
        with server.start_post("/v1/completions", {**body, "max_tokens": 900}) as connection:
            connection.recv(1000)

    _, (record,) = asked(kept, leave)
    assert record.end == "cut off"


def test_answers_from_documents_are_kept(kept: tuple[Running, Path]) -> None:
    question = {"question": "Chemsheni maji kabla ya kuyanywa?", "language": "swa"}
    _, (record,) = asked(kept, lambda server: server.post("/answers", question))
    assert (record.path, record.question) == ("/answers", question["question"])
    assert "Chemsheni maji kabla ya kuyanywa." in record.answer
    assert "(swa.md)" in record.answer


def test_a_refused_request_is_not_kept(kept: tuple[Running, Path]) -> None:
    before = len(opened(kept[1]))
    assert kept[0].post("/v1/completions", {"model": MODEL, "prompt": "ẹ", "max_tokens": 99_999})[0] == 400
    _, records = asked(kept, lambda server: server.post("/v1/completions", {"model": MODEL, "prompt": "ọ", "max_tokens": 2}))
    assert [each.question for each in records] == ["ọ"]
    assert len(opened(kept[1])) == before + 1


def test_health_says_that_content_is_kept(kept: tuple[Running, Path], server: Running) -> None:
    assert json.loads(kept[0].ask("GET", "/health")[2]) == {"status": "ok", "content_kept_days": 7}
    assert json.loads(server.ask("GET", "/health")[2]) == {"status": "ok"}


def test_the_request_log_still_holds_no_content(kept: tuple[Running, Path]) -> None:
    asked(kept, lambda server: server.post("/v1/completions", {"model": MODEL, "prompt": "àṣírí", "max_tokens": 2}))
    assert "àṣírí" not in kept[0].log.getvalue()


def test_the_page_tells_who_asks_in_every_language_and_sends_no_drafts(kept: tuple[Running, Path], tmp_path: Path) -> None:
    server, folder = kept
    with browser(tmp_path / "profile") as page:
        page.open(f"{server.url}/")
        assert page.run("document.getElementById('history-note').hidden")
        for language, word in (("eng", "kept, encrypted"), ("swa", "usimbaji"), ("amh", "ተመስጥሮ"), ("ara", "مشفّرًا")):
            page.run(f"(async () => {{ const s = document.getElementById('language'); s.value = '{language}'; await s.onchange(); }})()")
            assert word in page.text("#kept")
            assert "7" in page.text("#kept")
        page.click("#ways input[value=write_on]")
        before = len(opened(folder))
        page.write("#question", "Mo rí ")
        page.run("new Promise((done) => setTimeout(done, 700))")
        assert not any("completions" in each for each in page.requests)
        assert len(opened(folder)) == before
