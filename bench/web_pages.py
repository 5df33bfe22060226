"""How much of a page's own text and how much of its menus, heads and feet the HTML reader keeps, beside two kept libraries.

    python bench/web_pages.py

Nine layouts of pages, written here, in five scripts (Latin, Ethiopic, N'Ko, Arabic, Khmer): with and without the elements that HTML has for
menus, with names of parts and without, laid out by tables, broken by <br>, short, a table of sentences, a bare fragment, links inside
sentences. The words are those of the tests. `kept`: share of the paragraphs that come out as a line of their own. `junk`: share of the
characters that come out and stand in no paragraph (headings count as junk, so the best that can be reached is not 0). resiliparse and
trafilatura are measured where they are installed. Results hold for these pages; real sites differ.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from mbegu.core.report import format_table
from mbegu.corpus.readers.html import markup_text

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
from tests.corpus.material import sentence

LANGUAGES = ("yor", "amh", "nqo", "ara", "khm")
Page = tuple[str, list[str]]


def paragraphs(language: str, first: int, count: int = 5, sentences: int = 3) -> list[str]:
    return [" ".join(sentence(first + 10 * i + k, language) for k in range(sentences)) for i in range(count)]


def links(language: str, count: int, first: int, form: str = '<li><a href="/{i}">{text}</a></li>') -> str:
    return "".join(form.format(i=i, text=sentence(9000 + first + i, language, 2)) for i in range(count))


def layouts(language: str) -> Iterator[tuple[str, Page]]:
    """Yield the name of each layout with its page and the paragraphs that are its text."""
    title, foot = sentence(8000, language, 4), sentence(8001, language, 5)
    menu, side = links(language, 8, 10), links(language, 6, 30)
    inline = '<a href="/{i}">{text}</a> '
    text = paragraphs(language, 0)
    tagged = "".join(f"<p>{each}</p>" for each in text)
    top = f"<header><nav><ul>{menu}</ul></nav></header>"
    end = f"<aside><ul>{side}</ul></aside><footer><p>{foot}</p></footer>"
    yield "elements of HTML", (f"<body>{top}<main><article><h1>{title}</h1>{tagged}</article></main>{end}</body>", text)
    blocks = "".join(f"<div>{each}</div>" for each in text)
    bar = links(language, 8, 10, "<a href=/{i}>{text}</a> | ")
    yield "nameless blocks", (f"<body><div>{bar}</div><div><h2>{title}</h2>{blocks}</div><div><ul>{side}</ul></div><div>{foot}</div></body>", text)
    named = f'<div id="menu"><ul>{menu}</ul></div><div id="content"><h1>{title}</h1>{tagged}</div><div id="sidebar"><ul>{side}</ul></div>'
    yield "named blocks", (f'<body>{named}<div class="footer">{foot}</div></body>', text)
    column = links(language, 8, 10, "<a href=/{i}>{text}</a><br>")
    yield "layout by a table", (f"<body><table><tr><td>{column}</td><td><h1>{title}</h1>{tagged}</td></tr></table></body>", text)
    few = paragraphs(language, 500, 2, 1)
    yield "short", (f"<body><nav><ul>{menu}</ul></nav><div><p>{few[0]}</p><p>{few[1]}</p></div><footer>{foot}</footer></body>", few)
    broken = "<br><br>".join(text)
    yield "broken by br", (f"<body><div>{links(language, 8, 10, inline)}</div>{broken}<hr><small>{foot}</small></body>", text)
    cells = paragraphs(language, 700, 4, 1)
    rows = "".join(f"<tr><th>{i}</th><td>{each}</td></tr>" for i, each in enumerate(cells))
    yield "table of sentences", (f"<body><nav><ul>{menu}</ul></nav>{tagged}<table>{rows}</table><footer>{foot}</footer></body>", text + cells)
    yield "fragment", (tagged, text)
    parts = [[sentence(2000 + 3 * i + k, language, 7) for k in range(3)] for i in range(4)]
    linked = "".join(f'<p>{a} <a href="/{a[:1]}">{b}</a> {c}</p>' for a, b, c in parts)
    yield (
        "links in sentences",
        (f"<body><div><ul>{menu}</ul></div><div>{linked}</div><div><ul>{side}</ul></div></body>", [" ".join(part) for part in parts]),
    )


def measure(extract: Callable[[str], str | None]) -> dict[str, tuple[float, float]]:
    """Return the shares kept and junk by layout, over all languages."""
    sums: dict[str, list[float]] = {}
    for language in LANGUAGES:
        for name, (page, wanted) in layouts(language):
            lines = [" ".join(line.split()) for line in (extract(f"<html>{page}</html>") or "").splitlines() if line.strip()]
            junk = sum(len(line) for line in lines if line not in wanted)
            found = sum(each in lines for each in wanted) / len(wanted)
            row = sums.setdefault(name, [0.0, 0.0])
            row[0] += found / len(LANGUAGES)
            row[1] += junk / max(1, sum(map(len, lines))) / len(LANGUAGES)
    return {name: (kept, junk) for name, (kept, junk) in sums.items()}


def contenders() -> Iterator[tuple[str, Callable[[str], str | None]]]:
    yield "mbegu", markup_text
    for name, module, function, options in (
        ("resiliparse", "resiliparse.extract.html2text", "extract_plain_text", {"main_content": True}),
        ("trafilatura", "trafilatura", "extract", {"include_tables": True, "favor_recall": True}),
    ):
        try:
            call = getattr(importlib.import_module(module), function)
        except ImportError as error:
            print(f"{name} not measured: {error}")
            continue
        yield name, lambda page, call=call, options=options: call(page, **options)  # type: ignore[misc]


def main() -> None:
    results, seconds = {}, {}
    for name, extract in contenders():
        start = time.process_time()
        results[name] = measure(extract)
        seconds[name] = time.process_time() - start
    rows = [
        [layout, *(f"{results[name][layout][0]:.0%} / {results[name][layout][1]:.0%}" for name in results)] for layout in next(iter(results.values()))
    ]
    rows.append(["processor time", *(f"{seconds[name]:.2f} s" for name in results)])
    print(format_table(["kept / junk", *results], rows))


if __name__ == "__main__":
    main()
