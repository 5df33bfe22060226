from __future__ import annotations

import json

import pytest
from tests.corpus.report.corpora import DROPS, FACTS, two_sources, write_corpus

from mbegu.core.documents import write_documents
from mbegu.core.errors import DamageError, InputError
from mbegu.corpus.report.folder import open_folder


def test_opens_what_clean_wrote(tmp_path):
    folder = open_folder(write_corpus(tmp_path / "out", two_sources(2), FACTS, DROPS))
    assert [path.name for path in folder.kept] == ["kept.parquet"]
    assert folder.dropped.name == "dropped.parquet"
    assert folder.facts["private"] == {"PHONE": 4, "EMAIL": 0}
    assert folder.page == tmp_path / "out" / "report.html" and not folder.is_project and folder.leaks is None


def test_opens_a_project_and_its_step_and_writes_outside_the_sealed_step(tmp_path):
    step = tmp_path / "p" / "grown" / "corpus"
    for side in ("train", "heldout"):
        write_documents(step / f"{side}.parquet", two_sources(1))
    report = {
        "language": "yor",
        "files_seen": 3,
        "dropped": {"too short": {"count": 2, "bytes": 9, "examples": []}},
        "split": {"overlap_share": 0.25},
    }
    (step / "report.json").write_text(json.dumps(report), encoding="utf-8")
    for given in (tmp_path / "p", step):
        folder = open_folder(given)
        assert folder.is_project and len(folder.kept) == 2 and folder.dropped is None
        assert folder.page == tmp_path / "p" / "report.html"
        assert folder.facts["dropped"] == {"too short": {"documents": 2, "lines": 0, "bytes": 9}}
        assert folder.facts["overlap_share"] == 0.25


def test_says_what_to_do_where_there_is_no_corpus(tmp_path):
    with pytest.raises(InputError, match=r"no kept\.parquet.*mbegu corpus clean TEXT --out DIR"):
        open_folder(tmp_path)
    with pytest.raises(InputError, match=r"no such folder .*absent"):
        open_folder(tmp_path / "absent")


@pytest.mark.parametrize("text", ["{", "[]", "\ufeff[", '{"dropped": 1, "pairs": {}}', "[" * 100_000])
def test_damaged_facts_are_one_line(tmp_path, text):
    write_corpus(tmp_path, two_sources(1))
    (tmp_path / "clean.json").write_text(text, encoding="utf-8")
    with pytest.raises(DamageError, match=r"clean\.json") as caught:
        open_folder(tmp_path)
    assert "\n" not in caught.value.one_line()


def test_all_values_of_a_wrong_type_are_named_at_once(tmp_path):
    write_corpus(tmp_path, two_sources(1), {"dropped": [], "pairs": {}, "files_seen": 1})
    with pytest.raises(DamageError, match="dropped, pairs"):
        open_folder(tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_leaks_are_read_as_any_shell_writes_them(tmp_path, encoding):
    write_corpus(tmp_path, two_sources(1))
    (tmp_path / "leaks.json").write_text('{"tests": [{"test": "ìdánwò"}]}', encoding=encoding)
    assert open_folder(tmp_path).leaks == {"tests": [{"test": "ìdánwò"}]}
