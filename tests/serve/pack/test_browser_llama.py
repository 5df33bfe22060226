"""The line of the engine's worker that is mended: what is no text is left out, and the rest of the answer comes."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.browser import browser
from tests.serve.pack.packs import ENGINE, make_engine

from mbegu.core.errors import InputError
from mbegu.serve.pack.browser_llama import ASKS, FILE_NAME, MENDED, MOST_LEFT_OUT, read_package


def test_the_line_is_mended_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = f'{ENGINE}const worker = "async () => {{ {ASKS.decode()} }}";'
    files = read_package(make_engine(tmp_path / FILE_NAME, monkeypatch, engine))
    assert files["engine/wllama.js"].decode() == engine.replace(ASKS.decode(), MENDED.decode())
    assert files["engine/wllama.wasm"] == b"\0asm"
    assert not set(b'"\\`\n') & set(MENDED)  # it stands in a string of JavaScript


def test_another_package_is_not_taken(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_bytes(b"another")
    with pytest.raises(InputError, match="its SHA-256 is another"):
        read_package(tmp_path / FILE_NAME)


def test_the_line_asks_on_for_a_result_and_names_what_gave_none(tmp_path: Path) -> None:
    def asked(action: str, results: str) -> str:
        return (
            f"(async () => {{ const results = {results}; const argAction = '{action}', inputPtr = 0n; let asked = 0;"
            " const wllamaAction = async () => { asked += 1; return results.shift() ?? 0n; };"
            f" let said; try {{ {MENDED.decode()} said = outputPtr; }} catch (error) {{ said = error.message; }}"
            " return `${said} after ${asked}`; })()"
        )

    with browser(tmp_path / "profile") as page:
        assert page.run(asked("get_result", "[7n]")) == "7 after 1"
        assert page.run(asked("get_result", "[0n, 0n, 7n]")) == "7 after 3"
        assert page.run(asked("get_result", "[]")) == f"llama.cpp gave no text (get_result) after {MOST_LEFT_OUT + 1}"
        assert page.run(asked("completion", "[]")) == "llama.cpp gave no text (completion) after 1"
