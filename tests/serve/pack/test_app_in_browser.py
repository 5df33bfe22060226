"""The app in a real browser, opened from the disk: writes, quotes, suggests, shows its label, asks nobody, and says when it is damaged."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.browser import Browser, browser
from tests.serve.pack.packs import make_engine, make_release
from tests.serve.pack.test_in_browser import HOSTILE, PHONE, WISHES, answered, ask, suggested

from mbegu.core.report import Say
from mbegu.serve.pack.app import App, build_app
from mbegu.serve.pack.browser_llama import FILE_NAME


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> App:
    engine = make_engine(tmp_path / FILE_NAME, monkeypatch)
    return build_app(make_release(tmp_path / "release"), tmp_path / "app", engine, Say(quiet=True), WISHES)


@pytest.fixture(params=[PHONE, (1200, 800)], ids=["phone", "desktop"])
def page(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Browser]:
    with browser(tmp_path / "profile", *request.param) as opened:
        yield opened
        assert opened.dialogs == []
        assert opened.problems == []
        assert [each for each in opened.requests if not each.startswith(("file:", "blob:", "data:"))] == []


def start(page: Browser, made: App) -> None:
    page.open((made.folder / made.file).as_uri())
    page.wait_for("!document.getElementById('send').disabled")


def test_it_writes_quotes_and_suggests_and_keeps_what_was_asked(made: App, page: Browser) -> None:
    start(page, made)
    ask(page, "write_on", "ọ́ta")
    assert "ọ́taat" in answered(page)
    ask(page, "find", "omo gbodo omi")
    assert "Ọmọdé gbọ́dọ̀ mu omi tó mọ́." in answered(page)
    ask(page, "write_on", f"say:{HOSTILE}")
    assert HOSTILE in answered(page)
    page.write("#question", "Mo rí ")
    suggested(page, ["ilé", "ọmọ́", "omi"])
    start(page, made)
    assert page.run("document.querySelectorAll('#turns > li').length") == 3
    assert page.run("document.querySelectorAll('script[data-file]').length") == 0  # the text of the blocks is out of memory


def test_its_label_opens_from_within_and_it_speaks_arabic(made: App, page: Browser) -> None:
    start(page, made)
    page.wait_for("document.getElementById('label').href.startsWith('blob:')")
    assert "The label" in page.run("fetch(document.getElementById('label').href).then((each) => each.text())")
    page.run("(async () => { const s = document.getElementById('language'); s.value = 'ara'; await s.onchange(); })()")
    assert page.run("document.documentElement.dir") == "rtl"
    assert page.run("document.documentElement.scrollWidth <= window.innerWidth")


@pytest.mark.parametrize("damage", ["cut short", "one letter"])
def test_a_damaged_file_is_not_used(made: App, page: Browser, damage: str) -> None:
    path = made.folder / made.file
    data = bytearray(path.read_bytes())
    begin = data.index(b'data-file="model/0000.part"')
    if damage == "cut short":
        del data[begin - 40 :]
    else:
        data[begin + 5000] = ord("A") if data[begin + 5000] != ord("A") else ord("B")
    path.write_bytes(bytes(data))
    page.open(path.as_uri())
    assert "damaged or not complete" in page.text("#notice")
    assert page.run("document.getElementById('send').disabled")


@pytest.mark.slow
def test_llama_cpp_itself_answers_from_the_disk(tmp_path: Path) -> None:
    engine = Path(os.environ.get("MBEGU_WLLAMA", ""))
    if not engine.is_file():
        pytest.skip(f"name the package {FILE_NAME} in MBEGU_WLLAMA to try the real engine")
    made = build_app(make_release(tmp_path / "release"), tmp_path / "app", engine, Say(quiet=True))
    with browser(tmp_path / "profile", *PHONE) as page:
        start(page, made)
        page.write("#question", "Ọ̀rọ̀ rere")
        page.wait_for("document.querySelector('#suggestions')")
        page.click("#send")
        assert len(answered(page)) > len("Ọ̀rọ̀ rere")
        assert page.problems == []
