"""The pack in a real browser: asks, writes, stops, quotes, goes on without its server, and runs nothing that a text says."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.browser import Browser, browser
from tests.serve.pack.packs import make_engine, make_release, seal_release, served
from tests.serve.running import CHATML, make_gguf

from mbegu.core.report import Say
from mbegu.serve.pack.browser_llama import FILE_NAME
from mbegu.serve.pack.build import build_web_pack
from mbegu.serve.pack.contents import Wishes

HOSTILE = "<img src=x onerror=alert(1)><script>alert(2)</script>"
PASSAGES = [
    {"text": "Ọmọdé gbọ́dọ̀ mu omi tó mọ́.", "file": "ìwé.md", "page": 2, "heading": "Omi"},
    {"text": f"Fọ ọwọ́ rẹ {HOSTILE}", "file": f"{HOSTILE}.md", "link": "javascript:alert(3)"},
]
WISHES = Wishes(passages=PASSAGES, person="nọ́ọ̀sì")
PHONE = (390, 800)
KEPT_PARTS = """new Promise((done) => { const opening = indexedDB.open("mbegu"); opening.onsuccess = () => {
  opening.result.transaction("parts").objectStore("parts").getAllKeys().onsuccess = (event) => { opening.result.close(); done(event.target.result); };
}; })"""
ONE_MODEL_FITS = """(() => {
  const { put, delete: remove } = IDBObjectStore.prototype;
  IDBObjectStore.prototype.put = function (...given) {
    if (window.isFull) throw new DOMException("full", "QuotaExceededError");
    return put.apply(this, given);
  };
  IDBObjectStore.prototype.delete = function (...given) {
    window.isFull = false;
    return remove.apply(this, given);
  };
})();"""
REFUSING = "{ writeText: () => Promise.reject(new DOMException('no', 'NotAllowedError')) }"
KEEP_AS_BEFORE = """(async (address, hash) => {
  const blob = await (await fetch(address)).blob();
  const opening = indexedDB.open("mbegu", 1);
  opening.onupgradeneeded = () => opening.result.createObjectStore("parts");
  await new Promise((done) => { opening.onsuccess = done; });
  const transaction = opening.result.transaction("parts", "readwrite");
  transaction.objectStore("parts").put(blob, hash);
  await new Promise((done) => { transaction.oncomplete = done; });
  opening.result.close();
})"""


@pytest.fixture
def pack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    engine = make_engine(tmp_path / FILE_NAME, monkeypatch)
    return build_web_pack(make_release(tmp_path / "release"), tmp_path / "web", engine, Say(quiet=True), WISHES).folder


@pytest.fixture
def page(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "profile", *PHONE) as opened:
        yield opened
        assert opened.dialogs == []
        assert [problem for problem in opened.problems if "favicon.ico" not in problem] == []  # which the browser asks for by itself


def fetch_model(page: Browser) -> None:
    page.click("#fetch")
    page.wait_for("document.getElementById('notice').textContent.includes('without internet')")


def ask(page: Browser, way: str, text: str) -> None:
    page.click(f"#ways input[value={way}]")
    page.write("#question", text)
    page.click("#send")


def answered(page: Browser) -> str:
    page.wait_for("document.getElementById('stop').hidden")
    return page.text("#turns > li:last-child")


def suggested(page: Browser, words: list[str]) -> None:
    page.wait_for("document.querySelectorAll('#suggestions button').length")
    assert page.run("[...document.querySelectorAll('#suggestions button')].map((each) => each.textContent)") == words


def test_it_writes_on_and_the_same_without_its_server(pack: Path, page: Browser) -> None:
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "write_on", "ọ́ta")
        assert "ọ́taat" in answered(page)
        server.stop()
        asked = len(page.requests)
        page.open(server.address)
        page.wait_for("document.getElementById('loading').hidden")
        assert "ọ́taat" in page.text("#turns > li:last-child")  # kept on the device
        ask(page, "write_on", "abc")
        assert "abccba" in answered(page)
        assert all(request.startswith((server.address, "blob:", "data:")) for request in page.requests[asked:])


def test_it_stops_when_told(pack: Path, page: Browser) -> None:
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "write_on", "on and on")
        page.wait_for("document.querySelector('#turns .answer').textContent.length > 40")
        page.click("#stop")
        assert "Stopped." in answered(page)
        length = page.run("document.querySelector('#turns .answer').textContent.length")
        assert page.run("new Promise((done) => setTimeout(() => done(document.querySelector('#turns .answer').textContent.length), 100))") == length


def test_a_history_that_is_deleted_during_an_answer_stays_deleted(pack: Path, page: Browser) -> None:
    page.call("Page.addScriptToEvaluateOnNewDocument", source="window.confirm = () => true;")
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "write_on", "on and on")
        page.wait_for("localStorage.getItem('turns')?.includes('on and on')")
        page.write("#question", "what only I may know")
        page.click("#forget")
        page.wait_for("document.getElementById('stop').hidden")
        assert page.run("['turns', 'draft'].map((name) => localStorage.getItem(name))") == [None, None]
        assert page.run("document.getElementById('question').value") == ""
        assert page.run("document.querySelectorAll('#turns > li').length") == 0
        ask(page, "write_on", "abc")
        assert "abccba" in answered(page)
        assert page.run("JSON.parse(localStorage.getItem('turns')).map((each) => each.question)") == ["abc"]


def test_an_answer_goes_on_when_another_language_is_chosen(pack: Path, page: Browser) -> None:
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "write_on", "abc")
        answered(page)
        ask(page, "write_on", "on and on")
        page.wait_for("localStorage.getItem('turns').includes('on and on')")
        page.run("(async () => { const s = document.getElementById('language'); s.value = 'fra'; await s.onchange(); })()")
        assert page.run("document.querySelectorAll('#turns > li').length") == 2
        length = page.run("document.querySelector('#turns > li:last-child .answer').textContent.length")
        page.wait_for(f"document.querySelector('#turns > li:last-child .answer').textContent.length > {length}")
        page.click("#stop")
        assert "Arrêté." in answered(page)


def test_a_conversation_that_grew_too_long_goes_on_without_its_oldest_turns(tmp_path: Path, page: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(tmp_path / FILE_NAME, monkeypatch)
    pack = build_web_pack(make_release(tmp_path / "release", template=CHATML), tmp_path / "web", engine, Say(quiet=True)).folder
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        shown = []
        for _ in range(4):
            page.write("#question", "a question of 28 letters ...")
            page.click("#send")
            shown.append(answered(page))
        assert [each.split(" messages")[0][-1] for each in shown] == ["1", "3", "3", "3"]
        page.write("#question", "x" * 120)
        page.click("#send")
        assert "120 tokens of 100" in answered(page).replace("\u2068", "").replace("\u2069", "")


def test_it_quotes_the_documents_and_says_when_there_is_nothing(pack: Path, page: Browser) -> None:
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "find", "omo gbodo omi")  # typed without marks
        shown = answered(page)
        assert "Ọmọdé gbọ́dọ̀ mu omi tó mọ́." in shown
        assert "ìwé.md · page" in shown
        assert page.run("[...document.querySelectorAll('#turns mark')].map((each) => each.textContent)") == ["gbọ́dọ̀", "omi"]
        ask(page, "find", "ọkọ̀ òfurufú ńlá")
        shown = answered(page)
        assert "This is not in the documents" in shown
        assert "nọ́ọ̀sì" in shown


def test_nothing_that_a_text_says_is_run(pack: Path, page: Browser) -> None:
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "write_on", f"say:{HOSTILE}")
        assert HOSTILE in answered(page)
        ask(page, "find", "fọ ọwọ́ rẹ")
        assert HOSTILE in answered(page)
        assert page.run("document.querySelectorAll('#turns img, #turns script, #turns a').length") == 0


def test_feedback_label_and_large_text(pack: Path, page: Browser) -> None:
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "write_on", "abc")
        answered(page)
        page.click("#turns .deeds button:nth-child(4)")
        page.write("#turns .reason input", "kò yé mi")
        page.click("#turns .reason button")
        kept = page.run("JSON.parse(localStorage.getItem('feedback'))")
        assert [(each["verdict"], each["reason"], each["question"]) for each in kept] == [("bad", "kò yé mi", "abc")]
        page.click("#large")
        assert page.run("document.documentElement.dataset.size") == "large"
        assert page.run("document.getElementById('label').href").endswith("/label.html")
        page.call("Page.navigate", url=f"{server.address}label.html")
        page.wait_for("document.querySelector('h1')?.textContent === 'The label'")


def test_it_suggests_whole_words_by_tap_and_by_keyboard(pack: Path, page: Browser) -> None:
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        page.click("#ways input[value=write_on]")
        page.write("#question", "Mo rí ")
        suggested(page, ["ilé", "ọmọ́", "omi"])
        assert page.run("Math.min(...[...document.querySelectorAll('#suggestions button')].map((each) => each.getBoundingClientRect().height))") >= 44
        page.click("#suggestions button:nth-child(2)")
        assert page.run("document.getElementById('question').value") == "Mo rí ọmọ́ "
        suggested(page, ["ilé", "ọmọ́", "omi"])
        for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
            page.press(key)
        assert page.run("document.getElementById('question').value") == "Mo rí ọmọ́ omi "
        assert page.run("document.activeElement.id") == "question"
        page.click("#ways input[value=find]")
        page.wait_for("document.getElementById('suggestions').hidden")


def test_the_printed_page_has_question_answer_source_and_label_and_no_buttons(pack: Path, page: Browser) -> None:
    page.call("Page.addScriptToEvaluateOnNewDocument", source="window.printed = 0; window.print = () => { window.printed += 1; };")
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "find", "omo gbodo omi")
        answered(page)
        page.click("#print")
        assert page.run("window.printed") == 1
        page.run("dispatchEvent(new Event('beforeprint'))")
        page.call("Emulation.setEmulatedMedia", media="print")
        shown = page.run("document.body.innerText")
        for part in (
            "omo gbodo omi",
            "Ọmọdé gbọ́dọ̀ mu omi tó mọ́.",
            "ìwé.md",
            "Ìwé kékeré · ìwé-Q8_0",
            "What it is made of: label.html",
            "The model can be wrong",
        ):
            assert part in shown
        assert page.run("[...document.querySelectorAll('button, textarea, select')].filter((each) => each.offsetParent).length") == 0


@pytest.mark.parametrize(("language", "direction", "word"), [("ara", "rtl", "أكمِل"), ("amh", "ltr", "ቀጥል")])
def test_it_speaks_the_language_that_is_chosen_and_fits_a_phone(pack: Path, page: Browser, language: str, direction: str, word: str) -> None:
    with served(pack) as server:
        page.open(server.address)
        page.run(f"(async () => {{ const s = document.getElementById('language'); s.value = '{language}'; await s.onchange(); }})()")
        page.click("#ways input[value=write_on]")
        assert page.text("#send") == word
        assert page.run("document.documentElement.dir") == direction
        assert page.run("document.documentElement.scrollWidth <= window.innerWidth")


def test_a_damaged_part_is_not_used(pack: Path, page: Browser) -> None:
    part = pack / "model" / "0000.part"
    data = bytearray(part.read_bytes())
    data[len(data) // 2] ^= 1
    part.write_bytes(bytes(data))
    with served(pack) as server:
        page.open(server.address)
        page.click("#fetch")
        page.wait_for("!document.getElementById('notice').hidden")
        assert "model/0000.part" in page.text("#notice")
        assert page.run("document.getElementById('send').disabled")


def test_a_newer_pack_fetches_only_what_changed(pack: Path, page: Browser, tmp_path: Path) -> None:
    asked: list[str] = []
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        page.wait_for("await navigator.serviceWorker.ready && navigator.serviceWorker.controller")
        handler: Any = server.RequestHandlerClass
        handler.log_message = lambda self, *_: asked.append(self.path)
        build_web_pack(tmp_path / "release", pack, tmp_path / FILE_NAME, Say(quiet=True), Wishes("F16", PASSAGES))
        page.run("navigator.serviceWorker.getRegistration().then((each) => each.update())")
        page.wait_for("document.getElementById('notice').textContent.includes('newer')")
        fetched = {path.split("?")[0] for path in asked}
        assert {"/pack.json", "/page.json"} <= fetched
        assert not fetched & {"/engine/wllama.wasm", "/engine/wllama.js", "/app.js", "/words/yor.json"}


def update(pack: Path, page: Browser, form: str) -> None:
    """Make the pack anew with the model in another form, and let the browser notice it."""
    page.wait_for("await navigator.serviceWorker.ready && navigator.serviceWorker.controller")
    build_web_pack(pack.parent / "release", pack, pack.parent / FILE_NAME, Say(quiet=True), Wishes(form, PASSAGES))
    page.run("navigator.serviceWorker.getRegistration().then((each) => each.update())")
    page.wait_for("document.getElementById('notice').textContent.includes('A newer version')")


def test_a_newer_pack_takes_no_model_away_before_its_own_is_here(pack: Path, page: Browser) -> None:
    part, away = pack / "model" / "0000.part", pack / "away"
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        update(pack, page, "F16")
        part.rename(away)  # the hotspot is passed too soon
        page.open(server.address)
        page.wait_for("document.getElementById('notice').textContent.includes('A newer model')")
        ask(page, "write_on", "abc")
        assert "abccba" in answered(page)
        assert page.run("document.getElementById('label').hidden")  # it is that of the newer model
        page.click("#fetch")
        page.wait_for("document.getElementById('notice').textContent.includes('model/0000.part')")
        ask(page, "write_on", "def")
        assert "deffed" in answered(page)
        away.rename(part)
        page.click("#fetch")
        page.wait_for("document.getElementById('notice').textContent.includes('Reload')")
        server.stop()
        page.open(server.address)
        page.wait_for("document.getElementById('notice').textContent.includes('without internet')")
        page.wait_for(f"(await {KEPT_PARTS}).length === 1")  # the earlier one has gone
        assert page.run("JSON.parse(localStorage.getItem('model')).model") == "ìwé-F16"
    page.problems[:] = [each for each in page.problems if "model/0000.part" not in each]


def test_where_there_is_no_room_for_both_the_earlier_model_goes_once_all_of_the_newer_one_has_come(pack: Path, page: Browser) -> None:
    page.call("Page.addScriptToEvaluateOnNewDocument", source=ONE_MODEL_FITS)
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        update(pack, page, "F16")
        page.open(server.address)
        page.wait_for("document.getElementById('notice').textContent.includes('A newer model')")
        page.run("window.isFull = true")
        page.click("#fetch")
        page.wait_for("document.getElementById('notice').textContent.includes('Reload')")
        server.stop()
        page.open(server.address)
        page.wait_for("document.getElementById('notice').textContent.includes('without internet')")
        assert page.run("JSON.parse(localStorage.getItem('model')).model") == "ìwé-F16"


def test_two_packs_in_folders_of_one_address_keep_what_is_theirs(pack: Path, page: Browser, tmp_path: Path) -> None:
    pack.rename(tmp_path / "first")
    build_web_pack(tmp_path / "release", tmp_path / "second", tmp_path / FILE_NAME, Say(quiet=True), Wishes("F16", PASSAGES))
    with served(tmp_path) as server:
        for name in ("first", "second"):
            page.open(f"{server.address}{name}/")
            fetch_model(page)
            ask(page, "write_on", name)
            answered(page)
        server.stop()
        for name in ("first", "second"):
            page.open(f"{server.address}{name}/")
            page.wait_for("document.getElementById('notice').textContent.includes('without internet')")
            assert page.run("[...document.querySelectorAll('#turns .yours')].map((each) => each.textContent)") == [name]


def test_what_a_pack_in_a_folder_kept_under_the_plain_names_is_found(pack: Path, page: Browser, tmp_path: Path) -> None:
    hash = json.loads((pack / "page.json").read_text(encoding="utf-8"))["parts"][0]["sha256"]
    turn = {"id": "1", "way": "write_on", "question": "asked before", "answer": "!", "isOpen": False}
    with served(tmp_path) as server:
        page.call("Page.navigate", url=f"{server.address}web/page.json")
        page.wait_for("document.body?.textContent.includes('sha256')")
        page.run(f"localStorage.setItem('turns', {json.dumps(json.dumps([turn]))})")
        page.run(f"{KEEP_AS_BEFORE}('model/0000.part', '{hash}')")
        page.open(f"{server.address}web/")
        page.wait_for("document.getElementById('notice').textContent.includes('without internet')")  # nothing had to be fetched
        assert "asked before!" in page.text("#turns")
        assert page.run("localStorage.getItem('turns')") is None
        assert page.run(KEPT_PARTS) == []


@pytest.mark.parametrize(
    ("clipboard", "command", "said"),
    [("undefined", "document.execCommand", "Copied."), ("undefined", "() => false", "not be copied"), (REFUSING, "() => false", "not be copied")],
)
def test_copied_is_said_only_of_what_was_copied(pack: Path, page: Browser, clipboard: str, command: str, said: str) -> None:
    source = f"Object.defineProperty(navigator, 'clipboard', {{ value: {clipboard} }}); document.execCommand = {command};"
    source += "addEventListener('copy', () => { window.copied = `${getSelection()}`; });"
    page.call("Page.addScriptToEvaluateOnNewDocument", source=source)
    with served(pack) as server:
        page.open(server.address)
        fetch_model(page)
        ask(page, "write_on", "abc")
        answered(page)
        page.click("#turns .deeds button")
        page.wait_for("!document.querySelector('#turns .soft').hidden")
        assert said in page.text("#turns .soft")
        if said == "Copied.":
            assert page.run("window.copied") == "abccba"


@pytest.mark.parametrize("blocked", ["indexedDB", "localStorage", "both"])
def test_where_nothing_may_be_kept_it_runs_and_says_so(pack: Path, page: Browser, blocked: str) -> None:
    names = ["indexedDB", "localStorage"] if blocked == "both" else [blocked]
    refuse = "get() { throw new DOMException('blocked', 'SecurityError'); }"
    source = "".join(f"Object.defineProperty(window, '{name}', {{ {refuse} }});" for name in names)
    source += "navigator.storage.estimate = () => Promise.reject(new TypeError('blocked'));"
    page.call("Page.addScriptToEvaluateOnNewDocument", source=source)
    with served(pack) as server:
        page.open(server.address)
        page.click("#fetch")
        page.wait_for("!document.getElementById('send').disabled && !document.getElementById('notice').hidden")
        assert ("Not all of it could be kept" in page.text("#notice")) == ("indexedDB" in names)
        ask(page, "write_on", "abc")
        assert "abccba" in answered(page)


@pytest.mark.slow
def test_llama_cpp_itself_answers_in_the_browser(tmp_path: Path) -> None:
    engine = Path(os.environ.get("MBEGU_WLLAMA", ""))
    if not engine.is_file():
        pytest.skip(f"name the package {FILE_NAME} in MBEGU_WLLAMA to try the real engine")
    out = build_web_pack(make_release(tmp_path / "release"), tmp_path / "web", engine, Say(quiet=True)).folder
    with served(out) as server, browser(tmp_path / "profile", *PHONE) as page:
        page.open(server.address)
        fetch_model(page)
        page.write("#question", "Ọ̀rọ̀ rere")
        page.click("#send")
        assert len(answered(page)) > len("Ọ̀rọ̀ rere")
        assert page.problems == []


@pytest.mark.slow
def test_llama_cpp_goes_on_after_bytes_that_are_no_text(tmp_path: Path) -> None:
    engine = Path(os.environ.get("MBEGU_WLLAMA", ""))
    if not engine.is_file():
        pytest.skip(f"name the package {FILE_NAME} in MBEGU_WLLAMA to try the real engine")
    (tmp_path / "release").mkdir()
    make_gguf(tmp_path, never_ends=True).rename(tmp_path / "release" / "ìwé-F16.gguf")  # of random weights: half of what it writes is no text
    seal_release(tmp_path / "release")
    out = build_web_pack(tmp_path / "release", tmp_path / "web", engine, Say(quiet=True)).folder
    with served(out) as server, browser(tmp_path / "profile", *PHONE) as page:
        page.open(server.address)
        fetch_model(page)
        for text in ("Ọ̀rọ̀ rere", "ሰላም "):
            page.write("#question", text)
            page.click("#send")
            shown = answered(page)
            assert text.strip() in shown
            assert "went wrong" not in shown
        assert page.problems == []
