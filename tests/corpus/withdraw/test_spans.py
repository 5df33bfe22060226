"""What text there is in a file: also in an app, where a browser unpacks it."""

from __future__ import annotations

import base64
import gzip
import json
import time
from pathlib import Path

import numpy as np
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story
from tests.corpus.withdraw.test_own import RECIPE, withdrawn
from tests.end_to_end.project import CommandLine
from tests.serve.pack.packs import make_engine, make_release

from mbegu.core.documents import Document
from mbegu.core.report import Say
from mbegu.corpus.withdraw import spans as spans_module
from mbegu.corpus.withdraw.spans import Spans, texts_in
from mbegu.serve.pack.app import build_app
from mbegu.serve.pack.browser_llama import FILE_NAME
from mbegu.serve.pack.contents import Wishes

HERS, OTHERS = story(1, sentences=10), story(2, sentences=10)


def block(name: str, data: bytes) -> bytes:
    return f'<script data-file="{name}" data-packed="gzip">{base64.b64encode(data).decode()}</script>'.encode()


def test_an_app_with_withdrawn_text_is_removed_and_what_a_person_put_beside_it_is_named(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mbegu: CommandLine
) -> None:
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/ada.txt": HERS, "text/b.txt": OTHERS})
    engine = make_engine(tmp_path / FILE_NAME, monkeypatch)
    for name, text in (("app", HERS), ("other", OTHERS)):
        made = build_app(make_release(tmp_path / name), project / name, engine, Say(quiet=True), Wishes(passages=[{"text": text, "file": "a.md"}]))
    put(project, {"app/notes.html": f"<p>{HERS}</p>", "mine/app.html": block("a.json", gzip.compress(json.dumps([HERS]).encode()))})
    result = withdrawn(mbegu, project)
    assert result["removed"] == [f"app/{made.file}"]
    assert result["other_files_to_look_at"] == ["app/notes.html", "mine/app.html"]
    assert (project / "app" / "READ-ME.txt").is_file()
    assert (project / "other" / made.file).is_file()


def test_a_list_of_checksums_of_other_files_does_not_make_a_folder_a_pack(project: Path, mbegu: CommandLine) -> None:
    put(project, {"mbegu.toml": RECIPE.format(text="text"), "text/ada.txt": HERS, "text/b.txt": OTHERS})
    put(project, {"mine/pack.json": "{}", "mine/copy.txt": HERS, "mine/SHA256SUMS": "0  copy.txt\n"})
    result = withdrawn(mbegu, project)
    assert (result["removed"], result["other_files_to_look_at"]) == ([], ["mine/copy.txt"])


def test_what_is_packed_in_a_page_is_read_in_bounds_and_damage_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spans_module, "WHOLE_LIMIT_BYTES", 1600)
    whole = gzip.compress(b"x" * 5000)
    packed = [("a.json", gzip.compress(b'["one\\ntwo"]')), ("b.txt", whole), ("c.txt", whole[:12]), ("d.txt", b"none"), ("e.wasm", whole)]
    page = b"<p>\n".join([b"<html>", *(block(name, data) for name, data in packed), b"<script data-file=x>"])
    put(tmp_path, {"page.html": page, "empty.html": ""})
    assert [text for text in texts_in(tmp_path / "page.html") if "<" not in text and "=" not in text] == ["one\ntwo", "x" * 1600]
    assert list(texts_in(tmp_path / "empty.html")) == []


def test_a_span_over_the_line_end_of_a_packed_passage_is_found(tmp_path: Path) -> None:
    spans = Spans.of_documents([Document("1", "a b c d\ne f g h", "yor", "a.txt")])
    passages = json.dumps({"passages": [{"text": "a b c d\ne f g h"}]}).encode()
    other = gzip.compress(b'["a b c"]')
    put(tmp_path, {"app.html": b"<html>" + block("passages.json", gzip.compress(passages)), "other.html": block("p.json", other)})
    assert [any(map(spans.stand_in, texts_in(tmp_path / name))) for name in ("app.html", "other.html")] == [True, False]


def test_spans_are_told_from_others_at_either_end_and_in_short_texts() -> None:
    spans = Spans.of_documents([Document("h", HERS, "yor", "h.txt")])
    words = HERS.split()
    for part in (words[:8], words[-8:], ["ọ̀rọ̀", *words[20:28], "mìíràn"]):
        assert spans.stand_in(" ".join(part))
    for text in ("", "ọ̀rọ̀", " ".join(words[:7]), OTHERS):
        assert not spans.stand_in(text)
    count = len(spans.hashes)
    spans.take_away([Document("p", " ".join(words[:8]), "yor", "p.txt"), Document("o", OTHERS, "yor", "o.txt")])
    assert len(spans.hashes) == count - 1
    assert not spans.stand_in(" ".join(words[:8]))
    assert spans.stand_in(" ".join(words[-8:]))


def test_ten_thousand_short_texts_are_looked_through_at_once() -> None:
    spans = Spans(np.arange(1_000_000, dtype=np.uint64))
    began_s = time.process_time()
    assert not any(spans.stand_in(f"ọ̀rọ̀ kan tí a kò mọ̀ rárá ni {number}") for number in range(10_000))
    assert time.process_time() - began_s < 5, "the million spans are not gone over for each"
