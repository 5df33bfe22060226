"""The curve over 1/4, 1/2 and all of the text, and what twice the text would save."""

from __future__ import annotations

import numpy as np
import pytest

from mbegu.evaluate.more_text import counting_curve, gain_of_twice, more_text, more_text_words, nested_shares
from mbegu.evaluate.results import Costs


@pytest.mark.parametrize(("floor", "power"), [(0.0, 0.1), (1.0, 0.3), (0.5, 1.5)])
def test_a_curve_with_a_floor_is_followed_exactly(floor: float, power: float) -> None:
    def bits(text: float) -> float:
        return floor + 0.9 * text**-power

    assert gain_of_twice(bits(0.25), bits(0.5), bits(1)) == pytest.approx(1 - bits(2) / bits(1))


def test_a_curve_that_falls_faster_and_faster_is_not_believed_to_go_on_so() -> None:
    assert gain_of_twice(2.0, 1.9, 1.7) == pytest.approx(0.2 / 1.7)
    assert gain_of_twice(1.9, 2.0, 1.8) == pytest.approx(0.2 / 1.8), "more text made it worse at first: only the last step is known"


@pytest.mark.parametrize("points", [(2.0, 1.8, 1.8), (2.0, 1.8, 1.9), (0.0, 0.0, 0.0)])
def test_without_a_gain_none_is_promised(points: tuple[float, float, float]) -> None:
    assert gain_of_twice(*points) == 0.0


def test_each_share_holds_the_smaller_ones_and_is_about_as_large_as_asked() -> None:
    sizes = np.random.default_rng(1).integers(50, 150, 400).tolist()
    quarter, half = nested_shares(sizes)
    assert set(quarter) < set(half) < set(range(400))
    assert quarter == sorted(quarter)
    for share, chosen in ((0.25, quarter), (0.5, half)):
        size = sum(sizes[i] for i in chosen)
        assert share * sum(sizes) <= size < share * sum(sizes) + 150
    assert max(quarter) > 300, "drawn from the whole text, not from its beginning"


WORDS = ["ọmọ", "náà", "lọ", "sí", "ọjà", "ilé", "ìwé", "dára", "púpọ̀", "ó", "ra", "iṣu", "àti", "ẹja", "lánàá", "bàbá", "ìyá", "rí", "mi"]


def test_counting_gains_from_text_like_the_text_it_is_measured_on() -> None:
    chance = np.random.default_rng(3)
    texts = [" ".join(chance.choice(WORDS, 30)).encode() for _ in range(90)]
    curve = counting_curve(texts[:80], texts[80:])
    points = [costs.bits_per_byte for costs in curve]
    assert points[0] > points[1] > points[2]
    assert counting_curve(texts[:80], texts[80:], curve[2]) == curve
    table = more_text(curve, 200)
    assert 0 < table["gain_of_twice"] < 0.2
    assert table["interval"][0] <= table["gain_of_twice"] <= table["interval"][1]


def test_the_words_name_counting_its_range_and_what_was_not_measured() -> None:
    sizes = [1000] * 6
    table = more_text([Costs([bits] * 6, sizes) for bits in (1700.0, 1600.0, 1510.0)])
    assert more_text_words(table) == (
        "counting (PPMd) would need about 5.4\u00a0% fewer bits (5.4 to 5.4\u00a0%) if its curve goes on: "
        "1.700, 1.600, 1.510 bits per byte after 1/4, 1/2 and all of it; the model's own gain: not measured"
    )
    few = more_text([Costs([bits] * 2, sizes[:2]) for bits in (1700.0, 1600.0, 1510.0)])
    assert "(no range: only 2 documents; an interval needs at least 5)" in more_text_words(few)
    assert more_text_words(more_text([Costs([1500.0] * 6, sizes)] * 3)).startswith("counting (PPMd) would gain nothing that can be seen: 1.500")
