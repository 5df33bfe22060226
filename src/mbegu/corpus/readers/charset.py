"""The encoding that a file names in its own text, as web pages and translations of programs do."""

from __future__ import annotations

import codecs

from mbegu.corpus.settings import is_encoding

_WORD = b"charset"


def codec_of(name: str) -> str:
    """Return the encoding of a name as Python writes it.

    Args:
        name: what the file says, in letters that were found by reading it as ASCII.

    Returns:
        Empty where it is no encoding of text (``hex``), or one that the file cannot be in: in UTF-16 its name would not read so.
    """
    if not is_encoding(name) or _WORD.decode(name, "replace") != _WORD.decode("ascii"):
        return ""
    return codecs.lookup(name).name
