from __future__ import annotations

import re

import pytest
from tests.corpus.report.corpora import DROPS, FACTS, two_sources, write_corpus

from mbegu.core.errors import DamageError
from mbegu.corpus.report import write_report


def test_writes_the_page_and_the_same_page_again(tmp_path):
    folder = write_corpus(tmp_path / "ọ̀rọ̀ <1>", two_sources(), FACTS, DROPS)
    page = write_report(folder)
    assert page == folder / "report.html"
    first = page.read_bytes()
    assert write_report(folder).read_bytes() == first
    assert "<title>Corpus report: ọ̀rọ̀ &lt;1&gt;</title>" in first.decode()


def test_a_damaged_corpus_leaves_the_old_page(tmp_path):
    folder = write_corpus(tmp_path, two_sources(1))
    write_report(folder)
    (folder / "kept.parquet").write_bytes(b"cut")
    with pytest.raises(DamageError, match=re.escape("kept.parquet")):
        write_report(folder)
    assert (folder / "report.html").stat().st_size > 1000
