"""The pieces of HTML and SVG that the page is put together from. Whatever a user wrote goes through ``own``."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterable, Sequence
from html import escape

# Characters that can turn the order of what stands beside them, and others that nobody sees: shown as their number instead.
_TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_SHOWN_AS_NUMBER = ("Cc", "Cs", "Zl", "Zp", "Cn")
CHART_WIDTH, CHART_HEIGHT, CHART_MARGIN = 640, 300, 44


def own(text: str, tag: str = "bdi", lang: str = "", css: str = "") -> str:
    """Return a text of the user: escaped, in its own direction of writing, with its language where that is known.

    Characters that would change the direction of their surroundings, or that are not to be seen, stand as their number.
    """
    language = f' lang="{escape(lang)}"' if lang else ""
    return f'<{tag} dir="auto"{language}{f" class={css}" if css else ""}>{_visible(text)}</{tag}>'


def plain(text: str) -> str:
    """Return a text of the user for an attribute: as ``own`` shows it, without markup."""
    return escape(numbered(text))


def numbered(text: str) -> str:
    """Return a text with what cannot be seen given by its number; not escaped yet."""
    return "".join(f"[U+{ord(each):04X}]" if _is_hidden(each) else each for each in text)


def _visible(text: str) -> str:
    return "".join(f'<span class="hidden">U+{ord(each):04X}</span>' if _is_hidden(each) else escape(each) for each in text)


@functools.lru_cache(maxsize=1 << 12)
def _is_hidden(character: str) -> bool:
    is_tag = 0xE0000 <= ord(character) < 0xE0100
    return character in _TURNING or is_tag or (unicodedata.category(character) in _SHOWN_AS_NUMBER and character not in "\n\t")


def language_tag(code: str) -> str:
    """Return the BCP 47 tag of a code such as ``yor_Latn``: the shortest code there is, with the script; empty for no language."""
    import iso639

    bare, _, script = code.partition("_")
    if bare in ("", "und", "mul", "zxx"):
        return ""
    try:
        known = iso639.Language.match(bare)
    except iso639.LanguageNotFoundError:
        return ""
    return "-".join(part for part in (known.part1 or known.part3, script if script.isalpha() and script.isascii() else "") if part)


def language_name(code: str) -> str:
    """Return the name of a language in English, or its code where no list has it."""
    import iso639

    try:
        return str(iso639.Language.match(code.partition("_")[0]).name)
    except iso639.LanguageNotFoundError:
        return code


def section(name: str, title: str, *parts: str) -> str:
    """Return a section with a heading that can be linked to; the title is HTML."""
    return f'<section id="{name}" aria-labelledby="{name}-head">\n<h2 id="{name}-head">{title}</h2>\n{"".join(parts)}</section>\n'


def heading(title: str) -> str:
    """Return a heading inside a section."""
    return f"<h3>{title}</h3>\n"


def paragraph(html: str, css: str = "") -> str:
    """Return a paragraph; ``css`` is the name of its class."""
    return f"<p{f' class={css}' if css else ''}>{html}</p>\n"


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, words: Sequence[int] = (0,), label: str = "", css: str = "") -> str:
    """Return a table in a frame that scrolls by itself where the screen is narrow.

    Args:
        columns: heads, HTML.
        rows: cells, HTML; the first of a row names it.
        words: numbers of the columns that hold words; the others hold numbers and stand at the end of their column.
        label: name for those who do not see it, plain text.
        css: class of the table.
    """
    ends = ["" if i in words else ' class="number"' for i in range(len(columns))]
    head = "".join(f'<th scope="col"{end}>{name}</th>' for name, end in zip(columns, ends, strict=True))
    body = "".join(
        "<tr>"
        + "".join(
            f'<th scope="row"{end}>{cell}</th>' if i == 0 else f"<td{end}>{cell}</td>" for i, (cell, end) in enumerate(zip(row, ends, strict=True))
        )
        + "</tr>\n"
        for row in rows
    )
    shown = f' class="{css}"' if css else ""
    name = f' aria-label="{escape(label)}"' if label else ""
    return f'<div class="wide" role="region" tabindex="0"{name}><table{shown}><thead><tr>{head}</tr></thead>\n<tbody>{body}</tbody></table></div>\n'


def bar(share: float, css: str = "bar") -> str:
    """Return a bar of that share of the width; what it means stands beside it in words."""
    return (
        f'<svg class="{css}" viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true" focusable="false">'
        f'<rect class="ground" width="100" height="10"/><rect class="full" width="{100 * min(1.0, max(0.0, share)):.2f}" height="10"/></svg>'
    )


def stack(shares: Sequence[tuple[int, float]], label: str) -> str:
    """Return one bar that is divided into parts, each the number of a colour and a share of 1; ``label`` says it in words."""
    parts, left = [], 0.0
    for number, share in shares:
        width = 600 * share
        parts.append(f'<rect class="kind{min(number, 9)}" x="{left:.2f}" width="{max(0.0, width - 1):.2f}" height="34"/>')
        left += width
    said = escape(label)
    head = f'<svg class="stack" viewBox="0 0 600 34" preserveAspectRatio="none" role="img" aria-label="{said}"><title>{said}</title>'
    return f"{head}{''.join(parts)}</svg>\n"


def swatch(number: int) -> str:
    """Return the colour that the part of that number has in a stack or a chart."""
    shape = f'<rect class="kind{min(number, 9)}" width="10" height="10" rx="2"/>'
    return f'<svg class="swatch" viewBox="0 0 10 10" aria-hidden="true" focusable="false">{shape}</svg>'


def curves(lines: Sequence[Sequence[tuple[float, float]]], marks: Sequence[str], across: str, up: str, label: str, number: tuple[str, str]) -> str:
    """Return a chart of curves that begin at nothing.

    Args:
        lines: points (x, y) of each curve, x rising.
        marks: a letter for each curve, written at its end.
        across: name of the horizontal axis.
        up: name of the vertical axis.
        label: what the chart says, in words.
        number: the largest x and y as they are written.
    """
    most_x = max(x for line in lines for x, _ in line)
    most_y = max(y for line in lines for _, y in line)
    left, bottom = CHART_MARGIN, CHART_HEIGHT - 34
    wide, high = CHART_WIDTH - left - 24, bottom - 22
    drawn = []
    for number_of, (line, mark) in enumerate(zip(lines, marks, strict=True)):
        points = [(left, float(bottom)), *((left + wide * x / most_x, bottom - high * y / most_y) for x, y in line)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        end_x, end_y = points[-1]
        drawn.append(
            f'<polyline class="line{number_of % 8}" points="{path}"/><circle class="kind{number_of % 8}" cx="{end_x:.1f}" cy="{end_y:.1f}" r="4"/>'
        )
        drawn.append(f'<text class="mark" x="{end_x + 7:.1f}" y="{end_y + 4:.1f}">{escape(mark)}</text>')
    said = escape(label)
    axes = (
        f'<polyline class="axis" points="{left},14 {left},{bottom} {CHART_WIDTH - 20},{bottom}"/>'
        f'<text x="{left + 4}" y="14">{escape(up)}, {escape(number[1])}</text>'
        f'<text x="{CHART_WIDTH - 20}" y="{bottom + 22}" text-anchor="end">{escape(across)}, {escape(number[0])}</text>'
        f'<text x="{left - 12}" y="{bottom + 14}">0</text>'
    )
    head = f'<svg class="chart" viewBox="0 0 {CHART_WIDTH} {CHART_HEIGHT}" role="img" aria-label="{said}"><title>{said}</title>'
    return f"{head}{axes}{''.join(drawn)}</svg>\n"
