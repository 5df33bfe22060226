"""Of text that was withdrawn, or whose consent has ended, nothing is written among what reading left out, and it takes nothing from others."""

from __future__ import annotations

import datetime
import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story

from mbegu.core.documents import read_documents as read_parquet
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.admit import Admission
from mbegu.corpus.clean import parts
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.files import text_files, text_roots
from mbegu.corpus.findings import BROKEN_ROW, PAPERS, REPEATED_LINE, TOO_SHORT, WITHDRAWN, Findings
from mbegu.corpus.papers import Papers
from mbegu.corpus.read import read_documents
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.withdrawn import CONTRIBUTOR, DOCUMENT, SOURCE, Entry, Withdrawn

QUIET = Say(io.StringIO(), quiet=True)
TABLE = '[[source]]\nfiles = "ada"\ncontributor = "Ada"\nlicence = "CC-BY-4.0"\n'
SECRET = "ọ̀rọ̀ tí Adá kọ sílẹ̀ tí ẹnikẹ́ni kò gbọdọ̀ rí mọ́ láéláé nínú ìwé kankan"


def files() -> dict[str, str]:
    long = "\n".join([SECRET, *(story(number) for number in range(60)), SECRET, ""])
    return {
        "sources.toml": TABLE,
        "ada/long.txt": long,
        "ada/rows.jsonl": json.dumps({"text": story(90)}) + f'\n{{"text": "{SECRET}\n',
        "ada/short.txt": SECRET[:20],
        "b/long.txt": "\n".join([SECRET, *(story(number) for number in range(100, 160)), ""]),
        "b/rows.jsonl": json.dumps({"text": story(91)}) + '\n{"text": "kept as it is told\n',
    }


def withdrawn(kind: str, name: str) -> Withdrawn:
    empty = Withdrawn("00" * 16)
    return Withdrawn(empty.salt, (Entry(kind, empty.name_hash(kind, name), "2026-01-01", (), True),))


@pytest.mark.parametrize(
    ("entry", "until", "reason"),
    [
        (withdrawn(CONTRIBUTOR, "Ada"), "", WITHDRAWN),
        (withdrawn(SOURCE, "ada"), "", WITHDRAWN),
        (None, 'consent = { until = "2026-06" }\n', "consent ended on 2026-06"),
    ],
)
def test_nothing_of_it_is_recorded_and_a_line_that_others_have_stays(project: Path, entry: Withdrawn | None, until: str, reason: str) -> None:
    put(project / "text", files() | {"sources.toml": TABLE + until})
    settings = CorpusSettings(min_document_bytes=100)
    place, findings = Project(project), Findings()
    admission = Admission(Papers.read_all(text_roots(settings, place)), entry, day=datetime.date(2026, 7, 1))
    read = list(read_documents(text_files(settings, place, findings), "yor", settings, findings, QUIET, admission))
    assert {each.source.partition("/")[0] for each in read} == {"b"}
    assert sum(SECRET in each.text for each in read) == 1
    assert not [drop for drop in findings.drops if drop.source.startswith("ada/") and (drop.excerpt or drop.detail)]
    assert findings.dropped[reason] > 1
    assert (findings.dropped[REPEATED_LINE], findings.dropped[TOO_SHORT]) == (0, 0)
    assert [drop.source for drop in findings.drops if drop.reason == BROKEN_ROW and drop.excerpt] == ["b/rows.jsonl#2"]


def test_a_line_of_a_withdrawn_block_stays_where_it_comes_again(project: Path) -> None:
    given = files()
    put(project / "text", {"a.txt": given["b/long.txt"], "b.txt": "\n".join([*(story(number) for number in range(60)), SECRET, ""])})
    settings, place = CorpusSettings(), Project(project)
    listed = text_files(settings, place)
    first = next(read_documents(listed, "yor", settings, Findings(), QUIET, Admission()))
    assert first.source == "a.txt#1"
    for kind, name in ((SOURCE, "a.txt#1"), (DOCUMENT, first.id)):
        read = list(read_documents(listed, "yor", settings, Findings(), QUIET, Admission(withdrawn=withdrawn(kind, name))))
        assert [each.source.partition("#")[0] for each in read if SECRET in each.text] == ["b.txt"]


def test_a_line_of_a_withdrawn_block_stays_in_the_blocks_right_behind_it(project: Path) -> None:
    settings, place = CorpusSettings(), Project(project)
    put(project / "text", {"a.txt": "\n".join([SECRET, story(1, sentences=15), SECRET, story(2, sentences=15), SECRET, *map(story, range(3, 60))])})
    listed, findings = text_files(settings, place), Findings()
    first, *rest = read_documents(listed, "yor", settings, findings, QUIET, Admission())
    assert [SECRET in each.text for each in (first, *rest[:2])] == [True, False, False]
    assert [drop.excerpt for drop in findings.drops if drop.reason == REPEATED_LINE] == [SECRET, SECRET]
    read = list(read_documents(listed, "yor", settings, Findings(), QUIET, Admission(withdrawn=withdrawn(DOCUMENT, first.id))))
    assert [each.text.count(SECRET) for each in read[:3]] == [1, 0, 0]


def test_a_line_that_a_withdrawn_block_holds_twice_is_not_shown(project: Path) -> None:
    settings, place, findings = CorpusSettings(), Project(project), Findings()
    put(project / "text", {"a.txt": "\n".join([SECRET, SECRET, *map(story, range(60))])})
    listed = text_files(settings, place)
    first = next(read_documents(listed, "yor", settings, Findings(), QUIET, Admission()))
    read = list(read_documents(listed, "yor", settings, findings, QUIET, Admission(withdrawn=withdrawn(DOCUMENT, first.id))))
    assert not [each for each in read if SECRET in each.text]
    assert [(drop.reason, drop.excerpt) for drop in findings.drops] == [(WITHDRAWN, ""), (REPEATED_LINE, "")]


def test_cleaning_keeps_nothing_of_it_either(project: Path, tmp_path: Path) -> None:
    put(project / "text", files())
    withdrawn(CONTRIBUTOR, "Ada").write(tmp_path / "out")
    clean(CleanSettings(paths=(str(project / "text"),), language="yor", min_document_bytes=100), tmp_path / "out", QUIET)
    dropped = pq.read_table(tmp_path / "out" / "dropped.parquet").to_pylist()
    assert not [row for row in dropped if row["source"].startswith("ada/") and (row["text"] or row["detail"])]
    rows = [row["text"].strip() for row in dropped if row["reason"] == BROKEN_ROW and row["source"].startswith("b/")]
    assert rows == ['{"text": "kept as it is told']


def test_cleaning_keeps_nothing_of_what_is_known_by_its_id_or_its_text(project: Path, tmp_path: Path) -> None:
    put(project / "text", {"a.txt": story(1), "b.txt": story(2), "c.txt": story(3), "long.txt": story(4, sentences=60)})
    settings = CleanSettings(paths=(str(project / "text"),), language="yor", document="file")
    clean(settings, tmp_path / "out", QUIET)
    kept = {document.source: document for document in read_parquet(tmp_path / "out" / "kept.parquet")}
    empty = Withdrawn("00" * 16)
    by_id = Entry(DOCUMENT, empty.name_hash(DOCUMENT, kept["a.txt"].id), "2026-01-01", (), True)
    by_text = Entry(SOURCE, empty.name_hash(SOURCE, "elsewhere.txt"), "2026-01-01", (empty.text_hash(kept["b.txt"].text),), True)
    Withdrawn(empty.salt, (by_id, by_text)).write(tmp_path / "out")
    clean(replace(settings, min_document_bytes=len(story(4).encode()) * 2), tmp_path / "out", QUIET)
    dropped = pq.read_table(tmp_path / "out" / "dropped.parquet").to_pylist()
    assert {row["source"]: row["text"] for row in dropped if row["reason"] == TOO_SHORT} == {"a.txt": "", "b.txt": "", "c.txt": kept["c.txt"].text}


def test_what_reading_leaves_out_of_a_slice_has_its_place_in_the_whole_file(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.dumps({"text": story(number, sentences=6)}) for number in range(60)]
    rows[39:41] = [json.dumps({"text": SECRET}), '{"text": "kept as it is told']
    put(project / "text", {"sources.toml": TABLE.replace('"ada"', '"rows.jsonl#40"'), "rows.jsonl": "\n".join([*rows, ""])})
    withdrawn(CONTRIBUTOR, "Ada").write(tmp_path / "out")
    monkeypatch.setattr(parts, "PART_BYTES", 9_000)
    monkeypatch.setattr(parts, "BLOCK_BYTES", 1_000)
    clean(CleanSettings(paths=(str(project / "text"),), language="yor", min_document_bytes=200), tmp_path / "out", QUIET)
    dropped = pq.read_table(tmp_path / "out" / "dropped.parquet").to_pylist()
    told = {(row["source"], row["reason"], row["text"].strip()) for row in dropped if row["reason"] != PAPERS}
    assert told == {("rows.jsonl#40", TOO_SHORT, ""), ("rows.jsonl#41", BROKEN_ROW, '{"text": "kept as it is told')}


def test_lines_of_text_without_a_licence_take_nothing_from_text_that_has_one(project: Path) -> None:
    given = files()
    put(project / "text", {"a.txt": given["ada/long.txt"], "b.txt": given["b/long.txt"], "sources.toml": TABLE.replace('"ada"', '"b.txt"')})
    settings, place, findings = CorpusSettings(require_licence=True), Project(project), Findings()
    admission = Admission(Papers.read_all(text_roots(settings, place)), require_licence=True)
    read = list(read_documents(text_files(settings, place, findings), "yor", settings, findings, QUIET, admission))
    assert sum(SECRET in each.text for each in read) == 1
    assert {each.contributor for each in read} == {"Ada"}
