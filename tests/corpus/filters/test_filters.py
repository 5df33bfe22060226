"""Each filter on lines that it must find and lines that it must leave, in several scripts."""

from __future__ import annotations

import random
import time

import numpy as np
import pytest
from tests.corpus.material import WORDS, sentence, story

from mbegu.corpus.filters import boilerplate, lists, markup, noise, repetition, structure, stubs, suspects
from mbegu.corpus.filters.batch import END, SAMPLE_ONE_IN, make_batch, spans_of
from mbegu.corpus.keys import letters_and_marks, span_hashes
from mbegu.corpus.private.items import KINDS


@pytest.mark.parametrize("language", list(WORDS))
def test_a_batch_sees_the_letters_that_a_key_is_made_of(language: str) -> None:
    texts = [story(i, language, 4) for i in range(3)]
    batch = make_batch(texts)
    assert "".join(map(chr, batch.key_codes)) == "".join(letters_and_marks(text) for text in texts)
    assert batch.key_sums.tolist() == [len(letters_and_marks(text)) for text in texts]
    hashes, offsets = batch.document_spans(10)
    expected, bounds = span_hashes([letters_and_marks(text) for text in texts], 10)
    assert (hashes == expected).all()
    assert (offsets == bounds).all()


def test_hashes_of_lines_do_not_see_spaces_capitals_and_punctuation_but_marks() -> None:
    batch = make_batch(["Ọmọ mi, wá!\nọmọ  mi wá\nọmọ mi wa\n\n...\nwá ọmọ mi"])
    hashes = batch.line_hashes().tolist()
    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 4
    assert hashes[3] == hashes[4] == 0


def test_a_document_shorter_than_a_span_has_none_and_does_not_disturb_the_next() -> None:
    alone, together = spans_of(make_batch([story(1)]), (20,))[0], spans_of(make_batch(["ọmọ", story(1), "wá"]), (20,))[0]
    assert (alone.raw == together.raw).all()
    assert together.offsets.tolist() == [0, 0, len(alone.raw), len(alone.raw)]


def test_about_one_span_in_sixteen_is_taken_and_the_same_wherever_it_stands() -> None:
    long = story(1, sentences=200)
    hashes, _, _ = spans_of(make_batch([long]), (50,))[0].sampled()
    total = len(spans_of(make_batch([long]), (50,))[0].raw)
    assert 0.6 < len(hashes) * SAMPLE_ONE_IN / total < 1.5
    later, _, _ = spans_of(make_batch([story(2) + long]), (50,))[0].sampled()
    assert set(hashes.tolist()) <= set(later.tolist())


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("| ilé | 12 |", structure.TABLE),
        ("| --- | --- |", structure.TABLE),
        ("orúkọ\tọjọ́ orí\tìlú", structure.TABLE),
        ("- **Olú ìlú**: Èkó", structure.INFOBOX),
        ("https://example.org/a?b=1", structure.ADDRESS),
        ("www.example.org", structure.ADDRESS),
        ("12 - 13 - 14", structure.NUMBERS),
        ("ሰላም ልጆች ዛሬ ወደ ገበያ ሄዱ።", ""),
        ("ߒߞߏ ߞߊ߲ ߛߓߍ ߘߋ߲ ߟߎ߬ ߓߘߊ߫ ߕߊ߯߹", ""),
        ("ភាសាខ្មែរកុមារទៅសាលាថ្ងៃនេះ។", ""),
        ("Ka duba www.example.org domin samun ƙarin bayani game da wannan.", ""),
        ("Ó ní “ọjà | iṣu” ni wọ́n pè é.", ""),
        ("", ""),
    ],
)
def test_lines_that_are_no_running_text_by_their_form(line: str, reason: str) -> None:
    assert structure.find_forms(make_batch([line]))[0] == reason


def test_a_heading_without_text_below_it_goes() -> None:
    batch = make_batch(["# Ìtàn\nỌmọ náà lọ.\n# Tábìlì\n\n## Ìkejì\n", "## Òkè\nBàbá dé."])
    found = structure.find_empty_headings(batch, np.ones(len(batch.lines), bool))
    assert [batch.lines[i] for i in np.flatnonzero(found)] == ["# Tábìlì", "## Ìkejì"]


def test_mark_up_goes_and_words_stay() -> None:
    assert markup.strip_markup('Waa &lt;a href="x%20y"&gt;magaalo&lt;/a&gt; weyn [ 1 ]') == "Waa magaalo weyn"
    assert markup.strip_markup("[[Èkó|Ìlú Èkó]] ni '''olú''' ìlú{{ref}}") == "Ìlú Èkó ni olú ìlú"
    for plain in ("3 < 5 > 2", "kọ sí <ade@example.org>", "ka'a da 'yan uwa", "a & b", "የ«ሰላም» ቤት"):
        assert markup.strip_markup(plain) == plain
    assert markup.strip_markup("a&#10;<b>b</b>") == "a b"


@pytest.mark.parametrize(
    "text",
    [
        "Mu ni <<Ndank ndank mooy japp golo>> rekk.",
        "Mu ni <<b>> rekk.",
        "Ngũgĩ <Ngugi> wa Thiong'o",
        "<a kan ba na>",
        "a < b > c",
        "<Ọmọ mi> wá",
        "<<B:>>",
    ],
)
def test_words_between_angle_brackets_stay_also_beside_mark_up(text: str) -> None:
    assert markup.strip_markup(text) == text
    assert markup.strip_markup(f"{text} <i>waaye</i>&amp;<BR /></ p>") == f"{text} waaye&"


def test_a_placeholder_in_brackets_is_no_wiki_link() -> None:
    for kind in KINDS:
        assert markup.strip_markup(f"Pè mí [[{kind}]], [[Ìlú|Èkó]].") == f"Pè mí [[{kind}]], Èkó."
    assert markup.strip_markup("[[PHONES]] [[Èkó|NAME]]") == "PHONES NAME"


def test_tags_of_wikis_go_and_long_lines_that_are_none_end_at_once() -> None:
    assert markup.strip_markup('Èkó<ref name="ọdún@1">1</ref> ni<br/> <span style = "x">ìlú</span>.') == "Èkó1 ni ìlú."
    for line in ("<a" + " " * 200_000, "<a x" + " " * 200_000, "<a x=" + "/ " * 100_000, "<a " * 100_000):
        began_s = time.process_time()
        assert markup.strip_markup(line) == line
        assert time.process_time() - began_s < 2


def test_a_run_of_short_lines_is_a_list_and_wrapped_prose_is_not() -> None:
    menu = "Ilé\n\nÌròyìn\n\nEré ìdárayá\n\nỌmọ náà lọ sí ọjà láti ra iṣu."
    poem = "Ilé mi ni\nmo ń gbé\nlọ́jọ́ gbogbo.\nÓ dára."
    batch = make_batch([menu, poem, "Ilé\nỌjà"])
    found = lists.find_runs(batch, np.zeros(len(batch.lines), bool))
    assert [batch.lines[i] for i in np.flatnonzero(found)] == ["Ilé", "Ìròyìn", "Eré ìdárayá"]


def test_the_filter_of_lists_is_off_where_most_of_the_text_is_short_lines() -> None:
    assert lists.choose(40, 100).value is None
    assert "40 %" in lists.choose(40, 100).why
    assert lists.choose(10, 100).value == lists.LONG_LETTERS


def test_long_lines_that_came_before_are_found_and_short_ones_are_not() -> None:
    long, short = sentence(1, words=16), "Ó dára."
    batch = make_batch([f"{long}\n{short}", f"{short}\n{long}\n{long.upper()}\n{sentence(2, words=16)}"])
    keys = boilerplate.line_keys(batch)
    first = np.where(keys == keys[0], 3, -1)
    found = boilerplate.find_repeated(batch, keys, np.array([3, 7]), first)
    assert np.flatnonzero(found).tolist() == [3, 4]


def test_the_limit_of_boilerplate_grows_with_the_corpus() -> None:
    assert [boilerplate.choose(n).value for n in (0, 100, 500, 2000)] == [5, 5, 5, 20]


@pytest.mark.parametrize("language", list(WORDS))
def test_keyboard_noise_is_found_in_every_script(language: str) -> None:
    lines = [sentence(i, language, 14) for i in range(400)]
    letters = sorted({letter for line in lines for letter in line if letter.isalpha()})
    chance = random.Random(1)
    typed = "".join(chance.choice(letters) for _ in range(60))
    batch = make_batch(["\n".join([*lines, typed])])
    (pairs,), (counts,) = noise.pair_counts(batch, np.zeros(len(batch.lines), np.int64), 1)
    surprises = noise.Model.of(pairs, counts).line_surprises(batch)
    limit = noise.choose(surprises[:-1]).value
    assert limit is not None
    assert surprises[-1] > limit > surprises[:-1].max()


def test_noise_is_not_judged_in_a_small_corpus() -> None:
    limit = noise.choose(np.full(50, 3.0))
    assert limit.value is None
    assert "only 50 lines" in limit.why


def test_a_document_that_repeats_itself_is_measured() -> None:
    once, again = story(1), sentence(5, words=12) * 20
    shares = repetition.repeated_shares(spans_of(make_batch([once, again]), (repetition.SPAN_LETTERS,))[0])
    assert shares[0] < 0.2
    assert shares[1] > 0.8
    assert repetition.choose(np.bincount([0] * 300 + [90], minlength=101)).value == 0.5
    assert "too few" in repetition.choose(np.bincount([0] * 5, minlength=101)).why


def test_a_stub_lost_most_of_itself_and_a_short_text_that_lost_nothing_is_none() -> None:
    batch = make_batch(["Ó dára.\nx\ny", "Ó dára.", f"{story(1)}"])
    kept = np.array([True, False, False] + [True] * (len(batch.lines) - 3))
    assert stubs.find_stubs(batch, kept, np.array([200, 5, 900])).tolist() == [True, False, False]


def test_suspects_are_named() -> None:
    even = " ".join("Ọmọ náà lọ sí ọjà lónìí ." for _ in range(12))
    answer = "\n".join(f"{i}. **Ọ̀rọ̀ {i}**: ó dára púpọ̀" for i in range(1, 6))
    found = suspects.find_suspects(make_batch([even, answer, story(1)]))
    assert found == [["even sentences"], ["form of chat answers"], []]


def test_pairs_are_counted_by_group_as_each_group_by_itself() -> None:
    batch = make_batch([sentence(i, language, 9) for i in range(6) for language in ("yor", "amh")])
    group = np.array([0, 1] * 6)
    pairs, letters = noise.pair_counts(batch, group, 2)
    for number, language in enumerate(("yor", "amh")):
        alone = make_batch([sentence(i, language, 9) for i in range(6)])
        (own_pairs,), (own_letters,) = noise.pair_counts(alone, np.zeros(6, np.int64), 1)
        assert (pairs[number] == own_pairs).all()
        assert (letters[number] == own_letters).all()
    assert (noise.pair_counts(batch, group - 1, 1)[0][0] == pairs[1]).all()


def test_one_letter_over_and_over_is_noise_and_a_cry_is_not() -> None:
    lines = [
        "aaaaaaa",
        "AaaaaAA!",
        "ááááá áááááá",
        "hhhhhhhh hhhhhhh wwwwwwww ok",
        "aaaa",
        "Yeeeeeeee!",
        "Ó ké pé aaaaaah lẹ́ẹ̀kan sí i.",
        "",
        "?????",
        "ሀሀሀሀሀሀ",
    ]
    assert noise.find_one_letter(make_batch(["\n".join(lines)])).tolist() == [True] * 3 + [False] * 6 + [True]
    assert not noise.find_one_letter(make_batch(["aaa\naaa"])).any()  # two lines are not one stretch


def test_a_kind_of_text_whose_lines_disagree_has_no_limit() -> None:
    sure = np.concatenate([np.full(990, 4.0), np.full(10, 11.0)])
    assert noise.choose_own(sure).value == 8
    limit = noise.choose_own(np.concatenate([np.full(960, 4.0), np.full(40, 11.0)]))
    assert limit.value is None
    assert limit.why == "off: 4 % of its own lines lie beyond 8.00 bits, so it is written in several ways"


def test_lists_are_not_looked_for_where_long_lines_have_no_ends() -> None:
    assert lists.choose(10, 1_000, 900, 400).value == 40
    assert lists.choose(10, 1_000, 900, 460).why == (
        "off: 51 % of the letters of long lines stand in lines without the end of a sentence: it is not written here"
    )


def test_a_short_name_and_a_value_with_a_tab_are_a_pair_and_an_indented_line_is_not() -> None:
    lines = ["Olú-ìlú\tÌbàdàn", "\tỌmọ lọ sí ọjà", "Ó wí pé\tọmọ lọ sí ọjà.", f"{'ọmọ ' * 12}\tilé"]
    assert structure.find_forms(make_batch(["\n".join(lines)])).tolist() == ["infobox", "", "", ""]


def test_two_ethiopic_word_spaces_end_a_sentence_and_one_does_not() -> None:
    batch = make_batch(["ልጆች፡ወደ፡ገበያ፡ሄዱ", "ልጆች ወደ ገበያ ሄዱ፡፡", "ልጆች ወደ ገበያ ሄዱ።"])
    assert (batch.counts[:, END] > 0).tolist() == [False, True, True]


def test_a_part_of_a_batch_is_the_batch_of_these_lines() -> None:
    texts = ["Ọmọ náà lọ.\n\nÓ dára! 12", "ሰላም፡፡ ነው\nẸ káàbọ̀", "x" * 3000 + "\nkékeré"]
    whole = make_batch(texts)
    lines = np.array([0, 2, 4, 5])
    part = whole.part(lines, np.array([0, 0, 1, 2]), 3)
    again = make_batch(["Ọmọ náà lọ.\nÓ dára! 12", "Ẹ káàbọ̀", "x" * 3000])
    assert part.lines == again.lines
    for name in ("codes", "kinds", "starts", "counts", "key_codes", "owner"):
        assert (getattr(part, name) == getattr(again, name)).all(), name
    assert (part.line_hashes() == again.line_hashes()).all()
    assert part.counts.sum() == len(part.codes)


def test_lines_of_blanks_without_end_are_judged_at_once() -> None:
    blanks = " " * 20_000
    lines = [
        f"{blanks}12: x",
        f"{blanks}**a",
        f"{blanks}-{blanks}**a**{blanks}",
        f"a{blanks}:{blanks}",
        f"{blanks}| a",
        f"{blanks}= a{blanks}",
        f"{blanks}1.{blanks}**a",
    ]
    batch, out = make_batch(lines), np.zeros(len(lines), bool)
    began_s = time.process_time()
    structure.find_forms(batch)
    structure.find_empty_headings(batch, ~out)
    for find in (lists.find_runs, lists.find_labels, lists.find_wide_runs):
        find(batch, out)
    suspects.find_suspects(batch)
    assert time.process_time() - began_s < 2


@pytest.mark.parametrize("line", ["  **Ìlú**: Èkó", "-  **Ìlú:** Èkó", "\t*\t**Ìlú** ： Èkó", "**Ìlú**:"])
def test_a_name_in_bold_type_and_a_value_are_a_pair_of_an_infobox(line: str) -> None:
    assert structure.find_forms(make_batch([line]))[0] == structure.INFOBOX


def test_a_label_holds_a_letter_and_may_stand_after_blanks() -> None:
    labels = "   Orúkọ: Ayọ̀\n\tÌlú: Èkó\n Ọdún:  1958\nIṣẹ́:ọlọ́kọ̀"
    assert lists.find_labels(make_batch([labels]), np.zeros(4, bool)).all()
    assert not lists.find_labels(make_batch(["12: a\n 13: b\n1_: c\n٣: d"]), np.zeros(4, bool)).any()
