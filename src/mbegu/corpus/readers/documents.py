"""Files of documents with the columns of Mbegu's own, from anyone: each document under the file's own name, with the papers that it claims.

What Mbegu itself kept and a person named is not read here: nobody can tell a file of another project, whose papers are worth keeping, from one
that was made to take the papers of other files. So the source that a document gives is a place inside the file, as in an archive.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from mbegu.core.documents import Document
from mbegu.corpus.normalise import normalise
from mbegu.corpus.papers import UNKNOWN
from mbegu.corpus.readers.archive import path_inside
from mbegu.corpus.readers.failure import failure
from mbegu.corpus.readers.parquet import Table, open_table
from mbegu.corpus.source import RawText, Source, file_of

_COLUMNS = ("text", "source", "licence", "contributor", "meta")
_UNTIL = "consent_until"


@dataclass(frozen=True)
class GivenDocument(RawText):
    """A text with the papers that the file itself gives it; empty where it gives none."""

    licence: str = ""
    contributor: str = ""
    meta: Mapping[str, str] = field(default_factory=dict)

    def papers_on(self, document: Document) -> Document:
        """Return a document with these papers; what they do not say stays as it is."""
        licence = document.licence if self.licence.lower() in ("", UNKNOWN) else self.licence
        return replace(document, licence=licence, contributor=self.contributor or document.contributor, meta=dict(self.meta))


def given_documents(table: Table, source: Source) -> Iterator[GivenDocument]:
    """Yield the documents of a file with these columns. What a row leaves empty counts as not said."""
    for number, (text, origin, licence, contributor, meta) in enumerate(table.rows(_COLUMNS), 1):
        given = path_inside(_line(origin))
        path = file_of(given)
        name, place = (f"{source.name}/{path}", given[len(path) + 1 :]) if path else (source.name, str(number))
        facts = {_line(key): _line(value) for key, value in meta or ()}
        yield GivenDocument(name, place, [text or ""], licence=_line(licence), contributor=_line(contributor), meta=facts)


def consents(source: Source) -> Iterator[str]:
    """Yield the last day of the consent of each document, as far as the file can be read: reading its text says what is wrong with it."""
    try:
        with open_table(source, source.size_bytes) as table:
            for (meta,) in table.rows(("meta",)):
                yield from (_line(value) for key, value in meta or () if _line(key) == _UNTIL)
    except Exception as error:
        failure(error)  # raises what does not speak of the file, such as a wish to stop; the rest is told where the text is read


def _line(value: str | None) -> str:
    """Return a value of the papers on one line, in the one form of text."""
    return " ".join(normalise(value or "").text.split())
