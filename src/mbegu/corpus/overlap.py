"""How much of one text stands word for word in another: shared spans of 50 letters.

Spans are taken from the text's letters without combining marks, so a copy typed without tone marks, with other punctuation or
capitals counts as the same. Of all spans a fixed fraction is looked at, chosen by their hash: the same span is chosen wherever
it stands, and the share estimated from it is unbiased. A short document may have no span that is looked at: what is not known of it is
taken to be as in the others on its side.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from mbegu.corpus.keys import Hashes, span_hashes

SPAN_LETTERS = 50
SAMPLE_ONE_IN = 8
FULL_SAMPLE_BYTES = 50_000_000


@dataclass(frozen=True)
class Spans:
    """Sampled spans of all documents: their hashes [spans], sorted, and the document of each [spans]."""

    hashes: Hashes
    documents: npt.NDArray[np.int32]
    count: int

    def shared_share(self, side: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return for each document [documents] which share of its spans also stands on another side.

        A document without a sampled span gets the share of all sampled spans on its side, so that it changes no mean; 0 where there are none.

        Args:
            side: a number for each document [documents]; negative: the document is left out of account.
        """
        sides = side[self.documents]
        counted = sides >= 0
        hashes, documents, sides = self.hashes[counted], self.documents[counted], sides[counted]
        if not len(hashes):
            return np.zeros(self.count)
        starts = np.flatnonzero(np.concatenate([[True], hashes[1:] != hashes[:-1]]))
        lengths = np.diff(np.append(starts, len(hashes)))
        shared = np.repeat(np.minimum.reduceat(sides, starts) != np.maximum.reduceat(sides, starts), lengths)
        all_spans = np.bincount(documents, minlength=self.count)
        shared_spans = np.bincount(documents, weights=shared, minlength=self.count)
        in_account = np.maximum(side, 0)
        of_side = [np.bincount(in_account, weights=spans)[in_account] for spans in (shared_spans, all_spans)]
        is_unknown = (all_spans == 0) & (side >= 0)
        share: npt.NDArray[np.float64] = np.where(is_unknown, of_side[0], shared_spans) / np.maximum(np.where(is_unknown, of_side[1], all_spans), 1)
        return share


def sample_every(total_bytes: int) -> int:
    """Return of how many spans one is looked at: 8, and more for large corpora, so that memory stays bounded (12 bytes a span)."""
    return SAMPLE_ONE_IN * max(1, -(-total_bytes // FULL_SAMPLE_BYTES))


def sample_spans(skeletons: Sequence[str], one_in: int) -> tuple[Hashes, npt.NDArray[np.int32]]:
    """Return the sampled span hashes of texts one after another, and the number of the text of each.

    Args:
        skeletons: letters of the texts without marks.
        one_in: of how many spans one is taken.
    """
    hashes, offsets = span_hashes(skeletons, SPAN_LETTERS)
    documents = np.repeat(np.arange(len(skeletons), dtype=np.int32), np.diff(offsets))
    taken = hashes % np.uint64(one_in) == 0
    return hashes[taken], documents[taken]


def make_spans(hashes: Hashes, documents: npt.NDArray[np.int32], count: int) -> Spans:
    """Sort sampled spans by hash; ``count`` is the number of documents."""
    order = np.argsort(hashes, kind="stable")
    return Spans(hashes[order], documents[order], count)
