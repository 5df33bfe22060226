"""A passage in its document, as a page: what the link of a quotation opens.

Everything from the document is escaped; there is no script and no style.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from mbegu.serve.documents.neutral import readable
from mbegu.serve.documents.store import Passage

AROUND = 12  # passages shown before and after, where the format has no pages


def passage_page(passages: Sequence[Passage], number: int) -> str | None:
    """Return the page, or ``None`` where the document has no passage of that number.

    Args:
        passages: all passages of the document in order.
        number: the passage to mark, from 1.
    """
    chosen = next((each for each in passages if each.number == number), None)
    if chosen is None:
        return None
    if chosen.page is not None:
        shown = [each for each in passages if each.page == chosen.page]
    else:
        shown = [each for each in passages if abs(each.number - number) <= AROUND]
    name = escape(readable(chosen.file))
    place = f" · {chosen.page}" if chosen.page is not None else f" · {escape(readable(chosen.row))}" if chosen.row else ""
    body, heading = [], None
    for each in shown:
        if each.heading != heading and each.heading:
            body.append(f'<h2 dir="auto">{escape(readable(each.heading))}</h2>')
        heading = each.heading
        body.append(_paragraphs(each, each.number == number))
    return (
        f'<!DOCTYPE html>\n<html><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>{name}{place}</title></head>\n'
        f'<body><h1 dir="auto"><bdi>{name}</bdi>{place}</h1>\n<main>\n{"".join(body)}</main></body></html>\n'
    )


def _paragraphs(passage: Passage, is_chosen: bool) -> str:
    lines = [escape(line) for line in readable(passage.text).split("\n") if line.strip()]
    if is_chosen:
        return '<div id="passage" dir="auto">' + "".join(f'<p dir="auto"><mark>{line}</mark></p>\n' for line in lines) + "</div>\n"
    return "".join(f'<p dir="auto">{line}</p>\n' for line in lines)
