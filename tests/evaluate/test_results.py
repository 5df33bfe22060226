"""Verdicts, groups and their JSON."""

from __future__ import annotations

import json

from mbegu.evaluate.results import Costs, best_of, by_group, judge, measure, top_level

SIZES = [100, 120, 80, 110, 90, 100, 105, 95]


def costs(bits_per_byte: float, wobble: float = 0.0) -> Costs:
    return Costs([size * (bits_per_byte + wobble * (-1) ** i) for i, size in enumerate(SIZES)], SIZES)


def test_better_than_the_better_of_the_two() -> None:
    verdict = judge(costs(1.3), {"ngram": costs(1.5), "ppmd": costs(1.6)})
    assert (verdict.verdict, verdict.against) == ("better", "ngram")
    assert verdict.words == (
        "The model is better than counting: 1.300 bits per byte against 1.500 of n-gram counting, "
        "the better of the models that only count, 13.3 % fewer."
    )
    assert verdict.difference.interval.high < 0


def test_worse_than_counting_is_said_in_words() -> None:
    verdict = judge(costs(1.7), {"ngram": costs(1.5), "ppmd": costs(1.4)})
    assert (verdict.verdict, verdict.against) == ("worse", "ppmd")
    assert verdict.words.startswith("The model is not better than counting: 1.700 bits per byte against 1.400 of PPMd")


def test_a_small_difference_is_no_difference() -> None:
    verdict = judge(costs(1.49, 0.3), {"ngram": costs(1.5)})
    assert verdict.verdict == "undecided"
    assert verdict.words.startswith("The model and counting cannot be told apart on these 8 documents")


def test_with_few_documents_nothing_is_claimed() -> None:
    few = costs(1.0).of([0, 1])
    verdict = judge(few, {"ngram": costs(2.0).of([0, 1])})
    assert verdict.verdict == "undecided"
    assert "only 2 documents" in verdict.words
    table = json.loads(json.dumps(verdict.as_json()))
    assert table["difference"]["interval"] is None
    assert "only 2 documents" in table["difference"]["interval_reason"]


def test_a_result_carries_value_n_interval_baseline_and_unit() -> None:
    table = measure(costs(1.5, 0.1), baseline=1.75).as_json()
    assert table["n"] == 8
    assert table["unit"] == "bits per byte"
    assert table["baseline"] == 1.75
    assert table["interval"][0] <= table["value"] <= table["interval"][1]


def test_the_best_baseline_is_the_smallest() -> None:
    assert best_of({"ngram": costs(1.5), "ppmd": costs(1.2)}) == "ppmd"


def test_the_worst_source_comes_first_and_small_ones_are_left_out() -> None:
    sources = ["news/a.txt#1"] * 9 + ["stories.zip/b.docx"] * 9 + ["ìtàn.csv#3"] * 2
    bits = Costs([100.0] * 9 + [200.0] * 9 + [900.0] * 2, [100] * 20)
    groups = by_group(sources, bits, {"ngram": Costs([150.0] * 20, [100] * 20)})
    assert [(group["name"], group["bits_per_byte"], group["documents"], group["baseline"]) for group in groups] == [
        ("stories.zip", 2.0, 9, 1.5),
        ("news", 1.0, 9, 1.5),
    ]


def test_one_source_is_no_group() -> None:
    assert by_group(["a.txt#1"] * 8, costs(1.5), {"ngram": costs(1.5)}) == []


def test_the_top_of_a_source() -> None:
    assert [top_level(source) for source in ("a/b/c.txt#2", "rows.csv#17", "ìwé.txt")] == ["a", "rows.csv", "ìwé.txt"]
