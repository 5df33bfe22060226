"""What a pack holds, which form of the model goes in, and what stands against building one."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from tests.label_facts import whole_label
from tests.serve.pack.packs import make_engine, make_release, seal_release

from mbegu.core.errors import DamageError, InputError
from mbegu.core.report import Say
from mbegu.release.page import label_html
from mbegu.serve.pack import build, contents
from mbegu.serve.pack.app import build_app
from mbegu.serve.pack.browser_llama import FILE_NAME, find_package
from mbegu.serve.pack.build import build_web_pack
from mbegu.serve.pack.contents import Wishes, choose_form

QUIET = Say(quiet=True)


@pytest.fixture
def release(tmp_path: Path) -> Path:
    return make_release(tmp_path / "release")


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return make_engine(tmp_path / FILE_NAME, monkeypatch)


def hashes(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_a_pack_names_every_file_with_its_hash_and_the_parts_are_the_model(release: Path, engine: Path, tmp_path: Path) -> None:
    pack = build_web_pack(release, tmp_path / "web", engine, QUIET, Wishes(passages=[{"text": "Omi tó mọ́.", "file": "ìwé.md"}], person="nọ́ọ̀sì"))
    listed = json.loads((pack.folder / "pack.json").read_text(encoding="utf-8"))["files"]
    found = hashes(pack.folder)
    assert {each["name"]: each["sha256"] for each in listed} == {
        name: sha256 for name, sha256 in found.items() if name not in ("pack.json", "worker.js", "SHA256SUMS")
    }
    config = json.loads((pack.folder / "page.json").read_text(encoding="utf-8"))
    model = b"".join((pack.folder / part["name"]).read_bytes() for part in config["parts"])
    assert model == (release / "ìwé-Q8_0.gguf").read_bytes()
    assert (config["name"], config["engine"], config["documents"], config["label"], config["person"]) == (
        "Ìwé kékeré",
        "browser",
        True,
        True,
        "nọ́ọ̀sì",
    )
    assert (config["can_chat"], config["context"]) == (False, 64)
    sums = dict(reversed(line.split("  ", 1)) for line in (pack.folder / "SHA256SUMS").read_text(encoding="utf-8").splitlines())
    assert sums == {name: sha256 for name, sha256 in found.items() if name != "SHA256SUMS"}
    assert not (tmp_path / "outside").exists()


def test_another_model_changes_only_its_own_files_and_the_worker(release: Path, engine: Path, tmp_path: Path) -> None:
    out = tmp_path / "web"
    build_web_pack(release, out, engine, QUIET, Wishes(passages=[{"text": "a", "file": "b"}]))
    before = hashes(out)
    (out / "model" / "9999.part").write_bytes(b"of an older, larger model")
    (out / "my-note.txt").write_text("mo fẹ́ràn rẹ̀", encoding="utf-8")
    build_web_pack(release, out, engine, QUIET, Wishes("F16"))
    after = hashes(out)
    changed = {name for name in before.keys() | after.keys() if before.get(name) != after.get(name)}
    assert changed - {"my-note.txt"} == {"model/0000.part", "page.json", "pack.json", "passages.json", "worker.js", "SHA256SUMS"}
    assert "passages.json" not in after
    assert "my-note.txt" in after  # what a person put there is left alone


def test_a_large_model_lies_in_several_parts(release: Path, engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents, "PART_BYTES", 500_000)
    pack = build_web_pack(release, tmp_path / "web", engine, QUIET)
    sizes = [path.stat().st_size for path in sorted((pack.folder / "model").iterdir())]
    assert len(sizes) == -(-pack.model_bytes // 500_000) > 2
    assert sum(sizes) == pack.model_bytes


def test_the_smallest_form_that_loses_next_to_nothing_is_taken(tmp_path: Path) -> None:
    release = make_release(tmp_path / "release", ("F16", "Q8_0", "Q4_K_M"), (1.5, 1.502, 1.6))
    assert choose_form(release)[1] == "Q8_0"
    (release / "label.json").unlink()
    assert choose_form(release)[1] == "Q4_K_M"
    assert choose_form(release, "F16")[0].name == "ìwé-F16.gguf"
    with pytest.raises(InputError, match=r"no model in the form Q2_K; it has F16, Q4_K_M, Q8_0"):
        choose_form(release, "Q2_K")


def test_a_folder_of_a_persons_own_is_never_written_into(release: Path, engine: Path, tmp_path: Path) -> None:
    own = tmp_path / "own"
    own.mkdir()
    (own / "letter.txt").write_text("Ẹ kú iṣẹ́", encoding="utf-8")
    with pytest.raises(InputError, match="holds something that is no pack"):
        build_web_pack(release, own, engine, QUIET)
    assert [path.name for path in own.iterdir()] == ["letter.txt"]


def test_a_pack_whose_writing_was_cut_is_written_again(release: Path, engine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "web"
    monkeypatch.setattr(build, "_list", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        build_web_pack(release, out, engine, QUIET)
    assert (out / "model" / "0000.part").is_file()
    monkeypatch.undo()
    make_engine(engine, monkeypatch)
    assert build_web_pack(release, out, engine, QUIET).files == len(hashes(out))


def test_another_engine_is_refused_and_a_missing_one_is_told_how_to_get(release: Path, engine: Path, tmp_path: Path) -> None:
    engine.write_bytes(engine.read_bytes() + b"x")
    with pytest.raises(InputError, match=r"its SHA-256 is another .*npm pack @wllama/wllama@"):
        build_web_pack(release, tmp_path / "web", engine, QUIET)
    assert not (tmp_path / "web").exists()
    with pytest.raises(InputError, match=r"is not here .*npm pack"):
        find_package(None, (release,))


def test_a_folder_without_a_release_is_named(engine: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no release with a \.gguf file .*mbegu grow"):
        build_web_pack(tmp_path, tmp_path / "web", engine, QUIET)


def test_a_release_is_not_taken_for_an_earlier_pack(release: Path, engine: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds something that is no pack"):
        build_web_pack(release, release, engine, QUIET)
    assert (release / "label.html").is_file()


def put(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("label.html", "a file is damaged"),
        ("other-Q4_K_M.gguf", "a file is here that Mbegu did not put here"),
        ("hf/modeling.py.partial", "a file is here that Mbegu did not put here"),
        ("manifest.json", "the manifest is damaged"),
    ],
)
def test_no_pack_is_made_of_a_release_that_is_not_as_it_was_written(release: Path, engine: Path, tmp_path: Path, name: str, problem: str) -> None:
    put(release / name, b"{}" if name == "manifest.json" else b"<h1>Forged</h1>")
    with pytest.raises(DamageError) as caught:
        build_web_pack(release, tmp_path / "web", engine, QUIET)
    assert caught.value.one_line().startswith("no pack is made of a release that is not as it was written: ")
    assert f"{release / name}). `mbegu verify` names all that is wrong; make the release anew, or copy it again" in caught.value.one_line()
    assert problem in caught.value.one_line()
    assert not (tmp_path / "web").exists()


def test_a_folder_without_a_manifest_is_no_release(release: Path, engine: Path, tmp_path: Path) -> None:
    (release / "manifest.json").unlink()
    with pytest.raises(DamageError, match="not as it was written: the manifest is missing"):
        build_web_pack(release, tmp_path / "web", engine, QUIET)


def test_only_the_engine_may_lie_in_a_release(release: Path, engine: Path, tmp_path: Path) -> None:
    inside = engine.rename(release / engine.name)
    build_web_pack(release, tmp_path / "web", inside, QUIET)
    put(release / "leaflet.pdf", b"%PDF")
    with pytest.raises(DamageError, match=r"leaflet\.pdf"):
        build_web_pack(release, tmp_path / "web", inside, QUIET)


@pytest.mark.parametrize(
    ("label", "problem"),
    [
        (b"<!doctype html><title>x</title><SCRIPT>steal()</SCRIPT>", "holds a script or leads on to another page"),
        (b'<meta http-equiv="refresh" content="0; url=https://example.org">', "holds a script or leads on to another page"),
        (b"<!doctype html><title>\xff\xfe</title>", "the label is not text in UTF-8"),
    ],
)
def test_a_label_that_acts_is_refused_though_its_hashes_are_right(release: Path, engine: Path, tmp_path: Path, label: bytes, problem: str) -> None:
    put(release / "label.html", label)
    seal_release(release)
    for build_pack in (build_web_pack, build_app):
        with pytest.raises(DamageError, match=problem):
            build_pack(release, tmp_path / "out", engine, QUIET)
    assert not (tmp_path / "out").exists()


def test_whatever_a_label_holds_a_policy_stands_before_it(release: Path, engine: Path, tmp_path: Path) -> None:
    label = '\ufeff<body onload="steal()"><img src=x onerror="steal()"><a href="javascript:steal()">Ẹ káàbọ̀</a>'
    put(release / "label.html", label.encode("utf-8"))
    seal_release(release)
    out = build_web_pack(release, tmp_path / "web", engine, QUIET).folder
    copied = (out / "label.html").read_text(encoding="utf-8")
    head, policy, rest = re.fullmatch(
        r'(<!doctype html>\n<meta charset="utf-8">\n)<meta http-equiv="Content-Security-Policy" content="([^"]+)">\n(.*)', copied, re.DOTALL
    ).groups()
    assert "script" not in head and "script" not in policy
    assert policy.startswith("default-src 'none'; ")
    assert rest == label.removeprefix("\ufeff")


def test_a_label_that_mbegu_wrote_is_taken(release: Path, engine: Path, tmp_path: Path) -> None:
    page = label_html(whole_label(tmp_path))
    put(release / "label.html", page.encode("utf-8"))
    seal_release(release)
    out = build_web_pack(release, tmp_path / "web", engine, QUIET).folder
    assert (out / "label.html").read_text(encoding="utf-8").endswith(page)
