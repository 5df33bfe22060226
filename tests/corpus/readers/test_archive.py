from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from tests.corpus.material import docx, pdf, story, zipped

from mbegu.corpus.findings import BINARY, BOMB, DAMAGED, EMPTY, HIDDEN, PAPERS, PROTECTED, UNSUPPORTED, ReadError


def test_members_are_read_in_the_order_of_their_names(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.zip", zipped([("b.txt", story(2)), ("a/ọ̀rọ̀ 📚.docx", docx(["ọ̀rọ̀"])), ("c.pdf", pdf("Habari"))]))
    assert [text.strip() for text in made.texts] == ["ọ̀rọ̀", story(2).strip(), "Habari"]
    assert made.places == ["a.zip/a/ọ̀rọ̀ 📚.docx", "a.zip/b.txt", "a.zip/c.pdf"]


def test_what_is_no_text_is_listed_and_the_rest_read(read) -> None:  # type: ignore[no-untyped-def]
    members = {
        "__MACOSX/._a.txt": "x",
        "a.txt": story(1),
        "b.exe": b"\x00\x01",
        "c.txt": "",
        "d.docx": b"no",
        "LICENSE": "x",
        "e.txt": b"\x00\x01" * 90,
    }
    made = read("a.zip", zipped(members))
    assert made.texts == [story(1)]
    assert made.findings.dropped == {HIDDEN: 1, UNSUPPORTED: 1, EMPTY: 1, DAMAGED: 1, PAPERS: 1, BINARY: 1}


@pytest.mark.parametrize("name", ["../../evil.txt", "/etc/evil.txt", "a/../../evil.txt", "..\\evil.txt"])
def test_a_name_outside_is_read_in_memory_and_nothing_is_written(read, tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.chdir(tmp_path)
    made = read("a.zip", zipped({name: story(1)}))
    assert made.texts == [story(1)]
    assert made.places[0].startswith("a.zip/")
    assert ".." not in made.places[0]
    assert "a place outside itself" in made.findings.notes[0][1]
    assert list(tmp_path.rglob("*")) == []


def test_archives_in_archives_are_read_to_a_depth(read) -> None:  # type: ignore[no-untyped-def]
    nested = zipped({"x.txt": story(1)})
    for _ in range(2):
        nested = zipped({"inner.zip": nested})
    made = read("a.zip", nested)
    assert (made.texts, made.places) == ([story(1)], ["a.zip/inner.zip/inner.zip/x.txt"])
    deeper = read("a.zip", zipped({"inner.zip": nested, "y.txt": story(2)}))
    assert deeper.texts == [story(2)]
    assert "more than 3 deep" in deeper.findings.problems[0].detail


def test_a_bomb_is_told_by_its_ratio_before_it_goes_off(read) -> None:  # type: ignore[no-untyped-def]
    made = read("a.zip", zipped({"bomb.txt": b"a" * 20_000_000, "x.txt": story(1)}))
    assert made.texts == [story(1)]
    assert made.findings.problems[0].reason == BOMB
    assert "would unpack from 19." in made.findings.problems[0].detail


def test_the_whole_of_an_archive_has_a_limit(read) -> None:  # type: ignore[no-untyped-def]
    inner = zipped({f"{i}.txt": story(i, sentences=40) for i in range(4)})
    made = read("a.zip", zipped({f"{i}.zip": inner for i in range(9)}), max_unpacked_bytes=20_000)
    assert 0 < len(made.texts) < 36
    assert any("unpacks to more than 20.0 kB" in problem.detail for problem in made.findings.problems)


def test_a_locked_member_is_told(read) -> None:  # type: ignore[no-untyped-def]
    data = bytearray(zipped({"a.txt": story(1)}, zipfile.ZIP_STORED))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    made = read("a.zip", bytes(data))
    assert made.findings.problems[0].reason == PROTECTED


def test_a_damaged_archive_is_told(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="cannot be opened") as caught:
        read("a.zip", zipped({"a.txt": story(1)})[:-10])
    assert caught.value.reason == DAMAGED


@pytest.mark.parametrize("method", [zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
@pytest.mark.parametrize("name", ["b.txt", "b.docx"])
def test_a_damaged_member_is_listed_and_the_rest_read(read, method: int, name: str) -> None:  # type: ignore[no-untyped-def]
    content = docx(story(2).split("\n")) if name == "b.docx" else story(2)
    data = bytearray(zipped([("a.txt", story(1)), (name, content), ("c.txt", story(3))], method))
    start = data.index(name.encode()) + len(name)
    data[start + 20 : start + 60] = b"\xaa" * 40
    made = read("a.zip", bytes(data))
    assert made.texts == [story(1), story(3)]
    assert [(drop.source, drop.reason) for drop in made.findings.drops] == [(f"a.zip/{name}", DAMAGED)]
