"""How often the 95 % interval holds the score of all documents, where it is made from a few of them.

    python bench/interval_coverage.py --data DIR [--draws 400]

Claim: ranges from 5 or 6 documents hold it about 90 times in 100, from more of them about 95 times.

The score is what PPMd, trained on 300 documents, needs on up to 1,000 others: their bits and bytes are real, and the truth, over all of
them, is known. A few documents are drawn with repeats, the interval is made from these alone, and it is counted how often the truth lies
in it; beside it the same with the plain percentiles, 2.5 and 97.5 %.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

from language_text import read_language
from mbegu.core.report import format_table
from mbegu.evaluate import intervals
from mbegu.model.ppmd import ppmd_bits

LANGUAGES = ("ibo", "amh")
TRAIN_DOCUMENTS, MOST_OTHERS = 300, 1_000
SIZES = (5, 6, 8, 12, 17, 30, 93)
RESAMPLES = 600


def coverage(bits: list[float], sizes: list[int], documents: int, draws: int) -> tuple[float, float]:
    """Return the share of draws whose interval holds the score of all, and the mean width of the intervals in bits per byte."""
    truth = sum(bits) / sum(sizes)
    chance = random.Random(documents)
    covered, width = 0, 0.0
    for draw in range(draws):
        picked = chance.choices(range(len(bits)), k=documents)
        found = intervals.bootstrap_ratio([bits[i] for i in picked], [sizes[i] for i in picked], RESAMPLES, seed=draw)
        assert found.low is not None and found.high is not None
        covered += found.low <= truth <= found.high
        width += found.high - found.low
    return covered / draws, width / draws


def main() -> None:
    """Print, for each language and number of documents, how often the interval holds the truth."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder with raw-text/ and topic-news/masakhanews/")
    parser.add_argument("--draws", type=int, default=400)
    arguments = parser.parse_args()
    rows = []
    tails = {"plain": lambda _: intervals.TAIL, "expanded": intervals.expanded_tail}
    for language in LANGUAGES:
        train = read_language(arguments.data, language).train
        learnt, others = train[:TRAIN_DOCUMENTS], train[TRAIN_DOCUMENTS : TRAIN_DOCUMENTS + MOST_OTHERS]
        bits = ppmd_bits([each.encode() for each in learnt], [each.encode() for each in others]).tolist()
        sizes = [len(each.encode()) for each in others]
        for documents in SIZES:
            row = [language, documents]
            for tail in tails.values():
                intervals.expanded_tail = tail
                share, width = coverage(bits, sizes, documents, arguments.draws)
                row += [f"{100 * share:.1f} %", f"{width:.3f}"]
            rows.append(row)
    print(format_table(("language", "documents", "plain holds it", "width", "expanded holds it", "width"), rows))


if __name__ == "__main__":
    main()
