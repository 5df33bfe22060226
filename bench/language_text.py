"""The text that models are compared on: training and held-out documents of one language, the same for every contender.

    python bench/language_text.py --data DIR --language yor [--write FOLDER]

DIR is a folder laid out as `raw-text/<language>/` (running text, a line a sentence) and `topic-news/masakhanews/<language>/*.tsv`
(news articles). Yoruba: raw-text/yor and MasakhaNEWS's training articles (headline and text); held out are its dev articles, whole.
A language without dev articles: one document in ten, drawn from a seed, is held out; a document of running text is a block of about 3 kB.

All text is NFC. From the training text these lines are left out: those of at least 40 letters that came before, and those of at least
20 letters that stand, letter for letter, in the held-out text. The latter would teach the test, the former only cost time.
Prints documents, bytes, SHA-256 and what was left out.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from mbegu.core.report import format_table
from mbegu.corpus.cut import CutRule, cut
from mbegu.corpus.findings import Findings
from mbegu.corpus.keys import letters_and_marks
from mbegu.corpus.normalise import normalise

REPEATED_LETTERS = 40
SEEN_LETTERS = 20
HELDOUT_SHARE = 0.1
HELDOUT_SEED = 0
NOT_TEXT = {"LICENCE.txt"}


@dataclass(frozen=True)
class Sources:
    """Where a language's text is, relative to the data folder: running text and articles to train on, articles held out whole."""

    running: tuple[str, ...] = ()
    articles: tuple[str, ...] = ()
    heldout: tuple[str, ...] = ()


NEWS = "topic-news/masakhanews"
LANGUAGES = {
    "yor": Sources(("raw-text/yor",), (f"{NEWS}/yor/train.tsv",), (f"{NEWS}/yor/dev.tsv",)),
    "ibo": Sources(("raw-text/ibo",), (f"{NEWS}/ibo/train.tsv",), (f"{NEWS}/ibo/dev.tsv",)),
    "som": Sources((), (f"{NEWS}/som/train.tsv",), (f"{NEWS}/som/dev.tsv",)),
    "xho": Sources((), (f"{NEWS}/xho/train.tsv",), (f"{NEWS}/xho/dev.tsv",)),
    "orm": Sources((), (f"{NEWS}/orm/train.tsv",), (f"{NEWS}/orm/dev.tsv",)),
    "swa": Sources(("raw-text/swa",), (f"{NEWS}/swa/test.tsv",)),
    "amh": Sources(("raw-text/amh",), (f"{NEWS}/amh/test.tsv",)),
    "wol": Sources(("raw-text/wol",)),
    "zul": Sources(("raw-text/zul",)),
    "ful": Sources(("raw-text/ful",)),
    "kin": Sources(("raw-text/kin",)),
    "nya": Sources(("raw-text/nya",)),
}


@dataclass(frozen=True)
class LanguageText:
    """Documents to train on and documents held out, NFC; ``repeated_bytes`` and ``seen_bytes`` were left out of the former."""

    language: str
    train: tuple[str, ...]
    heldout: tuple[str, ...]
    repeated_bytes: int
    seen_bytes: int


def read_language(data: Path, language: str) -> LanguageText:
    """Read and clean the text of one language of ``LANGUAGES``.

    Raises:
        FileNotFoundError: the folder lacks one of the language's sources.
    """
    sources = LANGUAGES[language]
    train = [*_running(data, sources.running), *_articles(data, sources.articles)]
    heldout = list(_articles(data, sources.heldout))
    if not sources.heldout:
        train, heldout = _hold_out(train)
    cleaned, repeated_bytes, seen_bytes = _leave_out(train, heldout)
    return LanguageText(language, tuple(cleaned), tuple(heldout), repeated_bytes, seen_bytes)


def part_of(text: LanguageText, megabytes: float, seed: int) -> LanguageText:
    """Return the text with only so many megabytes to train on: whole documents in an order drawn from ``seed``. All of it for 0."""
    if not megabytes:
        return text
    order = np.random.default_rng(seed).permutation(len(text.train))
    ends = np.cumsum([len(text.train[number].encode()) for number in order])
    chosen = order[: int(np.searchsorted(ends, megabytes * 1e6)) + 1]
    return replace(text, train=tuple(text.train[number] for number in sorted(chosen)))


def text_to_learn_from(text: LanguageText, heldout: Sequence[str]) -> list[str]:
    """Return all documents of a language, held out or not, without lines that came before or stand in the held-out text of another."""
    return _leave_out([*text.train, *text.heldout], heldout)[0]


def size_bytes(documents: Iterable[str]) -> int:
    """Return the UTF-8 bytes of all documents, without anything between them."""
    return sum(len(document.encode()) for document in documents)


def joined(documents: Iterable[str]) -> bytes:
    """Return the documents as one text, each followed by a line end: what a compressor reads."""
    return b"".join(document.encode() + b"\n" for document in documents)


def _running(data: Path, folders: Sequence[str]) -> Iterator[str]:
    """Yield blocks of about 3 kB of the text files in ``folders``, and each row of a CSV table as one document."""
    for folder in folders:
        if not (data / folder).is_dir():
            raise FileNotFoundError(data / folder)
        for path in sorted(each for each in (data / folder).rglob("*") if each.is_file() and each.name not in NOT_TEXT):
            if path.suffix == ".csv":
                yield from _rows(path, ("Title", "Text"), ",")
            else:
                text = normalise(path.read_text(encoding="utf-8-sig")).text
                yield from (piece.text.strip() for piece in cut([text], CutRule("auto"), path.name, Findings()))


def _articles(data: Path, files: Sequence[str]) -> Iterator[str]:
    for file in files:
        yield from _rows(data / file, ("headline", "text"), "\t")


def _rows(path: Path, columns: Sequence[str], delimiter: str) -> Iterator[str]:
    csv.field_size_limit(1 << 24)
    with path.open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file, delimiter=delimiter):
            text = normalise("\n".join(row[column] or "" for column in columns)).text
            if text:
                yield text


def _hold_out(documents: list[str]) -> tuple[list[str], list[str]]:
    drawn = np.random.default_rng(HELDOUT_SEED).random(len(documents)) < HELDOUT_SHARE
    parts = ([text for text, is_out in zip(documents, drawn, strict=True) if is_out is which] for which in (np.False_, np.True_))
    train, heldout = parts
    return train, heldout


def _leave_out(documents: Iterable[str], heldout: Iterable[str]) -> tuple[list[str], int, int]:
    """Return the documents without lines that came before or stand in the held-out text, and the bytes of both kinds of lines."""
    test = "\n".join(letters_and_marks(document) for document in heldout)
    begins = {hash(test[start : start + SEEN_LETTERS]) for start in range(len(test) - SEEN_LETTERS + 1)}
    before: set[str] = set()
    cleaned, repeated_bytes, seen_bytes = [], 0, 0
    for document in documents:
        kept = []
        for line in document.split("\n"):
            key = letters_and_marks(line)
            if len(key) >= SEEN_LETTERS and hash(key[:SEEN_LETTERS]) in begins and key in test:
                seen_bytes += len(line.encode())
            elif key in before:
                repeated_bytes += len(line.encode())
            else:
                kept.append(line)
                if len(key) >= REPEATED_LETTERS:
                    before.add(key)
        text = normalise("\n".join(kept)).text
        if text:
            cleaned.append(text)
    return cleaned, repeated_bytes, seen_bytes


def add_text_arguments(parser: argparse.ArgumentParser, *, is_required: bool = True) -> None:
    """Add ``--data`` and ``--language``, which every comparison has."""
    parser.add_argument("--data", type=Path, required=is_required, help="folder with raw-text/ and topic-news/masakhanews/")
    parser.add_argument("--language", choices=sorted(LANGUAGES), default="yor")


def describe(text: LanguageText) -> str:
    """Return the table of documents, bytes and SHA-256."""
    rows = []
    for name, documents in (("train", text.train), ("held out", text.heldout)):
        rows.append([f"{text.language} {name}", len(documents), size_bytes(documents), hashlib.sha256(joined(documents)).hexdigest()])
    left_out = f"left out of the training text: {text.repeated_bytes:,} bytes that came before, {text.seen_bytes:,} that are held out"
    return format_table(("text", "documents", "bytes", "SHA-256, a line end after each document"), rows) + "\n" + left_out


def main() -> None:
    """Print the table; with ``--write`` also leave the documents as files, one each, in FOLDER/train and FOLDER/heldout."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_text_arguments(parser)
    parser.add_argument("--write", type=Path, help="an empty or new folder for the documents as text files")
    arguments = parser.parse_args()
    text = read_language(arguments.data, arguments.language)
    print(describe(text))
    if arguments.write is None:
        return
    for name, documents in (("train", text.train), ("heldout", text.heldout)):
        folder = arguments.write / name
        folder.mkdir(parents=True)
        for number, document in enumerate(documents):
            (folder / f"{number:06}.txt").write_text(document, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
