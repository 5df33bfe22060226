from __future__ import annotations

import pytest

from mbegu.corpus.source import file_of, unpacked


@pytest.mark.parametrize(
    ("source", "file"),
    [
        ("a.txt", "a.txt"),
        ("a.txt#17", "a.txt"),
        ("rows.csv#17:40", "rows.csv"),
        ("scan.pdf#page 3", "scan.pdf"),
        ("Iwe #1/a.txt", "Iwe #1/a.txt"),
        ("Iwe #1/a.txt#17", "Iwe #1/a.txt"),
        ("Iwe #1", "Iwe #1"),
        ("#1/rows.csv#2:3", "#1/rows.csv"),
        ("a/#1", "a/#1"),
        ("Orin#2 (àtijọ́).txt", "Orin#2 (àtijọ́).txt"),
        ("Orin #2.txt#121", "Orin #2.txt"),
        ("wiki #1/dump.xml.bz2#Ìwé/Orí 1:40", "wiki #1/dump.xml.bz2"),
        ("memory.tmx#yo", "memory.tmx"),
        ("wiki.ZIM#A/C#.html", "wiki.ZIM"),
    ],
)
def test_a_place_is_told_from_a_name_with_its_sign(source: str, file: str) -> None:
    assert file_of(source) == file


@pytest.mark.parametrize(("name", "inside"), [("a.txt", "a.txt"), ("a.txt.gz", "a.txt"), ("a.XML.BZ2.xz", "a.XML"), ("gz", "gz")])
def test_the_name_of_what_is_packed(name: str, inside: str) -> None:
    assert unpacked(name) == inside
