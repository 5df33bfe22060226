"""A consent that has run out is heeded: by the corpus step, by cleaning, by the fingerprint; and told by the licences and the label."""

from __future__ import annotations

import datetime
import gzip
import io
import json
from datetime import timezone
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.corpus.conftest import put
from tests.corpus.material import stories

from mbegu.cli.corpus_licences import licences
from mbegu.core.documents import Document, read_documents
from mbegu.core.report import Say
from mbegu.corpus.admit import Admission, Refusal
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.files import fingerprint
from mbegu.corpus.papers import Papers, consent_ended
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.withdrawn import CONTRIBUTOR, Entry, Withdrawn
from mbegu.ledger import clock

QUIET = Say(io.StringIO(), quiet=True)
TABLE = '[[source]]\nfiles = "ada"\ncontributor = "Ada"\nlicence = "CC-BY-4.0"\nconsent = { until = 2026-06-30 }\n'


def set_day(monkeypatch: pytest.MonkeyPatch, year: int, month: int, day: int) -> None:
    monkeypatch.setattr(clock, "now", lambda: datetime.datetime(year, month, day, 12, tzinfo=timezone.utc))


def given() -> dict[str, str]:
    ada = {f"ada/{name}": text for name, text in stories(30).items()}
    return ada | {f"b/{name}": text for name, text in stories(60, 100).items()} | {"sources.toml": TABLE}


@pytest.mark.parametrize(
    ("until", "today", "ended"),
    [
        ("", "2030-01-01", False),
        ("2026-06-30", "2026-06-30", False),
        ("2026-06-30", "2026-07-01", True),
        ("2026-06", "2026-06-30", False),
        ("2026-06", "2026-07-01", True),
        ("2026", "2026-12-31", False),
        ("2026", "2027-01-01", True),
        ("some day", "2030-01-01", False),
    ],
)
def test_a_consent_goes_to_the_end_of_its_last_day(until: str, today: str, ended: bool) -> None:
    assert consent_ended(until, datetime.date.fromisoformat(today)) is ended


def test_who_is_admitted() -> None:
    document = Document("1", "x", "yor", "a.txt", "unknown", "", {"consent_until": "2026-06"})
    assert Admission().of(document) == document
    assert Admission(day=datetime.date(2026, 6, 30)).of(document) == document
    assert Admission(day=datetime.date(2026, 7, 1)).of(document) == Refusal("consent ended on 2026-06")
    refused = Admission(require_licence=True).of(document)
    assert isinstance(refused, Refusal)
    assert refused.keeps_text


def test_what_is_hidden_by_what_the_papers_tell_of_its_source(tmp_path: Path) -> None:
    put(tmp_path, {"sources.toml": TABLE})
    papers = Papers.read(tmp_path)
    empty = Withdrawn("00" * 16)
    list_of_bola = Withdrawn(empty.salt, (Entry(CONTRIBUTOR, empty.name_hash(CONTRIBUTOR, "Bọ́lá"), "2026-01-01", (), True),))
    admission = Admission(papers, list_of_bola, True, datetime.date(2026, 7, 1))
    assert admission.hides("ada/rows.csv#17")
    assert admission.hides("b.txt", contributor="Bọ́lá")
    assert not admission.hides("b.txt")  # without a licence it may still be shown
    assert papers.remarks() == ["sources.toml: 'ada' fits no document"]  # nothing of it was counted as a document


@pytest.mark.parametrize("cleans", [False, True])
def test_a_consent_that_has_ended_is_dropped_and_its_text_is_written_nowhere(grow, monkeypatch: pytest.MonkeyPatch, cleans: bool) -> None:  # type: ignore[no-untyped-def]
    set_day(monkeypatch, 2026, 6, 30)
    before = grow(given(), clean=cleans)
    assert before.facts["contributors"]["Ada"]["documents"] == 30
    assert before.facts["terms"]["consent_until"] == {"2026-06-30": 30}
    set_day(monkeypatch, 2026, 7, 1)
    after = grow({}, clean=cleans)
    assert "Ada" not in after.facts["contributors"]
    assert after.facts["dropped"]["consent ended on 2026-06-30"] == 30
    assert "30 documents are not used: consent ended on 2026-06-30" in after.said
    words = stories(1)["story-0000.txt"].split("\n")[0]
    for path in after.out.rglob("*.parquet"):
        import pyarrow.parquet as pq

        assert words not in json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False), path


def test_a_consent_for_a_row_of_a_packed_table_ends(grow, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    set_day(monkeypatch, 2026, 7, 1)
    rows = gzip.compress("\n".join(json.dumps({"text": text}) for text in stories(30).values()).encode())
    grown = grow(stories(60, 100) | {"rows.jsonl.gz": rows, "sources.toml": TABLE.replace('"ada"', '"rows.jsonl#17"')})
    assert grown.facts["dropped"]["consent ended on 2026-06-30"] == 1
    assert grown.dropped_for("consent ended on 2026-06-30") == ["rows.jsonl.gz#17"]


def test_a_consent_for_a_packed_file_ends_by_the_name_that_the_file_has(grow, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    set_day(monkeypatch, 2026, 7, 1)
    table = TABLE.replace('"ada"', '"ada.txt.gz"')
    packed = gzip.compress("\n".join(stories(30).values()).encode())
    grown = grow(stories(60, 100) | {"ada.txt.gz": packed, "sources.toml": table})
    assert grown.facts["contributors"] == {}
    assert grown.facts["dropped"]["consent ended on 2026-06-30"] >= 1


def test_the_fingerprint_changes_on_the_day_after(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    put(project / "text", given())
    cleaned = CorpusSettings(text=(str(tmp_path / "out"),))
    set_day(monkeypatch, 2026, 6, 29)
    clean(CleanSettings(paths=(str(project / "text"),), language="yor"), tmp_path / "out", QUIET)
    one, kept_one = fingerprint(CorpusSettings(), project, QUIET), fingerprint(cleaned, project, QUIET)
    set_day(monkeypatch, 2026, 6, 30)
    assert (fingerprint(CorpusSettings(), project, QUIET), fingerprint(cleaned, project, QUIET)) == (one, kept_one)
    set_day(monkeypatch, 2026, 7, 1)
    assert fingerprint(CorpusSettings(), project, QUIET) != one
    assert fingerprint(cleaned, project, QUIET) != kept_one  # also where only the cleaned text knows of the consent


def test_cleaned_text_heeds_the_consent_that_stands_in_it(grow, project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    put(project / "text", given())
    set_day(monkeypatch, 2026, 6, 30)
    clean(CleanSettings(paths=(str(project / "text"),), language="yor"), tmp_path / "kept", QUIET)
    assert len(list(read_documents(tmp_path / "kept" / "kept.parquet"))) == 90
    set_day(monkeypatch, 2026, 7, 1)
    assert grow({}, text=(str(tmp_path / "kept"),)).facts["documents"] == 60
    said = CliRunner().invoke(licences, [str(tmp_path / "kept")])
    assert "30 documents must not be used any more: consent ended on 2026-06-30" in said.output
    facts = clean(CleanSettings(paths=(str(project / "text"),), language="yor"), tmp_path / "kept", QUIET)
    assert facts["dropped"]["consent ended on 2026-06-30"] == {"documents": 30, "lines": 0, "bytes": 0}
    said = CliRunner().invoke(licences, [str(tmp_path / "kept")])
    assert "30 documents were left out: consent ended on 2026-06-30." in said.output


def test_a_licence_can_be_required_in_cleaning_after_the_papers_were_read(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    set_day(monkeypatch, 2026, 6, 30)
    put(project / "text", given())
    settings = CleanSettings(paths=(str(project / "text"),), language="yor", require_licence=True)
    facts = clean(settings, tmp_path / "out", QUIET)
    assert facts["dropped"]["no licence"]["documents"] == 60
