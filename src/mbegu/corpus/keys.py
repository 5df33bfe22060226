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

import numpy as np
import numpy.typing as npt

Hashes = npt.NDArray[np.uint64]
Counts = npt.NDArray[np.int64]

_SEPARATING = ("Zs", "Zl", "Zp", "Cc", "Cf", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So")
_EMOJI = "\U0001f000-\U0001faff"
_NOT_WORD = re.compile(r"[\W_]+")
_MULTIPLIER = 0x9E3779B97F4A7C15  # odd; 2**64 divided by the golden ratio
MOST_HELD_POWERS = 1 << 20  # 16 MB of them; longer texts are rare and make their own


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
    return mix(whole_spans(rolled_hashes(codes, (length,))[0], sizes, length)), offsets


def whole_spans(rolled: Hashes, sizes: Counts, length: int) -> Hashes:
    """Return the hashes of the windows that lie in one text [spans], without those that reach into the next.

    Args:
        rolled: hashes of all windows, as ``rolled_hashes`` gives them.
        sizes: characters of each text [texts]; one shorter than ``length`` has no span.
        length: characters in a window.
    """
    starts = (np.cumsum(sizes) - sizes).tolist()
    parts = [rolled[start : start + size - length + 1] for start, size in zip(starts, sizes.tolist(), strict=True) if size >= length]
    return np.concatenate(parts) if parts else np.zeros(0, dtype=np.uint64)


def rolled_hashes(codes: npt.NDArray[np.uint32], lengths: Sequence[int]) -> list[Hashes]:
    """Return the unmixed hash of every window of each of several lengths over ``codes`` [characters - length + 1]; texts are not heeded.

    A window's hash is a polynomial modulo 2**64 in an odd number, whose inverse exists. So one running sum serves every length: what was added
    between two places, divided by the power at which the window begins.
    """
    powers, inverses = powers_of(len(codes))
    sums = _running_sums(codes.astype(np.uint64) * inverses)
    return [(sums[length:] - sums[:-length]) * powers[length - 1 :] if length <= len(codes) else np.zeros(0, np.uint64) for length in lengths]


def sequence_hashes(codes: npt.NDArray[np.uint32], *sizes: Counts) -> list[Hashes]:
    """Hash sequences that are given one after another, in one or several ways to divide ``codes`` into such.

    Args:
        codes: of all sequences [characters].
        sizes: of the sequences [sequences], for each division.

    Returns:
        A polynomial hash modulo 2**64 of each sequence [sequences], for each division; 0 for an empty one.
    """
    powers, inverses = powers_of(len(codes))
    sums = _running_sums((codes.astype(np.uint64) + np.uint64(1)) * powers)
    return [_sequence_hashes(sums, inverses, own) for own in sizes]


def _sequence_hashes(sums: Hashes, inverses: Hashes, sizes: Counts) -> Hashes:
    hashes = np.zeros(len(sizes), dtype=np.uint64)
    filled = np.flatnonzero(sizes)
    ends = np.cumsum(sizes)[filled]
    starts = ends - sizes[filled]
    hashes[filled] = mix((sums[ends] - sums[starts]) * inverses[starts] + sizes[filled].astype(np.uint64))
    return hashes


def _running_sums(values: Hashes) -> Hashes:
    """Return the sum of all values before each place, and of all at the end [values + 1]."""
    sums = np.zeros(len(values) + 1, dtype=np.uint64)
    np.cumsum(values, out=sums[1:])
    return sums


def powers_of(count: int) -> tuple[Hashes, Hashes]:
    """Return the first powers [count] of the number that hashes are made with, and of its inverse, modulo 2**64."""
    held = 1 << max(12, (count - 1).bit_length())
    powers, inverses = _held_powers(held) if held <= MOST_HELD_POWERS else _make_powers(count)
    return powers[:count], inverses[:count]


def _make_powers(count: int) -> tuple[Hashes, Hashes]:
    return _powers_of(_MULTIPLIER, count), _powers_of(pow(_MULTIPLIER, -1, 1 << 64), count)


def _powers_of(base: int, count: int) -> Hashes:
    factors = np.full(count, base, dtype=np.uint64)
    factors[:1] = 1
    powers: Hashes = np.cumprod(factors, dtype=np.uint64)
    return powers


_held_powers = functools.lru_cache(maxsize=4)(_make_powers)


def mix(hashes: Hashes) -> Hashes:
    """Spread 64-bit hashes evenly. Source: the final step of SplitMix64 (Steele, Lea, Flood 2014)."""
    hashes = (hashes ^ (hashes >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    hashes = (hashes ^ (hashes >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: Hashes = hashes ^ (hashes >> np.uint64(31))
    return mixed
