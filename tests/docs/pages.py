"""The pages of docs/ as the tests look at them: blocks of code, marks for the test, links, commands."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
_PART = re.compile(r"^```(?P<info>[^\n`]*)\n(?P<body>.*?)^```$|^<!-- test: (?P<mark>.*?) -->$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Part:
    """A block of code with the words after its fence, or a mark for the test (``info`` is then ``mark``)."""

    info: str
    body: str


@dataclass(frozen=True)
class Call:
    """A command with the lines that the page promises."""

    words: list[str]
    promised: list[str]


def pages() -> list[Path]:
    return sorted(DOCS.rglob("*.md"))


def parts(page: Path) -> Iterator[Part]:
    for match in _PART.finditer(page.read_text(encoding="utf-8")):
        yield Part("mark", match["mark"]) if match["mark"] else Part(match["info"].strip(), match["body"])


def calls(body: str) -> list[Call]:
    """The commands of a console block: lines that begin with ``$``, each with the lines below it."""
    found: list[Call] = []
    for line in body.splitlines():
        if line.startswith("$ "):
            found.append(Call(shlex.split(line[2:]), []))
        elif line.strip():
            found[-1].promised.append(line)
    return found


def mbegu_commands(page: Path) -> Iterator[list[str]]:
    """Every mbegu command of a page: in its blocks of commands and between back-quotes."""
    text = page.read_text(encoding="utf-8")
    for part in parts(page):
        if part.info.split(" ")[0] in ("console", "sh", "bat"):
            for line in part.body.splitlines():
                words = line.removeprefix("$ ").strip()
                if words.startswith("mbegu "):
                    yield shlex.split(words, comments=True)
    for quoted in re.findall(r"`(mbegu [^`\n]*)`", text):
        yield shlex.split(quoted)


def links(page: Path) -> Iterator[tuple[Path, str]]:
    """The links of a page to other pages of the repository: path and anchor."""
    for target in _LINK.findall(page.read_text(encoding="utf-8")):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            yield (page.parent / path).resolve() if path else page, anchor


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    heads = _HEADING.findall(page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).strip().replace(" ", "-") for head in heads}


def keeps_promise(promised: list[str], said: str) -> str:
    """Return the first promised line that is not said in this order, or nothing. ``...`` stands for anything."""
    lines = iter([_even(line) for line in said.splitlines()])
    for line in promised:
        pattern = re.compile(".*".join(re.escape(piece) for piece in _even(line).split("...")))
        if not any(pattern.fullmatch(each) for each in lines):
            return line
    return ""


def _even(line: str) -> str:
    return " ".join(line.split())
