"""Titles, headings, stanzas and lists of one line each: what must go between paragraphs, and what must stay in every script."""

from __future__ import annotations

import numpy as np
import pytest

from mbegu.corpus.filters import lists, structure, stubs, titles
from mbegu.corpus.filters.batch import make_batch

YORUBA = "Ọmọ náà jí ní òwúrọ̀ kùtùkùtù ó sì lọ sí odò. Ó pọn omi padà wá sílé fún ìyá rẹ̀."
SWAHILI = "Asubuhi mapema mama alikwenda sokoni kununua mahindi. Jioni alirudi nyumbani na kupika ugali kwa watoto."
AMHARIC = "ልጆቹ ጠዋት ተነስተው ወደ ወንዝ ሄዱ ውሃም ቀዱ ለእናታቸውም አመጡላት። ከዚያም ቁርሳቸውን በልተው ወደ ትምህርት ቤት ሄዱ።"


def found_in(text: str, ended: int = titles.MAX_ENDED_LETTERS) -> list[str]:
    """Return the lines that are taken for titles."""
    batch = make_batch([text])
    nothing = np.zeros(len(batch.lines), dtype=bool)
    return [batch.lines[i] for i in np.flatnonzero(titles.find_titles(batch, nothing, np.full(len(batch.lines), ended)))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"Odò\n\n{YORUBA}", ["Odò"]),
        (f"{SWAHILI}\nHistoria.\n{SWAHILI}", ["Historia."]),
        (f"{SWAHILI}\nSafari ya kwanza\n{SWAHILI}", ["Safari ya kwanza"]),
        (f"ወንዝ\n\n{AMHARIC}\n\nትምህርት ቤት (ከተማ)\n\n{AMHARIC}", ["ወንዝ", "ትምህርት ቤት (ከተማ)"]),
        (f"Safari ndefu ya wavuvi wa kijiji cha Kando ya Ziwa Kubwa\n\n{SWAHILI}", ["Safari ndefu ya wavuvi wa kijiji cha Kando ya Ziwa Kubwa"]),
    ],
)
def test_a_title_or_heading_beside_paragraphs_is_found(text: str, expected: list[str]) -> None:
    assert found_in(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        f"{SWAHILI}\n“Njoo!”\n{SWAHILI}",  # speech
        f"{SWAHILI}\nUnakwenda wapi?\n{SWAHILI}",
        f"{SWAHILI}\nMama akasema:\n{SWAHILI}",  # leads on
        f"{SWAHILI}\nNdiyo.\nHapana.\nHaya.\n{SWAHILI}",  # three together are talk
        f"{SWAHILI}\nWatoto walicheza mpira uwanjani jana.\n{SWAHILI}",  # a short sentence
        f"{YORUBA}\n\nOmi ni a fi ń wẹ ọwọ́ nílé\nOmi ni a fi ń fọ aṣọ wa\nOmi ni a fi ń se oúnjẹ\nOmi ni gbogbo wa ń mu\n\n{YORUBA}",  # verse
        "Haraka haraka haina baraka",  # a proverb that is all there is
        "ߒ ߓߘߊ߫ ߕߊ߯ ߛߎ߯ߟߊ߫\n\nߒ ߓߘߊ߫ ߣߊ߬",
        "កុមារទៅសាលា\nម្តាយទៅផ្សារ",
        "Timu ya kijiji yashinda\n\nMvua kubwa yanyesha pwani",  # short news
    ],
)
def test_short_lines_that_are_text_stay(text: str) -> None:
    assert found_in(text) == []


def test_where_no_line_with_a_full_stop_is_a_heading_those_stay_and_bare_ones_go() -> None:
    assert found_in(f"Safari\n\n{SWAHILI}\nHistoria.\n{SWAHILI}", ended=0) == ["Safari"]


def test_the_limit_comes_from_how_the_corpus_is_written() -> None:
    written = {"long": 90_000, "long_without_end": 2_000, "short": 4_000, "long_lines": 600, "long_ends": 1_500, "tiny": 200, "middle": 50}
    assert titles.choose(**written).value == titles.MAX_ENDED_LETTERS
    assert titles.choose(**written | {"middle": 300}).value == 0
    for change, why in (
        ({"long_lines": 99}, "only 99 long lines"),
        ({"long_ends": 700}, "1.2 sentences end in a long line, so a line is no paragraph here"),
        ({"long_without_end": 30_000}, "33 % of the letters of long lines"),
        ({"short": 20_000}, "18 % of the letters stand in short lines outside lists, so they are text here"),
    ):
        limit = titles.choose(**written | change)
        assert limit.value is None
        assert why in limit.why


def test_a_stanza_is_no_list_but_a_menu_and_names_apart_are() -> None:
    stanza = "Maua yameanza kuchanua\nmashamba yamejaa maji\nwatoto wanacheza ngoma\nwazee wanasimulia hadithi"
    menu = "Mwanzo\nHabari za michezo na burudani\nSoko\nWasiliana nasi"
    names = "Ziwa la Mashariki Kuu\n\nZiwa la Magharibi Kuu\n\nZiwa la Kusini Kuu\n\nZiwa la Kaskazini Kuu"
    khmer = "កុមារទៅសាលាពេលព្រឹក\nម្តាយទៅផ្សារពេលព្រឹក\nឪពុកទៅស្រែពេលព្រឹក\nជីតានៅផ្ទះពេលព្រឹក"
    for text, is_list in ((stanza, False), (khmer, False), (menu, True), (names, True)):
        batch = make_batch([text])
        assert lists.find_runs(batch, np.zeros(len(batch.lines), bool)).any() == is_list, text


def test_a_long_item_goes_with_the_list_around_it_and_a_sentence_that_leads_to_it_stays() -> None:
    item = "Kijiji cha wavuvi wa samaki karibu na ziwa kubwa la mashariki"
    lead = "Vijiji vya wavuvi vilivyo karibu na ziwa kubwa la mashariki ni hivi:"
    batch = make_batch([f"{lead}\n\nKando\n\n{item}\n\nMto\n\nBonde\n\nZiwani\n\n{SWAHILI}"])
    found = lists.find_wide_runs(batch, np.zeros(len(batch.lines), bool))
    assert [batch.lines[i] for i in np.flatnonzero(found)] == ["Kando", item, "Mto", "Bonde", "Ziwani"]


def test_a_document_of_which_a_sentence_is_left_is_no_stub() -> None:
    batch = make_batch([f"{SWAHILI[:57]}\nx", "Kando ya ziwa kubwa la mashariki\nx"])
    kept = np.array([True, False, True, False])
    assert stubs.find_stubs(batch, kept, np.array([400, 400])).tolist() == [False, True]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("Juma, A. (2001). Mito na maziwa. ISBN 978-0-00-000000-2.", structure.REFERENCE),
        (". Ramani http://www.example.org/ramani/ya/mito/na/maziwa/ya/mashariki.html . Ilisomwa 2013", structure.REFERENCE),
        ("Soma zaidi kuhusu mvua za leo hapa https://t.example/AbCdEf12", ""),
        ("Habari | https://www.example.org/ramani/ya/mito/na/maziwa/ya/mashariki", structure.ADDRESS),
        ("! mvua ni njema kwa shamba na mto !!!", ""),
        ("! Mji !! Watu", structure.TABLE),
        ("Kitabu chenye ISBN kimechapishwa upya mwaka huu.", ""),
    ],
)
def test_references_are_known_by_their_numbers_and_long_addresses(line: str, reason: str) -> None:
    assert structure.find_forms(make_batch([line]))[0] == reason


def labels_in(text: str) -> list[str]:
    """Return the lines that are taken for labels."""
    batch = make_batch([text])
    return [batch.lines[i] for i in np.flatnonzero(lists.find_labels(batch, np.zeros(len(batch.lines), bool)))]


def test_labels_with_values_go_and_talk_and_three_lines_stay() -> None:
    facts = "Òǹkọ̀wé: Ayọ̀\nAwòrán: Bọ́lá\nÌtumọ̀: Dúpẹ́\nÈdè: Yorùbá"
    assert labels_in(f"{YORUBA}\n\n{facts}") == facts.split("\n")
    assert labels_in("Ayọ̀: Ó dára\nBọ́lá: Bẹ́ẹ̀ ni\nDúpẹ́: Ó yá\nAyọ̀: Ẹ kú àárọ̀") == []
    assert labels_in("Ayọ̀: Ó dára\nBọ́lá: Bẹ́ẹ̀ ni\nDúpẹ́: Ó yá") == []
    assert labels_in("\n".join(f"19{year} - 1950 : ó kọ́ ilé kan" for year in (31, 35, 39, 41))) == []


@pytest.mark.parametrize(("word", "digits"), [("Sura ya", "123456789"), ("ምዕራፍ", "፩፪፫፬፭፮"), ("ជំពូក", "១២៣៤៥"), ("ߛߌ߰ߘߊ", "߁߂߃߄߅")])
def test_headings_that_differ_in_their_number_only_go_from_five_on(word: str, digits: str) -> None:
    headings = [f"{word} {digit}" for digit in digits]
    assert labels_in(f"\n{SWAHILI}\n".join(headings)) == headings
    assert labels_in(f"\n{SWAHILI}\n".join(headings[:4])) == []
    assert (
        labels_in("\n".join(f"{word} {digit} {other}" for digit, other in zip(digits, ("mto", "ziwa", "kisima", "mvua", "bahari"), strict=False)))
        == []
    )


def test_lists_are_not_looked_for_where_most_of_the_text_is_short_lines() -> None:
    assert lists.choose(10, 1_000, 600).value == lists.LONG_LETTERS
    assert lists.choose(10, 1_000, 400).why == "off: 60 % of the letters stand in short lines, so that is how this text is written"


def test_many_long_items_are_a_list_and_a_stanza_of_long_lines_is_none() -> None:
    item = "Kijiji cha {} cha wavuvi karibu na ziwa kubwa la mashariki mwa nchi"
    names = [item.format(name) for name in ("Kando", "Bondeni", "Mtoni", "Msituni", "Pwani")]
    for text, expected in (("\n\n".join(names), True), ("\n\n".join(names[:4]), False), ("\n".join(names), False)):
        batch = make_batch([f"{SWAHILI}\n\n{text}\n\n{SWAHILI}"])
        assert lists.find_wide_runs(batch, np.zeros(len(batch.lines), bool)).any() == expected, text
