"""The counting model against a slow one that does the same byte by byte, and its fit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from mbegu.evaluate import counting
from mbegu.evaluate.counting import (
    CONTEXT_CLASSES,
    COUNT_CLASSES,
    DISTINCT_CLASSES,
    END_OF_DOCUMENT,
    SYMBOLS,
    context_counts,
    count_bits,
    fit_discounts,
    join_documents,
)

TRAIN = [
    text.encode("utf-8")
    for text in (
        "ọmọ náà ń lọ sí ilé ìwé, ọmọ náà ń ṣeré",
        "ልጆቹ ወደ ትምህርት ቤት ሄዱ። ልጆቹ ተጫወቱ።",
        "ߌ ߣߌ߫ ߛߐ߰ߡߊ߫ ߌ ߣߌ߫ ߕߟߋ߬",
        "صباح الخير يا أولاد صباح الخير",
        "aaaaaaaaaa",
        "",
        "ក្មេងៗទៅសាលារៀន ក្មេងៗលេង",
    )
]
HELDOUT = [
    text.encode("utf-8")
    for text in ("ọmọ náà ń ṣeré ní ilé, ọmọ náà", "ልጆቹ ሄዱ። ልጆቹ ሄዱ።", "", "aaaaaaaaaaaaaaaa", "xyz صباح", "zzqzzq zzqzz", "qzzq zzqzzq zz")
]
ORDER = 5
Counts = Mapping[tuple[int, ...], Mapping[int, int]]


class SlowModel:
    """Keeps counts in dictionaries and follows the definition one symbol at a time."""

    def __init__(self, order: int, discounts: np.ndarray) -> None:
        self.order, self.discounts = order, discounts
        self.counts: list[dict[tuple[int, ...], dict[int, int]]] = [defaultdict(lambda: defaultdict(int)) for _ in range(order + 1)]

    def distribution(self, before: Sequence[int]) -> np.ndarray:
        """Probabilities of all symbols after ``before``, which begins with the end of the document before."""
        result = np.full(SYMBOLS, 1.0 / SYMBOLS)
        for length in range(min(self.order, len(before)) + 1):
            seen = self.counts[length].get(tuple(before[len(before) - length :]), {})
            total = sum(seen.values())
            if not total:
                continue
            table = self.discounts[length][int(np.searchsorted(DISTINCT_CLASSES, len(seen)))]
            given = sum(table[min(count, COUNT_CLASSES) - 1] for count in seen.values())
            own = np.zeros(SYMBOLS)
            for symbol, count in seen.items():
                own[symbol] = count - table[min(count, COUNT_CLASSES) - 1]
            result = (own + given * result) / total
        return result

    def learn(self, before: Sequence[int], symbol: int) -> None:
        """Count a symbol in its longest context, and in each shorter one for as long as it is new."""
        for length in reversed(range(min(self.order, len(before)) + 1)):
            seen = self.counts[length][tuple(before[len(before) - length :])]
            seen[symbol] += 1
            if seen[symbol] > 1:
                return

    def read(self, document: bytes) -> float:
        """Learn a document and return the bits it cost."""
        before, bits = [END_OF_DOCUMENT], 0.0
        for symbol in [*document, END_OF_DOCUMENT]:
            bits -= np.log2(self.distribution(before)[symbol])
            self.learn(before, symbol)
            before.append(symbol)
        return bits


def slow_bits(train: Sequence[bytes], document: bytes, order: int, discounts: np.ndarray) -> float:
    model = SlowModel(order, discounts)
    model.learn([], END_OF_DOCUMENT)
    for text in train:
        model.read(text)
    return model.read(document)


@pytest.fixture
def odd_discounts(monkeypatch: pytest.MonkeyPatch) -> np.ndarray:
    """Discounts that differ everywhere, in place of fitted ones."""
    largest = np.arange(1, COUNT_CLASSES + 1)
    discounts = np.random.default_rng(7).uniform(0.1, 0.9, (ORDER + 1, CONTEXT_CLASSES, COUNT_CLASSES)) * largest
    monkeypatch.setattr(counting, "fit_discounts", lambda levels, positions: discounts)
    return discounts


def test_counts_the_same_bits_as_the_slow_model(odd_discounts: np.ndarray) -> None:
    fast = count_bits(TRAIN, HELDOUT, ORDER)
    slow = [slow_bits(TRAIN, document, ORDER, odd_discounts) for document in HELDOUT]
    np.testing.assert_allclose(fast, slow, rtol=1e-9)


def test_the_slow_models_probabilities_sum_to_one(odd_discounts: np.ndarray) -> None:
    model = SlowModel(ORDER, odd_discounts)
    for text in TRAIN:
        model.read(text)
    for before in ([END_OF_DOCUMENT], list("ọmọ".encode()), list(b"aaaaaaa"), [1, 2, 3]):
        assert model.distribution(before).sum() == pytest.approx(1.0)


def test_a_document_does_not_help_the_next(odd_discounts: np.ndarray) -> None:
    alone = [count_bits(TRAIN, [document], ORDER)[0] for document in HELDOUT]
    np.testing.assert_allclose(count_bits(TRAIN, HELDOUT, ORDER), alone, rtol=1e-12)
    np.testing.assert_allclose(count_bits(TRAIN, HELDOUT[::-1], ORDER)[::-1], alone, rtol=1e-12)


def test_the_gradient_is_the_slope_of_the_bits() -> None:
    text = join_documents(TRAIN, HELDOUT)
    positions = len(text.symbols) - text.heldout_start
    terms = [counting._Terms.of(counts) for counts in context_counts(text, ORDER)]
    discounts = np.random.default_rng(3).uniform(0.2, 0.8, (ORDER + 1, CONTEXT_CLASSES, COUNT_CLASSES))

    def nats(values: np.ndarray) -> float:
        probability = np.full(positions, 1.0 / SYMBOLS)
        for level, term in enumerate(terms):
            probability[term.position] = term.interpolate(values[level], probability[term.position])
        return float(-np.log(probability).sum())

    gradient = counting._gradient(terms, discounts, positions)
    assert np.abs(gradient).max() > 1
    for place in np.ndindex(discounts.shape):
        step = np.zeros_like(discounts)
        step[place] = 1e-6
        assert (nats(discounts + step) - nats(discounts - step)) / 2e-6 == pytest.approx(gradient[place], abs=1e-4, rel=1e-5)


def test_fitting_needs_fewer_bits_than_the_usual_discounts(monkeypatch: pytest.MonkeyPatch) -> None:
    train = [f"{i} ọmọ {i * i % 13} náà ń lọ sí ilé {i % 7} ìwé\n".encode() for i in range(300)]
    fitted = count_bits(train, train[5:25], 6).sum()
    monkeypatch.setattr(counting, "TUNING_ROUNDS", 0)
    assert fitted < 0.98 * count_bits(train, train[5:25], 6).sum()


def test_repeated_text_costs_little_and_foreign_text_much() -> None:
    train = [f"ìtàn {i}: ọmọ náà lọ sí ọjà ní àárọ̀\n".encode() for i in range(50)]
    same, foreign = count_bits(train, [train[3], "ልጆቹ ወደ ትምህርት ቤት ሄዱ".encode()])
    assert same / len(train[3]) < 1 < 5 < foreign / 56


@pytest.mark.parametrize("train", [[], [b""], [b"a"], [b"", b""]])
def test_almost_no_training_text_still_gives_finite_bits(train: list[bytes]) -> None:
    bits = count_bits(train, [b"", "ẹ̀".encode()])
    assert np.isfinite(bits).all()
    assert (bits > 0).all()


def test_no_heldout_documents_give_no_bits() -> None:
    assert len(count_bits(TRAIN, [])) == 0


def test_without_documents_set_aside_the_discounts_stay_usual() -> None:
    levels = list(context_counts(join_documents(TRAIN, []), 2))
    np.testing.assert_array_equal(fit_discounts(levels, 0)[0, 0], counting.USUAL_DISCOUNTS)
