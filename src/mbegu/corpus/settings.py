"""Settings of the corpus: where the text is, whose it is, what counts as one document, and what is held out."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.settings import setting


@dataclass(frozen=True)
class CorpusSettings:
    """The [corpus] table of a recipe."""

    text: tuple[str, ...] = setting(("text",), help="files and folders with your text, relative to the project or absolute; they are only read")
    column: str = setting("", help="column with the text in .csv, .tsv, .jsonl and .parquet; found by the longest text when empty")
    document: str = setting(
        "auto",
        help="what is one document in running text: auto (a file; a large file is cut into blocks of lines), file, paragraph or line",
        choices=("auto", "file", "paragraph", "line"),
    )
    encoding: str = setting("", help="encoding of files that are not Unicode, such as cp1252; guessed and reported when empty")
    ocr_language: str = setting("", help="Tesseract's data for pictures of text, such as yor or yor+eng; that of the text's language when empty")
    licence: str = setting("unknown", help="licence of text that sources.toml names none for, an SPDX identifier such as CC-BY-4.0")
    contributor: str = setting("", help="who gave the text that sources.toml names nobody for; stands in the label")
    require_licence: bool = setting(False, help="leave out documents that no licence is known of; if not, they are marked as unknown")
    divide_by: str = setting(
        "document",
        help="what is never divided between train and held-out: a document with those like it, or all documents of one file, folder or giver",
        choices=("document", "file", "folder", "contributor"),
    )
    leave_out: tuple[str, ...] = setting(
        ("licence*", "license*", "copying*", "readme*", "notice*"),
        help="file names that are papers about the text and not text; * stands for anything, capitals do not matter",
    )
    heldout_share: float = setting(0.05, help="share of the text that is held out to judge the model by", low=0.001, high=0.5)
    heldout_min_bytes: int = setting(60_000, help="hold out at least this much, but no more than a tenth of the text", unit="bytes", low=0)
    heldout_max_bytes: int = setting(2_000_000, help="hold out no more than this", unit="bytes", low=1000)
    seed: int = setting(1, help="another seed holds out other documents", low=0)
    near_duplicate: float = setting(0.8, help="documents at least this similar to an earlier one are removed; 1: only exact copies", low=0.3, high=1)
    same_side: float = setting(0.5, help="documents at least this similar are never divided between train and held-out", low=0.2, high=1)
    repeated_lines: bool = setting(True, help="in large files that are cut into blocks, leave out long lines that came before")
    min_document_bytes: int = setting(20, help="shorter documents are left out", unit="bytes", low=1)
    max_undecodable: float = setting(0.1, help="documents with a larger share of characters that could not be decoded are left out", low=0, high=1)
    max_file_bytes: int = setting(300_000_000, help="largest file of a format that must be held in memory", unit="bytes", low=1000)
    max_unpacked_bytes: int = setting(4_000_000_000, help="most that one .zip may unpack to, with the archives inside it", unit="bytes", low=1000)
