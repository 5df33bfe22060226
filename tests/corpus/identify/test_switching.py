from __future__ import annotations

import itertools
import random
import unicodedata

import numpy as np
import pytest
from tests.corpus.identify.conftest import sample_lines
from tests.corpus.material import sentence

from mbegu.corpus.identify import UNKNOWN, Identifier
from mbegu.corpus.identify.spelling import SCRIPT_CODES
from mbegu.corpus.identify.switching import FOREIGN_EXCESS, UNKNOWN_EXCESS, _unknown_costs

SWAHILI = "Watoto wanacheza nje ya nyumba kila siku"
YORUBA = "Àwọn ọmọ ń ṣeré ní ìta ilé wa lójoojúmọ́"
FRENCH = "Nous sommes partis tôt ce matin avec les enfants"
GEORGIAN = "დღეს დილით ბაზარში წავედით ბავშვებთან ერთად"
JOINTS = (" ", ", ", " — ", "! ", " (", "\t", " 12:30 ", " 😂 ", "፣ ", "، ")


def parts(identifier: Identifier, line: str) -> list[tuple[str, str]]:
    return [(span.language, line[span.start : span.end]) for span in identifier.spans(line)]


@pytest.mark.parametrize("other", ["amh", "nqo", "ara", "khm"])
@pytest.mark.parametrize(("code", "text"), [("swh", SWAHILI), ("yor", YORUBA)])
def test_a_change_of_language_and_script_is_found_at_the_word(identifier: Identifier, other: str, code: str, text: str) -> None:
    foreign = sentence(7, other).rstrip(".።។߹ 7")
    assert parts(identifier, f"{text} {foreign} {text}") == [(code, text), (other, foreign), (code, text)]


def test_a_script_that_nobody_taught_is_a_span_of_its_own(identifier: Identifier) -> None:
    assert parts(identifier, f"{SWAHILI}, {GEORGIAN}; {YORUBA}") == [("swh", SWAHILI), ("kat", GEORGIAN), ("yor", YORUBA)]


def test_scripts_are_told_apart_when_nothing_was_taught() -> None:
    plain = Identifier.load(None, with_library=False)
    assert parts(plain, f"{GEORGIAN}. {FRENCH}") == [("kat", GEORGIAN), (UNKNOWN, FRENCH)]
    assert parts(plain, f"{FRENCH} {YORUBA}") == [(UNKNOWN, f"{FRENCH} {YORUBA}")]


def test_one_short_foreign_word_does_not_cut_an_unknown_stretch(identifier: Identifier) -> None:
    assert [language for language, _ in parts(identifier, f"{GEORGIAN} radio {GEORGIAN}")] == ["kat"]


@pytest.mark.parametrize("seed", range(40))
def test_spans_are_ordered_cover_every_letter_and_end_at_words(identifier: Identifier, seed: int) -> None:
    rng = random.Random(seed)
    pool = [*sample_lines("yor", is_test=True)[:20], *sample_lines("swh", is_test=True)[:20], FRENCH, GEORGIAN]
    pool += [sentence(number, code) for number in range(5) for code in ("amh", "nqo", "ara", "khm")]
    pieces = [word for text in rng.choices(pool, k=rng.randint(1, 4)) for word in (*text.split()[: rng.randint(1, 12)], rng.choice(JOINTS))]
    line = unicodedata.normalize("NFC", rng.choice(("", "  ", "«")) + " ".join(pieces))
    spans = identifier.spans(line)
    assert spans == identifier.spans(unicodedata.normalize("NFC", unicodedata.normalize("NFD", line)))
    assert all(0 <= span.start < span.end <= len(line) and 0 <= span.probability <= 1 for span in spans)
    assert all(before.end <= after.start and before.language != after.language for before, after in itertools.pairwise(spans))
    covered = {place for span in spans for place in range(span.start, span.end)}
    assert {place for place, letter in enumerate(line) if letter.isalpha()} <= covered
    for place in [span.start for span in spans] + [span.end for span in spans]:
        assert not (0 < place < len(line) and line[place - 1].isalpha() and line[place].isalpha())


def test_an_unknown_word_is_measured_by_the_taught_languages_of_its_script() -> None:
    latin, ethiopic, khmer = (SCRIPT_CODES.index(code) for code in ("Latn", "Ethi", "Khmr"))
    writes = np.zeros((2, len(SCRIPT_CODES)), dtype=bool)
    writes[0, latin] = writes[1, ethiopic] = True
    typical = np.array([1.0, 3.0], dtype=np.float32)
    words, letters = np.array([latin, ethiopic, 0], dtype=np.uint8), np.array([[5.0], [5.0], [0.0]], dtype=np.float32)
    costs = _unknown_costs(words, letters, np.array([latin, ethiopic, khmer], dtype=np.uint8), typical, writes) / 5 - UNKNOWN_EXCESS
    assert np.allclose(costs[0], [1, 3 + FOREIGN_EXCESS, 2 + FOREIGN_EXCESS])
    assert np.allclose(costs[1], [1 + FOREIGN_EXCESS, 3, 2 + FOREIGN_EXCESS])
    assert np.allclose(costs[2], -UNKNOWN_EXCESS)
