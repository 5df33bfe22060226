"""The app as a file: everything is in it, only its own scripts and styles may run, and what lies beside it."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
from pathlib import Path

import pytest
from tests.serve.pack.packs import make_engine, make_release

from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.serve.pack import app as app_module
from mbegu.serve.pack.app import App, build_app
from mbegu.serve.pack.browser_llama import FILE_NAME
from mbegu.serve.pack.contents import Wishes
from mbegu.serve.page.files import languages, page_files

QUIET = Say(quiet=True)
BLOCK = re.compile(r'<script type="text/plain" data-file="([^"]+)" data-type="[^"]+"( data-packed="gzip")?>([A-Za-z0-9+/=]*)</script>')


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_release(tmp_path / "release")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_engine(tmp_path / FILE_NAME, monkeypatch)


@pytest.fixture
def made(release: Path, engine: Path, tmp_path: Path) -> App:
    wishes = Wishes(passages=[{"text": "Omi tó mọ́.", "file": "ìwé.md"}], person="nọ́ọ̀sì")
    return build_app(release, tmp_path / "app", engine, QUIET, wishes)


def blocks(made: App) -> dict[str, bytes]:
    text = (made.folder / made.file).read_text(encoding="utf-8")
    found = {name: (packed, base64.b64decode(content)) for name, packed, content in BLOCK.findall(text)}
    return {name: gzip.decompress(data) if packed else data for name, (packed, data) in found.items()}


def test_the_file_holds_model_words_documents_label_and_engine(made: App, release: Path) -> None:
    found = blocks(made)
    config = json.loads(found["page.json"])
    model = b"".join(found[part["name"]] for part in config["parts"])
    assert model == (release / "ìwé-Q8_0.gguf").read_bytes()
    assert [hashlib.sha256(found[part["name"]]).hexdigest() for part in config["parts"]] == [part["sha256"] for part in config["parts"]]
    assert found["label.html"].endswith((release / "label.html").read_bytes())
    assert b'Content-Security-Policy" content="default-src' in found["label.html"]
    assert json.loads(found["passages.json"])["passages"][0]["text"] == "Omi tó mọ́."
    assert {f"words/{each['code']}.json" for each in languages()} <= found.keys()
    assert found["engine/wllama.wasm"] == b"\0asm"
    assert b"MIT" in found["LICENCES.txt"]


def test_only_its_own_scripts_and_styles_may_run_and_nothing_is_fetched(made: App) -> None:
    text = (made.folder / made.file).read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    assert "unsafe-inline" not in policy[1]
    assert "connect-src blob:;" in policy[1]
    for element, directive in (("script", "script-src"), ("style", "style-src")):
        allowed = re.search(rf"{directive} ([^;]+)", policy[1])
        assert allowed is not None
        contents = re.findall(rf"<{element}>(.*?)</{element}>", text, re.DOTALL)
        assert len(contents) == {"script": 2, "style": 1}[element]
        for content in contents:
            assert f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'" in allowed[1]
    assert re.findall(r'<(?:link|script|img)[^>]* (?:src|href)="(?!data:)', text) == []


def test_beside_it_lie_how_to_open_it_the_papers_and_checksums(made: App) -> None:
    sums = dict(reversed(line.split("  ", 1)) for line in (made.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    assert set(sums) == {"ìwé-Q8_0.html", "READ-ME.txt", "papers/label.html", "papers/label.json", "papers/LICENCES.txt"}
    assert all(hashlib.sha256((made.folder / name).read_bytes()).hexdigest() == sha256 for name, sha256 in sums.items())
    text = (made.folder / "READ-ME.txt").read_text(encoding="utf-8-sig")
    for each in languages():
        words = json.loads(page_files()[f"words/{each['code']}.json"])["words"]
        assert words["app_open"].replace("{file}", "ìwé-Q8_0.html") in text
        assert words["translation"] in text


def test_the_same_release_makes_the_same_file(made: App, release: Path, engine: Path, tmp_path: Path) -> None:
    wishes = Wishes(passages=[{"text": "Omi tó mọ́.", "file": "ìwé.md"}], person="nọ́ọ̀sì")
    again = build_app(release, tmp_path / "again", engine, QUIET, wishes)
    assert (again.folder / again.file).read_bytes() == (made.folder / made.file).read_bytes()


def test_another_form_takes_the_place_of_the_first(made: App, release: Path, engine: Path) -> None:
    (made.folder / "my-note.txt").write_text("mo fẹ́ràn rẹ̀", encoding="utf-8")
    build_app(release, made.folder, engine, QUIET, Wishes("F16"))
    assert {path.name for path in made.folder.iterdir()} == {"ìwé-F16.html", "READ-ME.txt", "papers", "SHA256SUMS", "my-note.txt"}


def test_a_folder_of_a_persons_own_and_a_release_are_never_written_into(release: Path, engine: Path) -> None:
    with pytest.raises(InputError, match="holds something that is no pack"):
        build_app(release, release, engine, QUIET)


def test_a_model_larger_than_what_was_tried_is_said(
    release: Path, engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(app_module, "TRIED_MODEL_BYTES", 1000)
    build_app(release, tmp_path / "app", engine, Say())
    assert "one file was tried up to 1.0 kB: try it on the devices that are to open it, or use --web" in capsys.readouterr().err


def test_a_script_that_would_end_its_own_element_is_refused(release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = make_engine(tmp_path / "odd.tgz", monkeypatch, "export const x = '</script>';\n")
    with pytest.raises(ValueError, match="holds the end of its own element"):
        build_app(release, tmp_path / "app", engine, QUIET)
