"""Of text that was withdrawn, or whose consent has ended, nothing is written among what reading left out, and it takes nothing from others."""

from __future__ import annotations

import datetime
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import story

from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.admit import Admission
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.files import text_files, text_roots
from mbegu.corpus.findings import BROKEN_ROW, REPEATED_LINE, TOO_SHORT, WITHDRAWN, Findings
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


def test_cleaning_keeps_nothing_of_it_either(project: Path, tmp_path: Path) -> None:
    put(project / "text", files())
    withdrawn(CONTRIBUTOR, "Ada").write(tmp_path / "out")
    clean(CleanSettings(paths=(str(project / "text"),), language="yor", min_document_bytes=100), tmp_path / "out", QUIET)
    dropped = pq.read_table(tmp_path / "out" / "dropped.parquet").to_pylist()
    assert not [row for row in dropped if row["source"].startswith("ada/") and (row["text"] or row["detail"])]
    rows = [row["text"].strip() for row in dropped if row["reason"] == BROKEN_ROW and row["source"].startswith("b/")]
    assert rows == ['{"text": "kept as it is told']


def test_lines_of_text_without_a_licence_take_nothing_from_text_that_has_one(project: Path) -> None:
    given = files()
    put(project / "text", {"a.txt": given["ada/long.txt"], "b.txt": given["b/long.txt"], "sources.toml": TABLE.replace('"ada"', '"b.txt"')})
    settings, place, findings = CorpusSettings(require_licence=True), Project(project), Findings()
    admission = Admission(Papers.read_all(text_roots(settings, place)), require_licence=True)
    read = list(read_documents(text_files(settings, place, findings), "yor", settings, findings, QUIET, admission))
    assert sum(SECRET in each.text for each in read) == 1
    assert {each.contributor for each in read} == {"Ada"}
