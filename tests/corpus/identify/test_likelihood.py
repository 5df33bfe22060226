"""The rows of costs beside the formula, worked out letter by letter with dictionaries."""

from __future__ import annotations

import math
from collections import Counter, defaultdict

import numpy as np
import pytest

from mbegu.corpus.identify.counting import ORDER, PLAIN_PARTS, count_grams
from mbegu.corpus.identify.likelihood import (
    OTHER_SCRIPT_COST,
    SHORTER_WEIGHT,
    STRANGE_LETTER,
    STRANGE_WORD,
    UNSEEN_LETTER,
    Likelihood,
)
from mbegu.corpus.identify.spelling import spell

TEXTS = {
    "yor": ["bàbá mi sọ fún wa pé òjò ti rọ̀ lánàá", "wọ́n ń lọ sí ọjà láti ra iṣu àti ẹ̀wà"],
    "swh": ["watoto wanaenda sokoni kununua maharage", "baba alituambia kwamba mvua ilinyesha jana"],
    "amh": ["ልጆች ዛሬ ወደ ገበያ ሄዱ", "እናት ቡና አፈላች"],
}


def plain_cost(lines: list[str], word: str) -> float:
    """Return the cost of a word by the formula in the module's docstring."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    counts = count_grams(lines)
    for row, count in zip(counts.grams.tolist(), counts.counts.tolist(), strict=True):
        gram = "".join(chr(code) for code in row if code)
        for before in range(len(gram)):
            seen[gram[before:-1]][gram[-1]] += count / PLAIN_PARTS
    marked = f"\1{word}\2"
    cost = 0.0
    for at in range(1, len(marked)):
        probability = UNSEEN_LETTER
        for length in range(min(ORDER - 1, at) + 1):
            after = seen.get(marked[at - length : at])
            if after:
                weight = SHORTER_WEIGHT * len(after)
                probability = (after[marked[at]] + weight * probability) / (sum(after.values()) + weight)
        cost -= math.log(probability)
    return min(cost, -math.log(STRANGE_WORD) - (len(word) + 1) * math.log(STRANGE_LETTER))


@pytest.mark.parametrize("word", ["ọjà", "wọ́n", "bàba", "sokoni", "sokokoni", "watotowatoto", "x", "qqxz", "jvw", "ẽñø", "ojajajaja"])
def test_a_word_costs_what_the_formula_says(word: str) -> None:
    likelihood = Likelihood([count_grams(TEXTS["yor"]), count_grams(TEXTS["swh"])])
    scored = likelihood.words(spell([word]))
    expected = [plain_cost(TEXTS["yor"], word), plain_cost(TEXTS["swh"], word)]
    assert np.allclose(scored.costs[0], expected, atol=0.01 * len(word))
    assert scored.letters.tolist() == [len(word) + 1]


def test_one_language_costs_the_same_alone_and_beside_others() -> None:
    words = spell(["watoto sokoni jana mvua ọmọ"])
    alone = Likelihood([count_grams(TEXTS["swh"])]).words(words).costs[:, 0]
    beside = Likelihood([count_grams(text) for text in TEXTS.values()]).words(words).costs[:, 1]
    assert np.allclose(alone, beside, atol=0.02)


def test_words_in_a_script_that_a_language_is_not_written_in_are_neutral() -> None:
    likelihood = Likelihood([count_grams(TEXTS["amh"]), count_grams(TEXTS["swh"])])
    costs = likelihood.words(spell(["ሰላም", "baba"])).costs
    assert costs[0, 1] == pytest.approx(4 * OTHER_SCRIPT_COST)
    assert costs[1, 0] == pytest.approx(5 * OTHER_SCRIPT_COST)


def test_no_language_and_no_word() -> None:
    assert Likelihood([]).words(spell(["ọmọ"])).costs.shape == (1, 0)
    assert Likelihood([count_grams(TEXTS["yor"])]).words(spell(["12"])).costs.shape == (0, 1)
