from __future__ import annotations

import pytest
from tests.corpus.twelve_scripts import textgrid

from mbegu.corpus.findings import DAMAGED, NO_COLUMN, ReadError

TIERS = """File type = "ooTextFile"
Object class = "TextGrid"

0
20
<exists>
4
"IntervalTier"
"Ada"
0
20
3
0
2
"ó ní ""ẹ wá"" fún wọn"
2
10
""
10
12
"mo ti dé báyìí"
"IntervalTier"
"Bala"
0
20
1
2.5
4
"kí ló dé o jàre"
"IntervalTier"
"words"
0
20
2
0
1
"ó"
1
2
"ní"
"TextTier"
"clicks"
0
20
1
1.5
"k"
"""


def eaf_tier(name: str, labels: list[tuple[str, str, str]], more: str = "") -> str:
    """Labels are identifier, text, and the identifier of the label above or the begin in seconds."""
    inside = ""
    for own, text, above in labels:
        value = f"<ANNOTATION_VALUE>{text}</ANNOTATION_VALUE>"
        if above.isdecimal():
            kind = "ALIGNABLE_ANNOTATION"
            start = f"<{kind} ANNOTATION_ID='{own}' TIME_SLOT_REF1='t{above}' TIME_SLOT_REF2='t{int(above) + 1}'>"
        else:
            kind = "REF_ANNOTATION"
            start = f"<{kind} ANNOTATION_ID='{own}' ANNOTATION_REF='{above}'>"
        inside += f"<ANNOTATION>{start}{value}</{kind}></ANNOTATION>"
    return f"<TIER TIER_ID='{name}' {more}>{inside}</TIER>"


def eaf(*tiers: str) -> str:
    slots = "".join(f"<TIME_SLOT TIME_SLOT_ID='t{i}' TIME_VALUE='{1000 * i}'/>" for i in range(20))
    return f"<?xml version='1.0'?><ANNOTATION_DOCUMENT><TIME_ORDER>{slots}</TIME_ORDER>{''.join(tiers)}</ANNOTATION_DOCUMENT>"


@pytest.mark.parametrize("codec", ["utf-8", "utf-16", "utf-8-sig"])
def test_turns_of_all_speakers_in_the_order_of_time_and_no_single_words(read, codec: str) -> None:  # type: ignore[no-untyped-def]
    made = read("a.TextGrid", TIERS.encode(codec))
    assert made.texts == ['ó ní "ẹ wá" fún wọn\nkí ló dé o jàre\n\nmo ti dé báyìí\n']
    assert "tiers 'Ada', 'Bala'" in made.findings.notes[-1][1]


def test_the_tier_that_the_settings_name_is_taken(read) -> None:  # type: ignore[no-untyped-def]
    assert read("a.TextGrid", TIERS, column="words").texts == ["ó\nní\n"]
    assert read("a.eaf", eaf(eaf_tier("x", [("a", "ọ̀rọ̀ gígùn", "1")]), eaf_tier("y", [("b", "ọ̀", "1")])), column="y").texts == ["ọ̀\n"]


@pytest.mark.parametrize("data", ["ooBinaryFile\x08TextGrid", TIERS[:150], textgrid(["ọ̀rọ̀"]).replace('"TextGrid"', '"PitchTier"')])
def test_what_is_no_textgrid_is_told(read, data: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError) as caught:
        read("a.TextGrid", data)
    assert caught.value.reason == DAMAGED


def test_translations_and_glosses_of_elan_are_left_out(read) -> None:  # type: ignore[no-untyped-def]
    said = eaf_tier("Ada", [("a1", "ó lọ sí ilé", "1"), ("a2", "ó jẹun tán", "9")], "LINGUISTIC_TYPE_REF='utterance'")
    meant = eaf_tier("Ada-en", [("b1", "she went to her own house at last", "a1")], "LINGUISTIC_TYPE_REF='translation' PARENT_REF='Ada'")
    other = eaf_tier("Bala", [("a3", "kí ló jẹ gan-an", "3")], "LINGUISTIC_TYPE_REF='utterance'")
    assert read("a.eaf", eaf(said, meant, other)).texts == ["ó lọ sí ilé\nkí ló jẹ gan-an\n\nó jẹun tán\n"]


def test_text_that_hangs_from_a_tier_of_numbers_is_found_with_its_time(read) -> None:  # type: ignore[no-untyped-def]
    number = eaf_tier("ref", [("r2", "x.002", "5"), ("r1", "x.001", "1")], "LINGUISTIC_TYPE_REF='ref'")
    text = eaf_tier("tx", [("t2", "ó jẹun tán", "r2"), ("t1", "ó lọ sí ilé", "r1")], "LINGUISTIC_TYPE_REF='tx' PARENT_REF='ref'")
    meant = eaf_tier("ft", [("f1", "went to the house", "t1")], "LINGUISTIC_TYPE_REF='ft' PARENT_REF='tx'")
    assert read("a.eaf", eaf(number, text, meant)).texts == ["ó lọ sí ilé\nó jẹun tán\n"]


def test_labels_that_hang_from_each_other_in_a_circle_end(read) -> None:  # type: ignore[no-untyped-def]
    assert read("a.eaf", eaf(eaf_tier("x", [("a", "ọ̀rọ̀", "b"), ("b", "mìíràn", "a")]))).texts == ["ọ̀rọ̀\nmìíràn\n"]


def test_no_text_is_told_with_the_tiers(read) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ReadError, match="the tiers are 'x'") as caught:
        read("a.eaf", eaf(eaf_tier("x", [("a", "", "1")])))
    assert caught.value.reason == NO_COLUMN


@pytest.mark.parametrize("time", ["", "soon", "1e999", "-"])
def test_a_time_that_is_no_number_does_not_cost_the_text(read, time: str) -> None:  # type: ignore[no-untyped-def]
    broken = eaf(eaf_tier("x", [("a", "ó lọ sí ilé", "1"), ("b", "ó jẹun tán", "3")])).replace("TIME_VALUE='4000'", f"TIME_VALUE='{time}'")
    assert read("a.eaf", broken).texts[0].split("\n")[:2] == ["ó lọ sí ilé", "ó jẹun tán"]


def test_a_time_without_end_is_read_and_a_count_without_end_is_told(read) -> None:  # type: ignore[no-untyped-def]
    assert "mo ti dé báyìí\n" in read("a.TextGrid", TIERS.replace("10\n12\n", "10\n1e999\n")).texts[0]
    with pytest.raises(ReadError, match="whose numbers do not fit") as caught:
        read("a.TextGrid", TIERS.replace("<exists>\n4\n", "<exists>\n1e999\n"))
    assert caught.value.reason == DAMAGED


def test_labels_that_hang_from_each_other_in_a_large_circle_end(read) -> None:  # type: ignore[no-untyped-def]
    count = 20_000
    tier = eaf_tier("x", [(f"a{i}", f"ọ̀rọ̀ {i}", f"a{(i + 1) % count}") for i in range(count)])
    assert len(read("a.eaf", eaf(tier)).texts[0].splitlines()) == count
