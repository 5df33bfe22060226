"""The list of what was withdrawn: which documents a name is for, however it is coded, and lists that were written before."""

from __future__ import annotations

import hashlib
import time
import unicodedata
from dataclasses import replace

import pytest

from mbegu.core.documents import Document
from mbegu.corpus.admit import Admission
from mbegu.corpus.withdrawn import CONTRIBUTOR, DOCUMENT, MOST_KNOWN, SOURCE, Entry, Withdrawn, kind_of, of_kind, places_of

NFC, NFD = (unicodedata.normalize(form, "Àdùkẹ́") for form in ("NFC", "NFD"))
SALT = "00" * 16


def listed(kind: str, name: str) -> Withdrawn:
    """A list as the version before wrote it: the name is hashed as it was typed."""
    return Withdrawn(SALT, (Entry(kind, hashlib.sha256(f"{SALT}\0{kind}\0{name}".encode()).hexdigest(), "2026-01-01", (), True),))


def document(source: str, contributor: str = "") -> Document:
    return Document("1", "Ọjọ́ dára.", "yor", source, contributor=contributor)


@pytest.mark.parametrize(
    ("source", "places"),
    [
        ("a.txt", ["a.txt"]),
        ("a/b.zip/c.csv#17", ["a/b.zip/c.csv#17", "a/b.zip/c.csv", "a/b.zip", "a"]),
        ("Iwe #1/a.txt#17", ["Iwe #1/a.txt#17", "Iwe #1/a.txt", "Iwe #1"]),
        ("a.csv.gz#17", ["a.csv.gz#17", "a.csv#17", "a.csv.gz", "a.csv"]),
        ("a.zip.xz/b.txt", ["a.zip.xz/b.txt", "a.zip/b.txt", "a.zip.xz", "a.zip"]),
    ],
)
def test_the_places_that_a_source_lies_in(source: str, places: list[str]) -> None:
    assert list(places_of(source)) == places


@pytest.mark.parametrize("typed", [NFC, NFD])
@pytest.mark.parametrize("stored", [NFC, NFD])
def test_a_name_is_the_same_however_its_marks_are_coded(typed: str, stored: str) -> None:
    given, lying = document("a.txt", stored), document(f"{stored}/a.txt")
    assert of_kind(given, CONTRIBUTOR, typed)
    assert kind_of(typed, [lying]) == SOURCE
    assert Withdrawn(SALT).name_hash(SOURCE, typed) == Withdrawn(SALT).name_hash(SOURCE, stored)
    assert listed(CONTRIBUTOR, typed).refuses(given)
    assert listed(SOURCE, typed).refuses(lying)
    assert not listed(CONTRIBUTOR, typed).refuses(document("a.txt", "Ada"))


def test_a_folder_with_a_sign_in_its_name_is_refused_and_no_other() -> None:
    entry = listed(SOURCE, "Iwe #1")
    assert entry.refuses(document("Iwe #1/a.txt#17"))
    assert not entry.refuses(document("Iwe #2/a.txt#17"))


def test_a_packed_file_is_refused_by_its_name_and_by_the_one_that_it_had_before() -> None:
    for name in ("a.csv.gz#17", "a.csv#17", "a.csv.gz", "a.csv"):
        assert listed(SOURCE, name).refuses(document("a.csv.gz#17")), name
    assert not listed(SOURCE, "a.csv").refuses(document("b.csv.gz#17"))


def test_a_withdrawal_of_many_texts_costs_a_document_no_more_than_one_of_few() -> None:
    of_source = listed(SOURCE, "elsewhere").entries[0]
    texts = (*(f"{number:064x}" for number in range(200_000)), Withdrawn(SALT).text_hash("Ó dára."))
    many = Withdrawn(SALT, (replace(of_source, texts=texts),))
    began_s = time.process_time()
    assert not any(many.refuses(document(f"a/{number}.txt#3", "Ada")) for number in range(1_000))
    assert many.refuses(replace(document("b.txt", "Ada"), text="ó dára"))
    assert time.process_time() - began_s < 1


def test_more_files_than_are_remembered_are_told_apart() -> None:
    entry = listed(SOURCE, "a/7.txt")
    for _ in range(2):
        assert [number for number in range(2 * MOST_KNOWN) if entry.refuses(document(f"a/{number}.txt#3"))] == [7]


def test_text_that_cannot_be_written_can_be_asked_for() -> None:
    assert not listed(DOCUMENT, "x").refuses(replace(document("a.txt"), text="\ud800"))
    assert Admission(withdrawn=listed(SOURCE, "a.txt")).hides("a.txt", "\ud800")
