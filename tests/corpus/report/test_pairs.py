from __future__ import annotations

from mbegu.corpus.report.pairs import SHOWN_PAIRS, Lookup, Pair, read_pairs, with_texts


def pair(kind: str = "near", similarity: object = 0.9, number: int = 0) -> dict[str, object]:
    return {"kind": kind, "first": f"a{number}", "second": f"b{number}", "similarity": similarity, "excerpt": "ọ̀rọ̀"}


def test_those_least_alike_come_first_and_few_are_shown():
    found = read_pairs([pair("exact", 1.0), *(pair("near", 0.7 + i / 100, i) for i in range(20)), "no pair", {}])
    assert len(found) == SHOWN_PAIRS and found[0].similarity == 0.7 and [each.similarity for each in found] == sorted(x.similarity for x in found)


def test_odd_values_do_no_harm():
    for value in ("x", None, 7, float("nan"), True):
        assert read_pairs([pair(similarity=value)])[0].similarity == 1.0


def test_both_texts_stand_side_by_side_where_they_were_found():
    near, passage = Pair("near", "a", "b", 0.8, "", "ìyẹn"), Pair("passage", "a", "b", 1.0, "kan", "kan")
    found = with_texts([near, passage], {"a": "èyí"}, {"b": "ìyẹn tí a yọ"})
    assert (found[0].first_text, found[0].second_text) == ("èyí", "ìyẹn tí a yọ")
    assert found[1] == passage


def test_the_first_text_of_a_place_counts():
    lookup = Lookup(["a"])
    for text in ("kíní", "kejì"):
        lookup.see(text, "a", "other")
    assert lookup.found == {"a": "kíní"}
