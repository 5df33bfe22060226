"""PPMd, the compressor of 7-Zip, as a mark that only counts: what the held-out documents add to the training text."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

ORDER = 12
SEPARATOR = b"\n"
SMALLEST_MEMORY_BYTES = 1 << 24
LARGEST_MEMORY_BYTES = 1 << 30
MEMORY_PER_TEXT_BYTE = 32


def ppmd_bits(train: Sequence[bytes], heldout: Sequence[bytes], order: int = ORDER) -> npt.NDArray[np.float64]:
    """Return how many bits each held-out document adds when it is compressed after the training documents.

    PPMd variant H as in 7-Zip's .7z files. It goes on learning, so each document is helped by the held-out documents before
    it. A line end stands after each document and is paid for. Sizes are whole bytes; a document's share is exact to about
    one byte, the sum to about five.

    Args:
        train: UTF-8 bytes of the training documents.
        heldout: UTF-8 bytes of the held-out documents.
        order: bytes in the longest context.

    Returns:
        Bits, float64 [held-out documents].
    """
    import pyppmd

    text = SEPARATOR.join([*train, b""])
    encoder = pyppmd.Ppmd7Encoder(order, memory_bytes(len(text) + sum(len(document) + 1 for document in heldout)))
    encoder.encode(text)
    sizes = [len(encoder.encode(document + SEPARATOR)) for document in heldout]
    return np.array(sizes, dtype=np.float64) * 8


def memory_bytes(text_bytes: int) -> int:
    """Return the memory to give PPMd: a power of two, 16 MiB to 1 GiB, 32 bytes for each byte of text or more.

    With less than it needs PPMd forgets what it has learnt and begins anew.
    """
    wanted = 1 << (text_bytes * MEMORY_PER_TEXT_BYTE).bit_length()
    return min(max(wanted, SMALLEST_MEMORY_BYTES), LARGEST_MEMORY_BYTES)
