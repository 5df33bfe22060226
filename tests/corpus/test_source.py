from __future__ import annotations

import pytest

from mbegu.corpus.source import file_of, unpacked, unpacked_source


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


@pytest.mark.parametrize(
    ("source", "inside"),
    [
        ("a.txt#17", "a.txt#17"),
        ("rows.csv.gz#17:40", "rows.csv#17:40"),
        ("c.zip.bz2/b/rows.csv.gz#17", "c.zip/b/rows.csv#17"),
        ("wiki.xml.bz2#Orin.gz/1", "wiki.xml#Orin.gz/1"),
    ],
)
def test_the_source_of_what_is_packed(source: str, inside: str) -> None:
    assert unpacked_source(source) == inside
