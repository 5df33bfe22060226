"""Settings of the corpus step: where the text is, how it is read and whose it is, how it is cleaned, and what is held out."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from mbegu.core.errors import SettingsError
from mbegu.core.language import parse_language
from mbegu.core.settings import setting


@dataclass(frozen=True)
class TextSettings:
    """Where a project's text is, and whether it is cleaned."""

    text: tuple[str, ...] = setting(("text",), help="files and folders with your text, relative to the project or absolute; they are only read")
    clean: bool = setting(
        False,
        help="clean the text first, as `mbegu corpus clean` does: drop menus, tables, noise and copies; what was dropped is kept for you to see",
    )


@dataclass(frozen=True)
class RelatedSettings:
    """Where text of a related language is, from which the model learns too."""

    related: tuple[str, ...] = setting(
        (),
        help="files and folders with text of a related language, which the model reads beside your own; none of it is held out",
    )
    related_language: str = setting("", help="ISO 639-3 code of that language, with an optional script: zul or zul_Latn; stands in the label")


@dataclass(frozen=True)
class ReadingSettings:
    """How files are read, and whose the text is where nothing beside it says so: the same for a recipe and for ``mbegu corpus clean``."""

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
    leave_out: tuple[str, ...] = setting(
        ("licence*", "license*", "copying*", "readme*", "notice*"),
        help="file names that are papers about the text and not text; * stands for anything, capitals do not matter",
    )
    max_undecodable: float = setting(0.1, help="documents with a larger share of characters that could not be decoded are left out", low=0, high=1)
    max_file_bytes: int = setting(300_000_000, help="largest file of a format that must be held in memory", unit="bytes", low=1000)
    max_unpacked_bytes: int = setting(4_000_000_000, help="most that one .zip may unpack to, with the archives inside it", unit="bytes", low=1000)


def is_encoding(name: str) -> bool:
    """Whether Python can decode text by it; some codecs turn bytes into bytes."""
    try:
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return False
    return True


def require_encoding(settings: ReadingSettings) -> None:
    """Refuse an encoding that there is none of, before a file is read. Raises ``SettingsError``."""
    if settings.encoding and not is_encoding(settings.encoding):
        what = f"[corpus] encoding: {settings.encoding!r} is no encoding of text"
        raise SettingsError(what, fix="name one such as cp1252 or latin-1, or leave it empty")


@dataclass(frozen=True)
class CleaningSettings:
    """How text is cleaned: the same for a recipe, where ``clean = true`` asks for it, and for ``mbegu corpus clean``."""

    rules: tuple[str, ...] = setting((), help="rules of rewriting to use in cleaning; none changes anything unless it is named")
    private: bool = setting(False, help="replace private items by typed placeholders")
    regions: tuple[str, ...] = setting((), help="countries whose telephone and identity numbers are looked for, ISO 3166 codes such as NG")
    names: str = setting("", help="file with names of people to replace, one a line; the names themselves are written nowhere")
    blocked: str = setting("", help="file with words and passages that must not be used, one a line: documents with them are dropped")
    identifier: str = setting("", help="model of language identification that was taught; the built-in one when empty")
    keep_languages: tuple[str, ...] = setting((), help="languages whose lines are kept; lines in others are dropped. Empty: lines are only tagged")
    leave_in: tuple[str, ...] = setting((), help="reasons for which cleaning drops nothing")
    passage_letters: int = setting(200, help="shortest passage that is dropped where it came before in another document", unit="letters", low=100)


@dataclass(frozen=True)
class CorpusSettings(CleaningSettings, ReadingSettings, RelatedSettings, TextSettings):
    """The [corpus] table of a recipe."""

    divide_by: str = setting(
        "document",
        help="what is never divided between train and held-out: a document with those like it, or all documents of one file, folder or giver",
        choices=("document", "file", "folder", "contributor"),
    )
    heldout_share: float = setting(0.05, help="share of the text that is held out to judge the model by", low=0.001, high=0.5)
    heldout_min_bytes: int = setting(60_000, help="hold out at least this much, but no more than a tenth of the text", unit="bytes", low=0)
    heldout_max_bytes: int = setting(2_000_000, help="hold out no more than this", unit="bytes", low=1000)
    seed: int = setting(1, help="another seed holds out other documents", low=0)
    near_duplicate: float = setting(0.8, help="documents at least this similar to an earlier one are removed; 1: only exact copies", low=0.3, high=1)
    same_side: float = setting(0.5, help="documents at least this similar are never divided between train and held-out", low=0.2, high=1)
    repeated_lines: bool = setting(True, help="in large files that are cut into blocks, leave out long lines that came before")
    min_document_bytes: int = setting(20, help="shorter documents are left out", unit="bytes", low=1)

    def of_related(self) -> CorpusSettings:
        """Return the settings by which text of the related language is read: the same in its place, without cleaning."""
        return dataclasses.replace(self, text=self.related, related=(), related_language="", clean=False)

    def check_related(self) -> None:
        """Refuse related text of no language, or a language without text. Raises ``SettingsError``."""
        if self.related and not self.related_language:
            raise SettingsError("[corpus] has related text and does not say of which language", fix="name it: related_language")
        if self.related_language and not self.related:
            raise SettingsError("[corpus] names a related language and no text of it", fix="name the files or folders: related")
        if self.related_language:
            parse_language(self.related_language)

    def check_cleaning(self) -> None:
        """Refuse settings of cleaning that nobody would heed: a person who names a region believes that numbers are hidden.

        Raises:
            SettingsError: one is given, and the text is not cleaned.
        """
        given = [each.name for each in dataclasses.fields(CleaningSettings) if getattr(self, each.name) != each.default]
        if given and not self.clean:
            raise SettingsError(f"[corpus] has settings of cleaning ({', '.join(given)}), and the text is not cleaned", fix="set clean = true")
