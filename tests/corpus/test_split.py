from __future__ import annotations

import numpy as np
import pytest

from mbegu.core.documents import Document
from mbegu.core.errors import InputError
from mbegu.corpus.settings import CorpusSettings
from mbegu.corpus.split import heldout_target, split, undivided_unit

SETTINGS = CorpusSettings()
N = 200
KEYS = [f"{i:04}" for i in range(N)]
SIZES = [1000 + i for i in range(N)]
ALONE = np.arange(N)
CLEAN = np.zeros(N)


def test_the_target_is_the_share_within_its_bounds() -> None:
    assert heldout_target(10_000_000, SETTINGS) == 500_000
    assert heldout_target(800_000, SETTINGS) == 60_000
    assert heldout_target(100_000, SETTINGS) == 10_000
    assert heldout_target(1_000_000_000, SETTINGS) == 2_000_000


def test_about_the_target_is_held_out_and_the_same_again_next_time() -> None:
    one = split(KEYS, SIZES, ALONE, CLEAN, SETTINGS)
    held = sum(size for size, out in zip(SIZES, one.heldout, strict=True) if out)
    assert one.target_bytes <= held <= one.target_bytes + 1200
    assert (split(KEYS, SIZES, ALONE, CLEAN, SETTINGS).heldout == one.heldout).all()
    assert (split(KEYS, SIZES, ALONE, CLEAN, CorpusSettings(seed=2)).heldout != one.heldout).any()


def test_the_choice_hangs_on_the_documents_and_not_on_their_order() -> None:
    one = split(KEYS, SIZES, ALONE, CLEAN, SETTINGS)
    turned = split(KEYS[::-1], SIZES[::-1], ALONE, CLEAN, SETTINGS)
    assert (turned.heldout[::-1] == one.heldout).all()


@pytest.mark.parametrize(("divide_by", "unit"), [("document", ""), ("file", "Ìwé #1/a.txt"), ("folder", "Ìwé #1"), ("contributor", "Ada")])
def test_a_sign_in_the_name_of_a_folder_does_not_join_folders(divide_by: str, unit: str) -> None:
    assert undivided_unit(Document("1", "x", "yor", "Ìwé #1/a.txt#17", contributor="Ada"), divide_by) == unit


def test_a_group_is_never_divided() -> None:
    groups = ALONE // 4 * 4
    heldout = split(KEYS, SIZES, groups, CLEAN, SETTINGS).heldout
    assert all(heldout[i] == heldout[i + 1] == heldout[i + 2] == heldout[i + 3] for i in range(0, N, 4))
    assert 0 < heldout.sum() < N


def test_documents_that_stand_elsewhere_are_passed_over() -> None:
    one = split(KEYS, SIZES, ALONE, CLEAN, SETTINGS)
    shared = np.where(one.heldout, 0.5, 0.0)
    other = split(KEYS, SIZES, ALONE, shared, SETTINGS)
    assert not (other.heldout & one.heldout).any()
    assert other.passed_over > 0
    assert not other.forced


def test_when_all_stand_elsewhere_some_are_taken_nevertheless_and_it_is_said() -> None:
    made = split(KEYS, SIZES, ALONE, np.ones(N), SETTINGS)
    assert made.forced
    assert made.heldout.any()


def test_one_huge_document_is_not_what_the_model_is_judged_by() -> None:
    sizes = [10_000_000, *SIZES[1:]]
    for seed in range(10):
        assert not split(KEYS, sizes, ALONE, CLEAN, CorpusSettings(seed=seed)).heldout[0]


def test_two_documents_are_one_for_each_side() -> None:
    made = split(["a", "b"], [100, 100], np.array([0, 1]), np.zeros(2), SETTINGS)
    assert made.heldout.sum() == 1


@pytest.mark.parametrize("count", [1, 3])
def test_what_cannot_be_divided_is_refused_with_what_to_do(count: int) -> None:
    for document, fix in (("file", 'give more texts, or set document = "auto" in [corpus], so that'), ("auto", "give more texts")):
        with pytest.raises(InputError, match="nothing can be held out") as caught:
            split(["a"] * count, [100] * count, np.zeros(count, dtype=np.int64), np.zeros(count), CorpusSettings(document=document))
        assert caught.value.fix.startswith(fix)
        assert ("auto" in caught.value.fix) is (document != "auto")
