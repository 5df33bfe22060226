"""What counts as one document in running text.

Training and held-out text are divided by document, so documents must be of a size that can be divided. A file is one document
unless it is large: then blocks of whole consecutive lines count as documents. They end at a blank line where there is one. No
block ends inside a line, except in lines that are themselves longer than a block.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from mbegu.corpus.findings import REPEATED_LINE, Findings
from mbegu.corpus.keys import line_key
from mbegu.corpus.lines import bounded_lines, utf8_bytes

LARGE_BYTES = 20_000
BLOCK_BYTES = 3_000
MIN_LARGE_BYTES = 1_000
MIN_BLOCK_BYTES = 500
# With one document in twenty held out, a text larger than a twentieth of everything could not be held out at all.
LARGE_SHARE = 0.05
# A block may grow past its size in search of a blank line by this factor.
STRETCH = 4 / 3
WHOLE_LIMIT_BYTES = 4_000_000
REPEATED_LETTERS = 40


@dataclass(frozen=True)
class CutRule:
    """How a text is made into documents.

    ``document`` is the setting of that name. In ``auto`` a text of more than ``large_bytes`` is cut into blocks of about
    ``block_bytes``; sizes are in bytes of UTF-8.
    """

    document: str
    large_bytes: int = LARGE_BYTES
    block_bytes: int = BLOCK_BYTES


@dataclass(frozen=True)
class Piece:
    """The text of one document and the number of its first line, counted from 1; ``cut`` says that it is a part of a text.

    ``repeated`` are the lines that were left out of it because they came before.
    """

    text: str
    first_line: int
    cut: bool
    repeated: tuple[str, ...] = ()


class RepeatedLines:
    """Remembers the long lines of blocks, so that a line which came before is left out of the blocks behind."""

    def __init__(self) -> None:
        self._seen: set[int] = set()

    def leave_out(self, block: Piece) -> Piece:
        """Return a block without the long lines that came before. Ask for one block after the other: the next may depend on ``forget``."""
        kept: list[tuple[int, str]] = []
        repeated: list[str] = []
        for number, line in enumerate(block.text.split("\n"), block.first_line):
            if not self._is_new(line):
                repeated.append(line)
            elif kept or line.strip():
                kept.append((number, line))
        if not repeated:
            return block
        return Piece("\n".join(line for _, line in kept), kept[0][0] if kept else block.first_line, True, tuple(repeated))

    def _is_new(self, line: str) -> bool:
        """Whether a line is short or did not come before."""
        key = line_key(line, REPEATED_LETTERS)
        if key is None:
            return True
        if key in self._seen:
            return False
        self._seen.add(key)
        return True

    def forget(self, text: str) -> None:
        """Let the lines of a block that is not used after all count as new where they come again."""
        self._seen.difference_update(key for line in text.split("\n") if (key := line_key(line, REPEATED_LETTERS)) is not None)


def cut_rule(document: str, total_bytes: int) -> CutRule:
    """Return the rule for a corpus of ``total_bytes``: little text is cut finer, so that some of it can be held out."""
    large = min(LARGE_BYTES, max(MIN_LARGE_BYTES, int(LARGE_SHARE * total_bytes)))
    block = min(BLOCK_BYTES, max(MIN_BLOCK_BYTES, int(LARGE_SHARE * total_bytes)))
    return CutRule(document, large, block)


def cut(chunks: Iterable[str], rule: CutRule, source: str, findings: Findings, repeated: RepeatedLines | None = None) -> Iterator[Piece]:
    """Yield the documents of one text.

    Args:
        chunks: the text in pieces, read once; at most a block is held in memory.
        rule: what one document is.
        source: name for the findings.
        findings: gets the number of texts cut and of blocks.
        repeated: leaves out long lines that came before, in texts that are cut into blocks; ``None`` keeps them. The lines of a block are
            judged when it is asked for: whoever does not use one says so with ``forget`` before the next.
    """
    if rule.document in ("auto", "file") and isinstance(chunks, list) and len(chunks) == 1 and 4 * len(chunks[0]) <= rule.large_bytes:
        yield Piece(chunks[0], 1, False)  # short whatever its characters: most cells and rows
        return
    hard_bytes = int(rule.block_bytes * STRETCH)
    lines = _numbered(bounded_lines(chunks, hard_bytes if rule.document == "auto" else WHOLE_LIMIT_BYTES))
    if rule.document == "line":
        yield from (Piece(line.rstrip("\n"), number, True) for line, number in lines)
        return
    if rule.document == "paragraph":
        yield from _blocks(lines, 0, WHOLE_LIMIT_BYTES)
        return
    limit = WHOLE_LIMIT_BYTES if rule.document == "file" else rule.large_bytes
    head, size = [], 0
    for line, number in lines:
        head.append((line, number))
        size += utf8_bytes(line)
        if size > limit:
            break
    else:
        yield Piece("".join(line for line, _ in head), 1, False)
        return
    findings.cut_texts += 1
    soft_bytes, hard_bytes = (rule.block_bytes, hard_bytes) if rule.document == "auto" else (WHOLE_LIMIT_BYTES, WHOLE_LIMIT_BYTES)
    in_line, before = 0, findings.cut_blocks
    for whole in _blocks(chain(head, lines), soft_bytes, hard_bytes):
        block = repeated.leave_out(whole) if repeated else whole
        if not block.text.strip():
            for line in block.repeated:
                findings.drop(source, REPEATED_LINE, "", line)
            continue
        findings.cut_blocks += 1
        in_line += not block.text.endswith("\n")
        yield block
    if not findings.cut_blocks - before:
        yield Piece("", 1, False)
    if in_line > 1:
        findings.note(
            source,
            f"has lines longer than a block of {hard_bytes:,} bytes: {in_line:,} blocks end inside a line, at the end of a sentence or a space",
        )


def _numbered(parts: Iterable[str]) -> Iterator[tuple[str, int]]:
    number = 1
    for part in parts:
        yield part, number
        number += part.endswith("\n")


def _blocks(lines: Iterable[tuple[str, int]], soft_bytes: int, hard_bytes: int) -> Iterator[Piece]:
    """Gather lines into blocks that end at the first blank line past ``soft_bytes``, or before ``hard_bytes`` are passed.

    A last block that is much smaller than the others is joined to the one before.
    """
    waiting: Piece | None = None
    current: list[str] = []
    first, size = 1, 0
    for line, number in lines:
        is_blank = not line.strip()
        if current and ((is_blank and size >= soft_bytes) or size + utf8_bytes(line) > hard_bytes):
            if waiting:
                yield waiting
            waiting, current, size = Piece("".join(current), first, True), [], 0
        if is_blank and not current:
            continue
        if not current:
            first = number
        current.append(line)
        size += utf8_bytes(line)
    if current and waiting and size < soft_bytes / 4:
        waiting, current = Piece(waiting.text + "".join(current), waiting.first_line, True), []
    if waiting:
        yield waiting
    if current:
        yield Piece("".join(current), first, True)
