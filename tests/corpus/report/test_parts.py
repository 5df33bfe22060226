from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest

from mbegu.corpus.report.parts import bar, curves, language_name, language_tag, own, plain, stack, table


def test_texts_of_users_are_escaped_and_isolated():
    assert own("<b>ẹ̀</b>") == '<bdi dir="auto">&lt;b&gt;ẹ̀&lt;/b&gt;</bdi>'
    assert own("x", "p", 'a" onload="b', "soft") == '<p dir="auto" lang="a&quot; onload=&quot;b" class=soft>x</p>'


@pytest.mark.parametrize("hidden", ["\u202e", "\u2066", "\x1b", "\x00", "\u2028", "\U000e0041", "\ud800", "\ufffe"])
def test_what_turns_or_hides_is_shown_as_its_number(hidden):
    shown = own(f"a{hidden}b")
    assert hidden not in shown and f"U+{ord(hidden):04X}" in shown
    assert plain(f"a{hidden}b") == f"a[U+{ord(hidden):04X}]b"
    (shown + plain(hidden)).encode("utf-8")


@pytest.mark.parametrize("kept", ["\u200c", "\u200d", "\u200e", "\u200f", "\u00ad", "\u00a0", "\n", "ߣߌ߫", "𞤔𞤢𞤥", "👩🏾‍🌾"])
def test_what_writing_needs_stays(kept):
    assert kept in own(kept)


@pytest.mark.parametrize(
    ("code", "tag"), [("yor_Latn", "yo-Latn"), ("yor", "yo"), ("nqo_Nkoo", "nqo-Nkoo"), ("und", ""), ("", ""), ("<x>", ""), ('yor_"><x', "yo")]
)
def test_language_tags_are_the_shortest_there_are(code, tag):
    assert language_tag(code) == tag


def test_languages_have_names_or_keep_their_code():
    assert language_name("ful_Adlm") == "Fulah" and language_name("qaa") == "qaa" and language_name("<x>") == "<x>"


def test_tables_name_their_rows_and_scroll_by_keyboard():
    html = table(("name", "n"), [("a", "1")], label='"x"')
    assert 'role="region" tabindex="0" aria-label="&quot;x&quot;"' in html
    assert '<th scope="row">a</th><td class="number">1</td>' in html and '<th scope="col" class="number">n</th>' in html


@pytest.mark.parametrize(("share", "width"), [(0, "0.00"), (0.5, "50.00"), (7, "100.00"), (-1, "0.00")])
def test_bars_stay_in_their_ground(share, width):
    assert ET.fromstring(bar(share))[1].get("width") == width


def test_a_stack_is_as_wide_as_its_shares_and_says_them():
    root = ET.fromstring(stack([(0, 0.75), (7, 0.25)], "<news> 75 %"))
    assert [float(part.get("width")) for part in root.iter("rect")] == [449.0, 149.0]
    assert root.get("aria-label") == "<news> 75 %" and root.get("role") == "img"


def test_curves_stay_in_the_chart_and_end_where_they_should():
    root = ET.fromstring(curves([[(10, 5), (100, 50)], [(50, 50)]], "AB", "across", "up & over", "said", ("100", "50")))
    lines = [line for line in root.iter("polyline") if line.get("class").startswith("line")]
    assert len(lines) == 2
    points = [[tuple(map(float, point.split(","))) for point in line.get("points").split()] for line in lines]
    assert points[0][0] == points[1][0] and points[0][-1][1] == points[1][-1][1] and points[0][-1][0] > points[1][-1][0]
    assert all(0 <= x <= 640 and 0 <= y <= 300 for line in points for x, y in line)
