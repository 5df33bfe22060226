from __future__ import annotations

import random

import numpy as np
import pytest
from tests.corpus.material import WORDS, story

from mbegu.corpus.dedup import find_duplicates, signatures
from mbegu.corpus.keys import letters_and_marks


def changed(text: str, words: int, language: str) -> str:
    """Return the text with that many of its words replaced."""
    parts = text.split(" ")
    chosen = random.Random(1)
    for i in chosen.sample(range(len(parts)), words):
        parts[i] = chosen.choice(WORDS[language]) + "x"
    return " ".join(parts)


@pytest.mark.parametrize("language", list(WORDS))
def test_a_copy_with_a_few_changes_is_found_and_the_first_is_kept(language: str) -> None:
    texts = [story(i, language, 30) for i in range(20)]
    texts.append(changed(texts[4], 3, language))
    found = find_duplicates(signatures([letters_and_marks(text) for text in texts]), 0.8, 0.5)
    assert list(found.earlier) == [20]
    first, likeness = found.earlier[20]
    assert first == 4
    assert likeness > 0.8
    assert found.groups[20] == found.groups[4]
    assert len(set(found.groups.tolist())) == 20


def test_half_of_a_text_is_no_duplicate_but_stays_on_the_same_side() -> None:
    texts = [story(i, "yor", 30) for i in range(10)]
    texts.append("\n".join(texts[2].split("\n")[:22] + story(99, "yor", 5).split("\n")))
    found = find_duplicates(signatures([letters_and_marks(text) for text in texts]), 0.8, 0.5)
    assert found.earlier == {}
    assert found.groups[10] == found.groups[2] == 2


def test_with_one_only_exact_copies_count() -> None:
    texts = [story(1), story(1) + "ọ"]
    assert find_duplicates(signatures([letters_and_marks(text) for text in texts]), 1.0, 1.0).earlier == {}


def test_the_estimate_is_the_jaccard_similarity() -> None:
    def spans(text: str) -> set[str]:
        key = letters_and_marks(text)
        return {key[i : i + 10] for i in range(len(key) - 9)}

    one, other = story(1, "yor", 40), changed(story(1, "yor", 40), 20, "yor")
    signed = signatures([letters_and_marks(one), letters_and_marks(other)])
    exact = len(spans(one) & spans(other)) / len(spans(one) | spans(other))
    assert 0.3 < exact < 0.9
    assert abs(float(np.mean(signed[0] == signed[1])) - exact) < 0.14


def test_signatures_are_the_same_in_any_company() -> None:
    keys = [letters_and_marks(story(i)) for i in range(5)]
    assert (signatures(keys)[3] == signatures([keys[3]])[0]).all()


def test_nothing_to_compare() -> None:
    found = find_duplicates(signatures([]), 0.8, 0.5)
    assert (found.earlier, len(found.groups)) == ({}, 0)
