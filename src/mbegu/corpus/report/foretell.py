"""Which text foretells which: bits per byte of each group after PPMd has read another, or the same, or all the others.

PPMd counts what follows what; a group that needs many bits after the others is text that they do not prepare for. Every group is
learnt from the same amount, so that the columns can be compared; the reading goes on during the test, whatever was learnt before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mbegu.corpus.report.sample import Group, Sampled, parts_of

# PPMd as in 7-Zip, but with a shorter memory than for whole corpora: enough for the amounts below.
ORDER = 8
MEMORY_BYTES = 1 << 24
MOST_GROUPS = 8
LEARNT_BYTES = 120_000
TESTED_BYTES = 15_000
LEAST_LEARNT_BYTES = 20_000
LEAST_TESTED_BYTES = 2_000
LEARNT_SHARE = 0.85


@dataclass(frozen=True)
class Foretelling:
    """Bits per byte [learnt from, tested on] of the groups ``names``, and after all the other groups together [tested on].

    ``learnt_bytes`` is what was read of each group; ``left_out`` are the groups with too little text to take part.
    """

    names: tuple[str, ...]
    bits_per_byte: tuple[tuple[float, ...], ...]
    after_others: tuple[float, ...]
    learnt_bytes: int
    left_out: tuple[str, ...]


def foretell(groups: Mapping[str, Group]) -> Foretelling | None:
    """Let each of the largest groups foretell each; ``None`` when fewer than two have enough text."""
    sides: dict[str, tuple[bytes, bytes]] = {}
    left_out = []
    for name, group in groups.items():
        learnt, tested = parts_of(group, LEARNT_SHARE, "foretell")
        both = _joined(learnt, LEARNT_BYTES), _joined(tested, TESTED_BYTES)
        if len(sides) < MOST_GROUPS and len(both[0]) >= LEAST_LEARNT_BYTES and len(both[1]) >= LEAST_TESTED_BYTES:
            sides[name] = both
        else:
            left_out.append(name)
    if len(sides) < 2:
        return None
    amount = min(len(learnt) for learnt, _ in sides.values())
    names = tuple(sides)
    table = tuple(tuple(_bits_per_byte(sides[learnt][0][:amount], sides[tested][1]) for tested in names) for learnt in names)
    others = tuple(_bits_per_byte(b"".join(_share_of_others(sides, tested, amount)), sides[tested][1]) for tested in names)
    return Foretelling(names, table, others, amount, tuple(left_out))


def _share_of_others(sides: Mapping[str, tuple[bytes, bytes]], tested: str, amount: int) -> list[bytes]:
    """Return an equal part of each other group, ``amount`` in all."""
    others = [learnt for name, (learnt, _) in sides.items() if name != tested]
    return [learnt[: amount // len(others)] for learnt in others]


def _joined(documents: Sequence[Sampled], most_bytes: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    for document in documents:
        if size >= most_bytes:
            break
        parts.append(document.text.encode("utf-8", "replace")[: most_bytes - size])
        size += len(parts[-1]) + 1
    return b"\n".join(parts)


def _bits_per_byte(learnt: bytes, tested: bytes) -> float:
    import pyppmd

    encoder = pyppmd.Ppmd7Encoder(ORDER, MEMORY_BYTES)
    encoder.encode(learnt + b"\n")
    return 8 * len(encoder.encode(tested) + encoder.flush()) / len(tested)
