"""Attribution: title, author, source and licence of each text, as the licences ask for, in plain text and in Markdown.

The order (title, author, source, licence) is that of Creative Commons' recommended practices for attribution.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from mbegu.core.documents import Document
from mbegu.core.report import plain
from mbegu.corpus.licences.changes import UNCHANGED, Changes
from mbegu.corpus.licences.known import Licence, licence_named
from mbegu.corpus.source import file_of

HEADING = "Text that this was made of"
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~])")


@dataclass(frozen=True)
class Credit:
    """One line of credits; ``bytes`` of text that it is for."""

    title: str
    author: str
    source: str
    url: str
    licence: str
    bytes: int = 0


def credits_of(documents: Iterable[Document]) -> list[Credit]:
    """Return the credits of documents, one for each work: those of the same title, author, source, address and licence together.

    Args:
        documents: with their papers in ``meta``, as the corpus step writes them. Where there is no title, the first folder or file
            of the source stands for it; where there is no author, the contributor.
    """
    sizes: dict[tuple[str, str, str, str, str], int] = {}
    for document in documents:
        meta = document.meta
        path = file_of(document.source)
        title = meta.get("title") or path.split("/", 1)[0]
        author = meta.get("author") or document.contributor
        key = (title, author, meta.get("credit_source", ""), meta.get("url", ""), document.licence)
        sizes[key] = sizes.get(key, 0) + len(document.text.encode("utf-8", "replace"))
    return [Credit(*key, bytes=size) for key, size in sorted(sizes.items(), key=lambda row: (-row[1], row[0]))]


def attribution(found: Iterable[Credit], markdown: bool = False, custom: Mapping[str, Licence] | None = None, changes: Changes = UNCHANGED) -> str:
    """Return the text of attribution.

    Args:
        found: what to credit, in the order to print.
        markdown: write Markdown with links; else plain text with addresses in brackets.
        custom: licences whose terms were declared, by name.
        changes: what was changed in the texts on purpose.
    """
    lines = [f"## {HEADING}" if markdown else HEADING, "", _safe(changes.text(), markdown), ""]
    lines += [f"- {_line(each, markdown, licence_named(each.licence, custom))}" for each in found]
    return "\n".join(lines) + "\n"


def _line(credit: Credit, markdown: bool, licence: Licence) -> str:
    title = _linked(f"“{_safe(credit.title, markdown)}”", credit.url, markdown)
    author = f" by {_safe(credit.author, markdown)}" if credit.author else " by an author who is not recorded"
    source = f", from {_safe(credit.source, markdown)}" if credit.source else ""
    name = licence.title if licence.known else credit.licence
    known = f", {_linked(_safe(name, markdown), licence.url, markdown)}" if licence.known else ", no licence is known"
    return f"{title}{author}{source}{known}."


def _linked(text: str, url: str, markdown: bool) -> str:
    if not url:
        return text
    safe = plain(url).replace("(", "%28").replace(")", "%29").replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
    if not markdown:
        return f"{text} ({safe})"
    return f"[{text}]({safe})" if safe.lower().startswith(("http://", "https://")) else f"{text} ({_safe(url, markdown)})"


def _safe(text: str, markdown: bool) -> str:
    one_line = plain(" ".join(text.split()))
    return _MARKDOWN.sub(r"\\\1", one_line) if markdown else one_line
