"""Test items: what one asks of a test set, one text each, from files of any format, with where each stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from mbegu.core.errors import InputError
from mbegu.corpus.files import TextFile, text_files
from mbegu.corpus.findings import BROKEN_ROW, PROBLEMS, UNSUPPORTED, Drop, Findings
from mbegu.corpus.normalise import normalise
from mbegu.corpus.readers import read_source
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.failure import failure
from mbegu.corpus.settings import CorpusSettings

# A line of CoNLL: a token, perhaps more columns, and a tag in the form of BIO or BIOES.
_TAGGED = re.compile(r"^(\S+)[ \t](?:.*[ \t])?(?:O|[BIESLU]-\S+)\s*$")
CONLL_SHARE = 0.9
LOOKED_AT_LINES = 400
BYTES_OF_LISTS = 60_000_000
PLAIN = ("", ".txt", ".text", ".conll", ".conllu", ".bio", ".iob", ".iob2", ".ner")


@dataclass(frozen=True)
class Item:
    """One text of a test set and where it stands: ``test.txt#17``."""

    text: str
    place: str


def read_items(path: Path, findings: Findings | None = None) -> list[Item]:
    """Read the items of one test file, or of every file in a folder.

    Sentences of CoNLL files are joined from their tokens. Of tables the column with the longest text is taken. A plain text gives one
    item a line; a row of a table or a line of JSON is one item, whatever line ends it holds.

    Args:
        path: the file or folder.
        findings: collects what is left out and why; ``unread`` tells what of it are no items though they were meant to be.

    Raises:
        InputError: it is not there, or nothing in it can be read.
    """
    if not path.exists():
        raise InputError("no such test file or folder", path, "check the path")
    settings, findings = CorpusSettings(text=(str(path.resolve()),), leave_out=()), findings if findings is not None else Findings()
    found = [item for file in _files(path, settings, findings) for item in _items_of(file, settings, findings)]
    if not found:
        problem = f": {findings.drops[0].reason}" if findings.drops else ""
        raise InputError(f"no test items could be read{problem}", path, "give files of text, tables or CoNLL")
    return found


def unread(findings: Findings) -> list[Drop]:
    """Return the files and rows of a test that could not be read, of those that ``findings`` has as examples."""
    return [drop for drop in findings.drops if drop.reason in (*PROBLEMS, UNSUPPORTED, BROKEN_ROW)]


def _files(path: Path, settings: CorpusSettings, findings: Findings) -> list[TextFile]:
    from mbegu.core.steps import Project

    return text_files(settings, Project(path.resolve().parent), findings)


def _items_of(file: TextFile, settings: CorpusSettings, findings: Findings) -> Iterator[Item]:
    try:
        lines = _tagged_lines(file)
        if lines is not None:
            yield from _sentences(lines, file.name)
            return
        for raw in read_source(file.source(), Context(settings, findings)):
            text = normalise("".join(raw.chunks)).text
            if raw.place:
                yield Item(" ".join(text.split()), f"{raw.source}#{raw.place}")
            else:
                yield from (Item(line.strip(), f"{raw.source}#{number}") for number, line in enumerate(text.split("\n"), 1) if line.strip())
    except Exception as error:
        findings.drop(file.name, *failure(error))


def _tagged_lines(file: TextFile) -> list[str] | None:
    """Return the lines of a CoNLL file, ``None`` when it is none; the tokens are told from the tags by looking at the first lines."""
    if file.path.suffix.lower() not in (*PLAIN, ".tsv", ".tab") or file.size_bytes > BYTES_OF_LISTS:
        return None
    try:
        lines = file.path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:
        return None
    shown = [line for line in lines[:LOOKED_AT_LINES] if line.strip() and not line.startswith(("#", "-DOCSTART-"))]
    tagged = sum(bool(_TAGGED.match(line)) for line in shown)
    has_ends = any(not line.strip() for line in lines)
    return lines if shown and has_ends and tagged >= CONLL_SHARE * len(shown) else None


def _sentences(lines: Sequence[str], name: str) -> Iterator[Item]:
    """Yield the sentences of CoNLL lines: tokens joined by blanks, sentences apart by empty lines."""
    tokens: list[str] = []
    begun = 1
    for number, line in enumerate([*lines, ""], start=1):
        match = _TAGGED.match(line)
        if match:
            begun = begun if tokens else number
            tokens.append(match[1])
        elif not line.strip() and tokens:
            yield Item(unicodedata.normalize("NFC", " ".join(tokens)), f"{name}#{begun}")
            tokens = []
