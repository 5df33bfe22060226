"""The server's page in a real browser: a conversation goes on however long it grows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.browser import browser
from tests.serve.conftest import SETTINGS
from tests.serve.running import running

from mbegu.serve.engine import Engine
from mbegu.serve.page.files import PageConfig
from mbegu.serve.page.routes import page_routes

ANSWER_TOKENS = 300
SHORT = replace(SETTINGS, answer_tokens=ANSWER_TOKENS)


def test_a_conversation_that_outgrew_the_context_goes_on_with_whole_answers(tmp_path: Path, chat_engine: Engine) -> None:
    config = PageConfig("Ìwé", "server", chat_engine.name, can_chat=True, most_tokens=ANSWER_TOKENS)
    with running(chat_engine, SHORT, more_routes=lambda _: page_routes(config)) as server, browser(tmp_path / "profile") as page:
        page.open(f"{server.url}/")
        for number in range(1, 6):
            page.write("#question", "Ẹ káàárọ̀")
            page.click("#send")
            page.wait_for(f"document.querySelectorAll('#turns > li').length === {number} && document.getElementById('stop').hidden")
            assert "too long" not in page.text("#turns > li:last-child")
        written = [int(line.split("+")[1].split()[0]) for line in server.log.getvalue().splitlines() if " tokens" in line]
        assert written == [ANSWER_TOKENS] * 5
