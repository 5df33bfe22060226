"""The passages of a folder of documents, for the search in the page of a pack."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mbegu.core.report import Say
from mbegu.corpus.findings import Findings, ReadError
from mbegu.serve.documents.headings import headings_of
from mbegu.serve.documents.neutral import readable
from mbegu.serve.documents.passages import cut_passages
from mbegu.serve.documents.read import list_documents, read_parts


def passages_of(folder: Path, say: Say) -> Iterator[dict[str, Any]]:
    """Yield the passages of all documents: text, file, page, row and heading, as they may be shown. What cannot be read is said.

    Raises:
        InputError: the folder is not there or holds no documents.
    """
    findings = Findings()
    for file in list_documents(folder, findings):
        try:
            parts = read_parts(file, findings)
        except ReadError as error:
            say.warn(f"{file.name}: not read: {error.reason}, {error.detail}")
            continue
        for piece in cut_passages(parts, headings_of(file.source())):
            yield {
                "text": readable(piece.text),
                "file": readable(file.name),
                "page": piece.page,
                "row": piece.row,
                "heading": readable(piece.heading),
            }
