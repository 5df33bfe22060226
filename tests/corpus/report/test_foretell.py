from __future__ import annotations

from tests.corpus.material import story

from mbegu.corpus.report.foretell import foretell
from mbegu.corpus.report.sample import Group, Sampled


def group(language: str, count: int = 120, first: int = 0) -> Group:
    return Group(sample=[Sampled(story(i, language), f"{i}", language) for i in range(first, first + count)])


def test_a_source_foretells_itself_and_its_kind_best():
    found = foretell({"a": group("yor"), "b": group("yor", first=500), "c": group("amh")})
    assert found is not None and found.names == ("a", "b", "c")
    (aa, ab, ac), (ba, bb, bc), (ca, cb, cc) = found.bits_per_byte
    assert abs(aa - ba) < 0.2 and abs(bb - ab) < 0.2
    assert ca > 1.15 * aa and cb > 1.15 * bb and cc < ac and cc < bc
    assert found.after_others[2] > cc and abs(found.after_others[0] - aa) < 0.3


def test_sources_with_too_little_text_are_named():
    found = foretell({"a": group("yor"), "b": group("amh"), "small": group("nqo", 3)})
    assert found is not None and found.names == ("a", "b") and found.left_out == ("small",)
    assert foretell({"a": group("yor"), "small": group("nqo", 3)}) is None
    assert foretell({}) is None


def test_all_are_learnt_from_the_same_amount():
    found = foretell({"large": group("yor", 400), "less": group("amh", 60)})
    assert found is not None and 20_000 <= found.learnt_bytes < 60_000
