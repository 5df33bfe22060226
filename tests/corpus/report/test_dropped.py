from __future__ import annotations

import random

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.corpus.report.corpora import DROPS, FACTS, drop, two_sources, write_corpus

from mbegu.core.errors import DamageError
from mbegu.corpus.report.dropped import EXAMPLES, dropped_reasons
from mbegu.corpus.report.pairs import Lookup


def reasons(folder, drops, counted=None, lookup=None):
    write_corpus(folder, two_sources(1), drops=drops)
    return dropped_reasons(folder / "dropped.parquet", counted, lookup or Lookup(()))


def test_counts_documents_lines_and_bytes(tmp_path):
    near, repeated = reasons(tmp_path, DROPS)
    assert (near.name, near.documents, near.lines) == ("repeated line", 0, 3) or (near.name, near.documents) == ("near duplicate", 2)
    by_name = {each.name: each for each in (near, repeated)}
    assert by_name["near duplicate"].bytes == sum(len(each["text"].encode()) for each in DROPS[:2])
    assert by_name["repeated line"].examples[0].line in (4, 5, 6)


def test_counts_made_while_cleaning_hold(tmp_path):
    found = {each.name: each for each in reasons(tmp_path, DROPS, FACTS["dropped"] | {"stub": {"documents": 1}, "odd": 3})}
    assert found["near duplicate"].bytes == 900 and found["stub"].documents == 1 and found["odd"].documents == 0
    assert found["near duplicate"].examples


def test_examples_come_from_several_files_whatever_the_order(tmp_path):
    drops = [drop(f"{'big' if i < 900 else f'f{i}'}.txt#{i}", "stub", f"ọ̀rọ̀ {i}", line=i + 1) for i in range(950)]
    mixed = random.Random(1).sample(drops, len(drops))
    one, two = reasons(tmp_path / "1", drops)[0].examples, reasons(tmp_path / "2", mixed)[0].examples
    assert one == two and len(one) == EXAMPLES == len({each.source.partition("#")[0] for each in one})


def test_the_example_of_one_file_does_not_hang_on_the_order(tmp_path):
    drops = [drop(f"big.txt#{i}", "stub", f"ọ̀rọ̀ {i}", line=i + 1) for i in range(50)]
    one, two = reasons(tmp_path / "1", drops)[0].examples, reasons(tmp_path / "2", drops[::-1])[0].examples
    assert one == two and len(one) == 1


def test_what_is_private_or_blocked_is_not_shown(tmp_path):
    drops = [
        drop("a.txt", "stub", "pe 0803 123 4567 tàbí +254 (0) 712-345-678, ayo@example.com lónìí ní 1999"),
        drop("b.txt", "blocked", "àṣírí wa", detail="àṣírí"),
    ]
    found = {each.name: each for each in reasons(tmp_path, drops)}
    assert found["stub"].examples[0].excerpt == "pe […] tàbí […], […] lónìí ní 1999"
    assert found["blocked"].examples == [] and found["blocked"].documents == 1


def test_a_project_keeps_only_beginnings_so_that_sizes_are_not_known(tmp_path):
    table = pa.table({name: [value] for name, value in {"source": "a", "reason": "stub", "detail": "", "excerpt": "ọ̀"}.items()})
    pq.write_table(table, tmp_path / "dropped.parquet")
    (found,) = dropped_reasons(tmp_path / "dropped.parquet", None, Lookup(()))
    assert found.bytes is None and found.examples[0].excerpt == "ọ̀"


def test_nothing_known(tmp_path):
    assert dropped_reasons(None, None, Lookup(())) is None
    assert dropped_reasons(None, {}, Lookup(())) == []


def test_other_files_are_damage(tmp_path):
    pq.write_table(pa.table({"x": [1]}), tmp_path / "x.parquet")
    with pytest.raises(DamageError, match="not a file of what was left out"):
        dropped_reasons(tmp_path / "x.parquet", None, Lookup(()))
    (tmp_path / "y.parquet").write_bytes(b"no")
    with pytest.raises(DamageError, match="not a file of what was left out"):
        dropped_reasons(tmp_path / "y.parquet", None, Lookup(()))


def test_texts_that_are_wanted_are_found_by_document_and_by_line(tmp_path):
    lookup = Lookup(["copies/1.txt", "lines.txt#1#5", "lines.txt#1"])
    reasons(tmp_path, DROPS, lookup=lookup)
    assert lookup.found == {"copies/1.txt": "ọmọ wọ́n lọ sí ọjà, 1", "lines.txt#1#5": "òjò ti rọ̀ lánàá 5"}
