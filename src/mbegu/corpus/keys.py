"""What two texts are compared by: their letters and digits, and hashes over spans of them.

``letters_and_marks`` keeps combining marks: texts that differ in tone are different texts. ``skeleton`` drops them, so that a copy
typed without tone marks is still found in the check for overlap.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

_SEPARATING = ("Zs", "Zl", "Zp", "Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So")
_EMOJI = "\U0001f000-\U0001faff"
_NOT_WORD = re.compile(r"[\W_]+")
_MULTIPLIER = 0x9E3779B97F4A7C15  # odd; 2**64 divided by the golden ratio
_MASK = (1 << 64) - 1


@functools.cache
def _between() -> re.Pattern[str]:
    """Return the pattern of what stands between letters, digits and marks. Listing that is 4 times as fast as negating the others."""
    codes = [code for code in range(0x10000) if unicodedata.category(chr(code)) in _SEPARATING]
    ranges: list[list[int]] = []
    for code in codes:
        if ranges and ranges[-1][1] == code - 1:
            ranges[-1][1] = code
        else:
            ranges.append([code, code])
    listed = "".join(f"{re.escape(chr(first))}-{re.escape(chr(last))}" for first, last in ranges)
    return re.compile(f"[{listed}{_EMOJI}]+")


def letters_and_marks(text: str) -> str:
    """Return the lower-case letters, digits and combining marks of NFC text, without anything between them."""
    return _between().sub("", text.lower())


def skeleton(text: str) -> str:
    """Return the lower-case letters and digits without any combining mark."""
    return _NOT_WORD.sub("", unicodedata.normalize("NFD", text).lower())


def digest(key: str) -> bytes:
    """Return 16 bytes that name a key."""
    return hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).digest()


def line_key(line: str, least_letters: int) -> int | None:
    """Return a 64-bit hash of a line's letters and digits, or ``None`` when there are fewer than ``least_letters``."""
    if len(line) < least_letters:
        return None
    key = letters_and_marks(unicodedata.normalize("NFC", line))
    if len(key) < least_letters:
        return None
    return int.from_bytes(hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=8).digest(), "little")


def span_hashes(keys: Sequence[str], length: int) -> tuple[Hashes, Counts]:
    """Hash every span of ``length`` characters of every key.

    Args:
        keys: what to hash; a key shorter than ``length`` gives one hash over all of it.
        length: characters in a span.

    Returns:
        Hashes [spans] of all keys one after another, and offsets [keys + 1]: key i has hashes[offsets[i]:offsets[i + 1]].
    """
    padded = [key if len(key) >= length else key + "\0" * (length - len(key)) for key in keys]
    sizes = np.array([len(key) for key in padded], dtype=np.int64)
    codes = np.frombuffer("".join(padded).encode("utf-32-le", "replace"), dtype=np.uint32)
    return code_span_hashes(codes, sizes, length)


def code_span_hashes(codes: npt.NDArray[np.uint32], sizes: Counts, length: int) -> tuple[Hashes, Counts]:
    """Hash every span of ``length`` code points of texts that are given one after another.

    Args:
        codes: the code points of all texts [characters].
        sizes: characters of each text [texts], none smaller than ``length``.
        length: characters in a span.

    Returns:
        Hashes [spans] and offsets [texts + 1], as ``span_hashes``.
    """
    offsets = np.concatenate([[0], np.cumsum(sizes - length + 1)]).astype(np.int64)
    if not len(codes):
        return np.zeros(0, dtype=np.uint64), offsets
    return mix(_polynomial(codes.astype(np.uint64), length)[span_starts(sizes, length)]), offsets


def span_starts(sizes: Counts, length: int) -> npt.NDArray[np.bool_]:
    """Return at which characters a span of ``length`` begins that ends in the same text; the last ``length - 1`` of all are left out.

    Args:
        sizes: characters of each text [texts]; one shorter than ``length`` has no span.
        length: characters in a span.
    """
    ends = np.cumsum(sizes)
    total = int(ends[-1]) if len(ends) else 0
    starts = np.ones(total, dtype=bool)
    for back in range(1, length):
        starts[(ends - back)[sizes >= back]] = False
    return starts[: max(0, total - length + 1)]


def rolled_hashes(codes: npt.NDArray[np.uint32], lengths: Sequence[int]) -> list[Hashes]:
    """Return the unmixed hash of every window of each of several lengths over ``codes`` [characters - length + 1]; texts are not heeded."""
    wide = codes.astype(np.uint64)
    return _polynomials(wide, lengths)


def mix(hashes: Hashes) -> Hashes:
    """Spread 64-bit hashes evenly. Source: the final step of SplitMix64 (Steele, Lea, Flood 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = hashes ^ (hashes >> np.uint64(31))
    return mixed


def _polynomial(codes: Hashes, length: int) -> Any:
    """Return the polynomial hash (modulo 2**64) of every window of ``length`` codes."""
    return _polynomials(codes, (length,))[0]


def _polynomials(codes: Hashes, lengths: Sequence[int]) -> list[Any]:
    """Return the polynomial hashes of the windows of several lengths, doubling the width as it goes; widths are shared by all lengths."""
    totals: list[Any] = [None] * len(lengths)
    covered = [0] * len(lengths)
    power, width = codes, 1
    while True:
        for i, length in enumerate(lengths):
            if length & width:
                totals[i] = power[: len(codes) - width + 1] if totals[i] is None else _joined(totals[i], covered[i], power, width)
                covered[i] += width
        if 2 * width > max(lengths):
            return totals
        power = _joined(power, width, power, width)
        width *= 2


def _joined(left: Any, left_width: int, right: Any, right_width: int) -> Any:
    """Return the hashes of windows that are a window of ``left`` followed by one of ``right``."""
    count = max(0, min(len(left), len(right) - left_width))
    joined = left[:count] * np.uint64(pow(_MULTIPLIER, right_width, 1 << 64) & _MASK)
    joined += right[left_width : left_width + count]
    return joined
