"""What the tokenizer costs and whether it keeps every character: tokens per byte, word and character, and round trips."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from typing import Any

from tokenizers import Tokenizer

from mbegu.core.documents import Document
from mbegu.core.errors import InputError
from mbegu.tokenizer.bpe import decode, encode, normalise, token_bytes
from mbegu.tokenizer.encode import IdArray, encode_documents

SLICE_TOKENS = 1 << 20


@dataclass
class Fertility:
    """Counts over documents: bytes are UTF-8, words are what stands between spaces, tokens are without end-of-text."""

    documents: int = 0
    bytes: int = 0
    characters: int = 0
    words: int = 0
    tokens: int = 0

    def add(self, text: str, tokens: int) -> None:
        """Count one document."""
        self.documents += 1
        self.bytes += len(text.encode("utf-8"))
        self.characters += len(text)
        self.words += len(text.split())
        self.tokens += tokens

    def as_table(self) -> dict[str, Any]:
        """Return the counts and the ratios as plain values; a ratio over nothing is ``None``."""
        return {
            "documents": self.documents,
            "bytes": self.bytes,
            "characters": self.characters,
            "words": self.words,
            "tokens": self.tokens,
            "bytes_per_token": _ratio(self.bytes, self.tokens),
            "tokens_per_word": _ratio(self.tokens, self.words),
            "tokens_per_character": _ratio(self.tokens, self.characters),
        }


@dataclass(frozen=True)
class TestString:
    """A text that every tokenizer must give back as it was."""

    __test__ = False  # not a test case, whatever pytest takes its name for

    language: str
    script: str
    text: str
    note: str = field(default="")


def encode_and_prove(tokenizer: Tokenizer, documents: Iterable[Document], fertility: Fertility) -> Iterator[IdArray]:
    """Yield the ids of each document, after proving that they give its text back.

    Args:
        tokenizer: opened by ``open_tokenizer`` or just trained.
        documents: read as they are needed.
        fertility: counts each document that was proved.

    Raises:
        InputError: a document does not survive, with its source and the first character that is lost.
    """
    table = token_bytes(tokenizer)
    for_encoding, for_proof = itertools.tee(documents)
    encoded = encode_documents(tokenizer, (document.text for document in for_encoding))
    for document, ids in zip(for_proof, encoded, strict=True):
        problem = _lost(normalise(tokenizer, document.text), _bytes_of(table, ids))
        if problem:
            raise InputError(f"the tokenizer does not give this document back: {problem}", document.source, "take this document out of the text")
        fertility.add(document.text, len(ids))
        yield ids


def prove_test_strings(tokenizer: Tokenizer) -> dict[str, Any]:
    """Encode and decode the built-in test strings.

    Returns:
        How many strings there are and the scripts they are in.

    Raises:
        InputError: one does not come back as it was.
    """
    strings = read_test_strings()
    for string in strings:
        problem = _lost(normalise(tokenizer, string.text), decode(tokenizer, encode(tokenizer, string.text)).encode("utf-8"))
        if problem:
            raise InputError(f"the tokenizer does not give the {string.script} test string back: {problem}", fix="grow the tokenizer anew")
    return {"strings": len(strings), "scripts": sorted({string.script for string in strings})}


def read_test_strings() -> list[TestString]:
    """Return the built-in strings in many scripts, with combining sequences, joiners and special tokens written as text."""
    raw = resources.files("mbegu.tokenizer").joinpath("test_strings.json").read_text(encoding="utf-8")
    return [TestString(**entry) for entry in json.loads(raw)]


def _bytes_of(table: list[bytes], ids: IdArray) -> bytes:
    """Join the bytes of ids; in slices, because a long document as a list of Python numbers takes much memory."""
    slices = (ids[start : start + SLICE_TOKENS].tolist() for start in range(0, len(ids), SLICE_TOKENS))
    return b"".join(b"".join([table[i] for i in part]) for part in slices)


def _lost(expected: str, found: bytes) -> str:
    """Return what the first difference is, or nothing."""
    if expected.encode("utf-8") == found:
        return ""
    found_text = found.decode("utf-8", "replace")
    pairs = enumerate(itertools.zip_longest(expected, found_text, fillvalue=""))
    place, (before, after) = next((place, pair) for place, pair in pairs if pair[0] != pair[1])
    return f"character {place + 1} is {before!r} and comes back as {after!r}"


def _ratio(above: int, below: int) -> float | None:
    return round(above / below, 6) if below else None
