from __future__ import annotations

from collections import Counter

from tests.corpus.material import story
from tests.corpus.report.corpora import document, two_sources, write_corpus

from mbegu.corpus.report import sample
from mbegu.corpus.report.grouping import Grouping
from mbegu.corpus.report.pairs import Lookup
from mbegu.corpus.report.roots import Roots
from mbegu.corpus.report.sample import lines_of, look, parts_of


def seen(folder, documents, sample_bytes=sample.SAMPLE_BYTES, lookup=None):
    write_corpus(folder, documents)
    sizes = Counter()
    for each in documents:
        sizes[each.source] += len(each.text.encode())
    grouping = Grouping(sizes, Roots([]))
    groups = Counter()
    for name, size in sizes.items():
        groups[grouping.of(name)] += size
    return look([folder / "kept.parquet"], grouping, groups, lookup or Lookup(()), sample_bytes)


def test_every_character_of_every_script_is_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(sample, "CHARACTERS_AT_ONCE", 50)
    documents = [document(f"{name}/1.txt", story(1, name)) for name in ("yor", "amh", "nqo", "ara", "khm")] + [
        document("adlm/1.txt", "𞤔𞤢𞤥 𞤱𞤢𞤤𞤭" * 30)
    ]
    total = Counter()
    for group in seen(tmp_path, documents).groups.values():
        total += group.characters
    assert total == Counter("".join(each.text for each in documents))


def test_small_corpora_are_held_whole_and_large_ones_in_equal_parts(tmp_path):
    documents = [document(f"a/{i}.txt", story(i)) for i in range(400)] + [document(f"b/{i}.txt", story(i, "amh")) for i in range(40)]
    whole = seen(tmp_path / "1", documents)
    assert all(group.is_whole for group in whole.groups.values())
    part = seen(tmp_path / "2", documents, 60_000)
    assert {name: 20_000 < group.sample_bytes < 45_000 for name, group in part.groups.items()} == {"a": True, "b": True}
    assert part.groups["a"].bytes == whole.groups["a"].bytes and not part.groups["a"].is_whole


def test_the_order_of_the_documents_changes_no_sample(tmp_path):
    documents = [document(f"a/{i}.txt", story(i)) for i in range(200)]
    one, two = (seen(tmp_path / name, order, 30_000) for name, order in (("1", documents), ("2", documents[::-1])))
    assert {each.source for each in one.groups["a"].sample} == {each.source for each in two.groups["a"].sample} != set()


def test_lengths_fall_into_their_classes(tmp_path):
    found = seen(tmp_path, [document("a.txt", "x" * 100), document("b.txt", "x" * 101), document("c.txt", "x" * 30_001 + "\n\nab")])
    assert found.document_lengths == [1, 1, 0, 0, 0, 0, 1]
    assert found.document_length_bytes == [100, 101, 0, 0, 0, 0, 30_005]
    assert found.line_lengths == [1, 0, 1, 1, 0, 0, 1]


def test_parts_are_apart_and_equal_texts_stay_together(tmp_path):
    documents = [document(f"a/{i}.txt", story(i % 50)) for i in range(100)]
    group = seen(tmp_path, documents).groups["a"]
    first, second = parts_of(group, 0.7, "x")
    assert len(first) + len(second) == 100 and 20 < len(second) < 50
    assert not {each.text for each in first} & {each.text for each in second}


def test_lines_are_those_that_hold_anything(tmp_path):
    group = seen(tmp_path, [document("a/1.txt", " ẹ̀wà \n\n \nòjò")]).groups["a/1.txt"]
    assert list(lines_of(group)) == ["ẹ̀wà", "òjò"]


def test_wanted_texts_are_remembered(tmp_path):
    lookup = Lookup(["stories/001.txt"])
    seen(tmp_path, two_sources(3), lookup=lookup)
    assert lookup.found["stories/001.txt"].startswith(story(1)[:20])
