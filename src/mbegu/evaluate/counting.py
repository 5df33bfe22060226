"""A model that only counts: interpolated n-grams over bytes, the mark that a neural model has to beat.

Each document is predicted byte by byte from the bytes before it, by counts from the training documents and from its own
beginning (the neural model reads that too); other held-out documents are not used. Lower orders count in how many different
longer contexts a byte was seen (Kneser and Ney 1995); what is taken from each count depends on the count, as in Chen and
Goodman's modified form (1999), and also on how many different bytes the context has had, as PPM compressors do. The amounts
are fitted on training documents that are set aside for it.

All counts of one order come from one sort: a position's context of n + 1 bytes is the pair (context of n bytes, next byte) of
the position before it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Flags = npt.NDArray[np.bool_]
Places = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

END_OF_DOCUMENT = 256
SYMBOLS = 257
TRAIN = -1
DEFAULT_ORDER = 16
COUNT_CLASSES = 3  # a byte seen once, twice, three times or more in its context
DISTINCT_CLASSES = (1, 2, 4, 8, 16)  # contexts by how many different bytes they have had: 1, 2, 3-4, 5-8, 9-16, more
CONTEXT_CLASSES = len(DISTINCT_CLASSES) + 1
NO_DISCOUNT = CONTEXT_CLASSES * COUNT_CLASSES
USUAL_DISCOUNTS = (0.8, 1.2, 1.5)
TUNING_SHARE = 0.06
TUNING_BYTES = 120_000
TUNING_TRAIN_BYTES = 2_000_000
TUNING_ROUNDS = 50
TUNING_RATE = 0.06
TUNING_PULL = 5.0


@dataclass(frozen=True)
class Text:
    """Documents as one sequence of symbols, the training documents first.

    ``symbols``: uint16 [positions], bytes and after each document ``END_OF_DOCUMENT``; one more stands before the first.
    ``place``: int32 [positions], how many bytes of its document come before.
    ``document``: int32 [positions], ``TRAIN``, or the number of the held-out document.
    """

    symbols: npt.NDArray[np.uint16]
    place: npt.NDArray[np.int32]
    document: npt.NDArray[np.int32]

    @property
    def heldout_start(self) -> int:
        """The first held-out position."""
        return int(np.searchsorted(self.document, 0))


@dataclass(frozen=True)
class ContextCounts:
    """What was seen of one context length before each held-out position whose context was seen at all; all [seen positions].

    ``position`` counts from the first held-out position. ``byte_count`` is the count of the byte that comes; ``total`` that of
    all bytes; ``of_class`` [seen positions, 3] how many different bytes have the count 1, 2, 3 or more.
    """

    position: Places
    byte_count: Places
    total: Places
    of_class: Places


def count_bits(train: Sequence[bytes], heldout: Sequence[bytes], order: int = DEFAULT_ORDER) -> Floats:
    """Return how many bits the counting model needs for each held-out document, with its end-of-document symbol.

    Args:
        train: UTF-8 bytes of the training documents.
        heldout: UTF-8 bytes of the held-out documents.
        order: bytes in the longest context.

    Returns:
        Bits, float64 [held-out documents]. Takes about 100 bytes of memory for each byte of text.
    """
    rest, tuning = _set_aside(train)
    discounts = fit_discounts(list(context_counts(join_documents(rest, tuning), order)), sum(len(text) + 1 for text in tuning))
    text = join_documents(train, heldout)
    probability = np.full(len(text.symbols) - text.heldout_start, 1.0 / SYMBOLS)
    for level, counts in enumerate(context_counts(text, order)):
        terms = _Terms.of(counts)
        probability[terms.position] = terms.interpolate(discounts[level], probability[terms.position])
    bits = np.bincount(text.document[text.heldout_start :], weights=-np.log2(probability), minlength=len(heldout))
    return bits.astype(np.float64)


def join_documents(train: Sequence[bytes], heldout: Sequence[bytes]) -> Text:
    """Put documents one after another; see ``Text``."""
    texts = [*train, *heldout]
    lengths = np.array([0, *(len(text) + 1 for text in texts)], dtype=np.int64)
    lengths[0] = 1
    starts = np.cumsum(lengths) - lengths
    symbols = np.full(int(lengths.sum()), END_OF_DOCUMENT, dtype=np.uint16)
    for start, text in zip(starts[1:].tolist(), texts, strict=True):
        symbols[start : start + len(text)] = np.frombuffer(text, dtype=np.uint8)
    owner = np.array([TRAIN] * (len(train) + 1) + list(range(len(heldout))), dtype=np.int32)
    place = np.arange(len(symbols), dtype=np.int64) - np.repeat(starts, lengths)
    return Text(symbols, place.astype(np.int32), np.repeat(owner, lengths))


def context_counts(text: Text, order: int) -> Iterator[ContextCounts]:
    """Yield the counts for contexts of 0, 1, ... ``order`` bytes; see ``ContextCounts``."""
    positions = np.arange(len(text.symbols), dtype=np.int32)
    level = _Level.of(text, positions, np.zeros(len(positions), dtype=np.int32))
    for length in range(order + 1):
        following = level.longer(text, length + 1) if length < order else None
        customers = np.ones(len(text.symbols), dtype=np.bool_)
        if following is not None:
            customers[following.by_pair] = following.is_first
        yield level.count(text, customers)
        if following is not None:
            level = following


@dataclass(frozen=True)
class _Level:
    """Positions that share their context of one length with another position, in two orders; all [members].

    Both orders go by context first, so that a context's members stand at the same places in both.
    """

    by_context: Places  # positions by context, then time
    context: Places  # dense number of each one's context
    by_pair: Places  # positions by context, then symbol, then time
    pair: Places  # dense number of each one's context with its symbol
    is_first: Flags  # along by_pair: this context and symbol were not seen before, in training or in the same document

    @classmethod
    def of(cls, text: Text, by_context: Places, context: Places) -> _Level:
        shift = len(text.symbols).bit_length()
        key = context.astype(np.int64)
        key *= SYMBOLS
        key += text.symbols[by_context]
        key <<= shift
        key |= by_context
        key.sort()  # every key differs from every other, so any sort gives the same order
        by_pair = (key & ((1 << shift) - 1)).astype(np.int32)
        key >>= shift
        groups = _Groups.of(text, by_pair, _changes(key))
        return cls(by_context, context, by_pair, groups.group, groups.is_first())

    def longer(self, text: Text, length: int) -> _Level:
        """Return the level of contexts that are one byte longer; they begin at their document's beginning at the earliest."""
        following = self.by_pair + np.int32(1)
        inside = np.append(text.place, np.int32(-1))[following] + 1 >= length  # nothing follows the last position
        following, context = following[inside], self.pair[inside]
        shared = np.bincount(context, minlength=1)[context] > 1
        return _Level.of(text, following[shared], _dense(context[shared]))

    def count(self, text: Text, customers: Flags) -> ContextCounts:
        """Count, for held-out members, what came before in the same context.

        Args:
            text: the documents.
            customers: [positions], which positions count.
        """
        matters = np.zeros(int(self.context[-1]) + 1 if len(self.context) else 0, dtype=np.bool_)
        matters[self.context[self.by_context >= text.heldout_start]] = True
        wanted = matters[self.context]
        pairs = _Groups.of(text, self.by_pair[wanted], _changes(self.pair[wanted]))
        contexts = _Groups.of(text, self.by_context[wanted], _changes(self.context[wanted]))

        byte_count = pairs.earlier_of_all(customers[pairs.members])
        arrival = np.zeros(len(text.symbols), dtype=np.int8)  # 0: does not count; 1, 2, 3: the first, second, third time; 4: later
        arrival[pairs.members] = np.where(customers[pairs.members], np.minimum(byte_count, COUNT_CLASSES) + 1, 0)
        own = np.zeros(len(text.symbols) - text.heldout_start, dtype=np.int32)
        own[pairs.members[pairs.heldout] - text.heldout_start] = byte_count[pairs.heldout]

        arrivals = arrival[contexts.members]
        total = contexts.earlier(arrivals > 0)
        reached = [contexts.earlier(arrivals == time) for time in range(1, COUNT_CLASSES + 1)]
        of_class = np.stack([reached[0] - reached[1], reached[1] - reached[2], reached[2]], axis=1)
        position = contexts.members[contexts.heldout] - text.heldout_start
        seen = total > 0
        return ContextCounts(position[seen], own[position[seen]], total[seen], of_class[seen])


@dataclass(frozen=True)
class _Groups:
    """Positions in groups, in time order: a group's training members, then a run for each held-out document."""

    members: Places  # [members]
    group: Places  # [members], dense number of each one's group
    starts: Places  # [groups], index of the group's first member
    heldout: Places  # [held-out members], their indices
    run_start: Places  # [held-out members], index of the first member of the same group and document
    train_end: Places  # [groups], index after the group's last training member

    @classmethod
    def of(cls, text: Text, members: Places, starts_group: Flags) -> _Groups:
        starts = np.flatnonzero(starts_group).astype(np.int32)
        group = np.cumsum(starts_group, dtype=np.int32) - np.int32(1)
        heldout = np.flatnonzero(members >= text.heldout_start).astype(np.int32)
        document = text.document[members[heldout]]
        starts_run = starts_group[heldout]
        starts_run[1:] |= (document[1:] != document[:-1]) | (group[heldout[1:]] != group[heldout[:-1]])
        starts_run[:1] = True
        run_start = heldout[starts_run][np.cumsum(starts_run) - 1] if len(heldout) else heldout
        ends = np.append(starts[1:], len(members)).astype(np.int32)
        in_heldout = np.bincount(group[heldout], minlength=len(starts)).astype(np.int32)
        return cls(members, group, starts, heldout, run_start, ends - in_heldout)

    def is_first(self) -> Flags:
        """Return, for each member, whether its group had no earlier member in training or in its own document."""
        first = np.zeros(len(self.members), dtype=np.bool_)
        first[self.starts] = True
        runs = self.run_start[self.run_start == self.heldout]
        first[runs] = self.train_end[self.group[runs]] == self.starts[self.group[runs]]
        return first

    def earlier(self, flags: Flags) -> Places:
        """Return how many flagged members come before each held-out member, in training or in its own document."""
        return self._of_heldout(np.append(np.int32(0), np.cumsum(flags, dtype=np.int32)))

    def earlier_of_all(self, flags: Flags) -> Places:
        """Return the same for all members; for training members what comes before them in training."""
        before = np.append(np.int32(0), np.cumsum(flags, dtype=np.int32))
        counts: Places = before[:-1] - before[self.starts][self.group]
        counts[self.heldout] = self._of_heldout(before)
        return counts

    def _of_heldout(self, before: Places) -> Places:
        in_train = before[self.train_end] - before[self.starts]
        counts: Places = in_train[self.group[self.heldout]] + before[self.heldout] - before[self.run_start]
        return counts


@dataclass(frozen=True)
class _Terms:
    """What of ``ContextCounts`` the discounts act on, in the form that is quick to use again and again; [seen positions]."""

    position: Places
    context_class: Places
    discount_index: Places  # into the flat discounts of this level; those whose byte has no count point to one that is always 0
    byte_share: Floats  # count of the byte over the total
    class_share: Floats  # [classes of counts, seen positions], different bytes of each class over the total
    per_total: Floats  # one over the total

    @classmethod
    def of(cls, counts: ContextCounts) -> _Terms:
        context_class = np.searchsorted(DISTINCT_CLASSES, counts.of_class.sum(axis=1), side="left").astype(np.int32)
        own_class = np.minimum(counts.byte_count, COUNT_CLASSES) - 1
        index = np.where(own_class >= 0, context_class * COUNT_CLASSES + own_class, NO_DISCOUNT).astype(np.int32)
        per_total = 1.0 / counts.total
        return cls(counts.position, context_class, index, counts.byte_count * per_total, counts.of_class.T * per_total, per_total)

    def interpolate(self, discounts: Floats, shorter: Floats) -> Floats:
        """Return the probability of each byte that comes, given its probability from the shorter context."""
        taken = np.append(discounts, 0.0)[self.discount_index] * self.per_total
        result: Floats = self.byte_share - taken + self.given(discounts) * shorter
        return result

    def given(self, discounts: Floats) -> Floats:
        """Return the weight of the shorter context."""
        weight: Floats = (discounts.T[:, self.context_class] * self.class_share).sum(axis=0)
        return weight

    def gradient(self, upstream: Floats, shorter: Floats) -> Floats:
        """Return the derivative by each discount, [classes of contexts, classes of counts].

        Args:
            upstream: derivative by the probability that ``interpolate`` returns.
            shorter: as given to ``interpolate``.
        """
        taken = np.bincount(self.discount_index, weights=upstream * self.per_total, minlength=NO_DISCOUNT + 1)[:NO_DISCOUNT]
        weights = self.class_share * (upstream * shorter)
        given = np.stack([np.bincount(self.context_class, weights=each, minlength=CONTEXT_CLASSES) for each in weights], axis=1)
        return (given - taken.reshape(CONTEXT_CLASSES, COUNT_CLASSES)).astype(np.float64)


def fit_discounts(levels: Sequence[ContextCounts], positions: int) -> Floats:
    """Fit what is taken from each count and given to the shorter context, by gradient steps on the bits needed.

    Args:
        levels: counts for contexts of 0, 1, ... bytes on documents that were set aside.
        positions: how many symbols those documents have.

    Returns:
        Discounts [context lengths, classes of contexts, classes of counts].
    """
    terms = [_Terms.of(counts) for counts in levels]
    usual = np.tile(np.array(USUAL_DISCOUNTS, dtype=np.float64), (len(levels), CONTEXT_CLASSES, 1))
    largest = np.arange(1, COUNT_CLASSES + 1) - 0.01
    discounts: Floats = usual
    mean, square = np.zeros_like(usual), np.zeros_like(usual)
    for step in range(1, TUNING_ROUNDS + 1):
        gradient = _gradient(terms, discounts, positions) + TUNING_PULL * (discounts - usual)
        mean = 0.8 * mean + 0.2 * gradient
        square = 0.95 * square + 0.05 * gradient**2
        move = (mean / (1 - 0.8**step)) / (np.sqrt(square / (1 - 0.95**step)) + 1e-12)  # Adam, Kingma and Ba 2015
        discounts = np.clip(discounts - TUNING_RATE * (1 - step / (TUNING_ROUNDS + 1)) * move, 0.005, largest)
    return discounts


def _gradient(terms: Sequence[_Terms], discounts: Floats, positions: int) -> Floats:
    """Return the derivative of the nats needed by each discount."""
    probability = np.full(positions, 1.0 / SYMBOLS)
    shorter = []
    for level, term in enumerate(terms):
        shorter.append(probability[term.position])
        probability[term.position] = term.interpolate(discounts[level], shorter[-1])
    upstream = -1.0 / probability
    gradient = np.zeros_like(discounts)
    for level in reversed(range(len(terms))):
        term = terms[level]
        own = upstream[term.position]
        gradient[level] = term.gradient(own, shorter[level])
        upstream[term.position] = own * term.given(discounts[level])
    return gradient


def _set_aside(train: Sequence[bytes]) -> tuple[list[bytes], list[bytes]]:
    """Choose evenly spaced training documents to count and others to fit the discounts on; a long text is thinned for that."""
    size = max(sum(len(text) for text in train), 1)
    tuning_every = max(round(1 / min(TUNING_SHARE, TUNING_BYTES / size)), 2)
    train_every = max(size // TUNING_TRAIN_BYTES, 1)
    rest = [text for number, text in enumerate(train) if number % tuning_every != tuning_every // 2]
    return rest[::train_every], [text for number, text in enumerate(train) if number % tuning_every == tuning_every // 2]


def _changes(ordered: Places | npt.NDArray[np.int64]) -> Flags:
    """Return where an ascending array takes a new value; true at its beginning."""
    changes = np.ones(len(ordered), dtype=np.bool_)
    changes[1:] = ordered[1:] != ordered[:-1]
    return changes


def _dense(ordered: Places) -> Places:
    """Number the values of an ascending array from 0, equal values alike."""
    return np.cumsum(_changes(ordered), dtype=np.int32) - np.int32(1)
