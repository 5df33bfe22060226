"""The lines that `identify.py` teaches and tests with: which source serves for what, and no line on both sides.

Sources of teaching and of testing are different works. Where a language has one work only (Kirundi, Fante: the declaration of human rights and a
few stories), its articles are divided: odd ones teach, even ones test.
"""

from __future__ import annotations

import csv
import random
import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from lxml import etree

from mbegu.corpus.keys import letters_and_marks

SEED = 4
LINES = 500  # of each language, where there are as many
LONGEST = 1000  # characters of a line; a longer one, such as a whole speech, is cut at the ends of its sentences
SHORTEST = 20  # characters of a line of teaching or testing text; tweets may be shorter
_ENDS = re.compile(r"(?<=[.!?።])\s+|(?<=[a-z][.!?])(?=[A-Z])")

TEACHING = {
    "amh": "raw-text/amh/masakhaner-news/amharic_news.txt",
    "hau": "raw-text/hau/lacuna-news/hau.txt",
    "ibo": "raw-text/ibo/lacuna-news/ibo.txt",
    "yor": "raw-text/yor/lacuna-news/yor.txt",
    "swa": "raw-text/swa/lacuna-news/swa.txt",
    "kin": "raw-text/kin/common-voice/*.txt",
    "som": "topic-news/masakhanews/som/train.tsv",
    "orm": "topic-news/masakhanews/orm/train.tsv",
    "xho": "topic-news/masakhanews/xho/train.tsv",
    "zul": "raw-text/zul/nchlt/*.txt",
    "wol": "raw-text/wol/lacuna-news/wol.txt",
    "twi": "raw-text/twi/lacuna-news/*.txt",
    "pcm": "raw-text/pcm/lacuna-news/pcm.txt",
    "nya": "raw-text/nya/lacuna-news/nya.txt",
    "bam": "raw-text/bam/lacuna-news/bam.txt",
    "ewe": "raw-text/ewe/lacuna-news/ewe.txt",
    "ful": "raw-text/ful/kallaama-web/pulaar.txt",
    "ssw": "parallel/sona-south-africa/SONA_2022-02-10/ssw.txt",
    "nbl": "parallel/sona-south-africa/SONA_2022-02-10/nbl.txt",
    "tsn": "parallel/sona-south-africa/SONA_2022-02-10/tsn.txt",
}
NGUNI_AND_TSWANA = {"zul": "zu", "xho": "xh", "ssw": "ss", "nbl": "nr", "tsn": "tn"}  # half of their lines come from stories of even numbers
HALF_TAUGHT = {"run": "run", "fat": "aka_fante"}  # by the odd articles of the declaration, as there is nothing else but three stories in Fante
NTREX = {each: each for each in ("amh", "hau", "ibo", "kin", "orm", "som", "swa", "wol", "yor", "zul")}
SIB = {
    "amh_Ethi": "amh", "gaz_Latn": "orm", "hau_Latn": "hau", "ibo_Latn": "ibo", "kin_Latn": "kin", "som_Latn": "som", "swh_Latn": "swa",
    "twi_Latn": "twi", "wol_Latn": "wol", "yor_Latn": "yor", "zul_Latn": "zul",
}  # fmt: skip
TWEETS = ("amh", "hau", "pcm", "swa", "twi")
SPEECHES = ("zul", "xho", "ssw", "nbl", "tsn")
STORIES = {
    "zu": "zul",
    "xh": "xho",
    "ss": "ssw",
    "nr": "nbl",
    "tn": "tsn",
    "rw": "kin",
    "ny": "nya",
    "ee": "ewe",
    "fat": "fat",
    "tw-asan": "twi",
    "tw-akua": "twi",
}
UDHR = {
    "amh": "amh", "hau_NG": "hau", "ibo": "ibo", "yor": "yor", "swh": "swa", "kin": "kin", "som": "som", "xho": "xho", "zul": "zul",
    "wol": "wol", "aka_asante": "twi", "pcm": "pcm", "nya_chinyanja": "nya", "bam": "bam", "ewe": "ewe", "ssw": "ssw", "tsn": "tsn",
}  # fmt: skip
# Neither taught nor unknown: another spelling of Hausa, other varieties of Fula, and a text that is labelled Southern Ndebele (nbl) but whose words
# (loba, eqakathekileyo, l- for "and") are those of Northern Ndebele (nde).
SAME_LANGUAGE = {"hau_3", "fuf", "fuv", "nbl"}


def teaching(data: Path) -> dict[str, list[str]]:
    """Return the lines that teach each language."""
    chosen = {}
    for code, pattern in TEACHING.items():
        lines = sorted({line for path in sorted(data.glob(pattern)) if path.name != "LICENCE.txt" for line in _lines_of(path)})
        random.Random(SEED).shuffle(lines)
        if code in NGUNI_AND_TSWANA:
            pages = sorted({page for number, page in stories(data, NGUNI_AND_TSWANA[code]) if number % 2 == 0})
            random.Random(SEED).shuffle(pages)
            lines = lines[: LINES - min(len(pages), LINES // 2)] + pages[: LINES // 2]
        chosen[code] = lines[:LINES]
    for code, version in HALF_TAUGHT.items():
        chosen[code] = [line for article, line in paragraphs(data, version) if article % 2]
        chosen[code] += [page for number, page in stories(data, code) if number % 2 == 0]
    return chosen


def testing(data: Path, taught: dict[str, list[str]]) -> dict[str, list[tuple[str, str]]]:
    """Return the test lines of each set as (language, line), without those whose letters are a line of the teaching text."""
    seen = {letters_and_marks(line) for lines in taught.values() for line in lines}
    sets: dict[str, list[tuple[str, str]]] = {
        "NTREX-128": [(code, line) for name, code in NTREX.items() for line in _lines_of(data / f"parallel/ntrex-128/newstest2019-ref.{name}.txt")],
        "SIB-200": [(code, row[2]) for name, code in SIB.items() for row in _rows(data / f"topic-short/sib-200/{name}/test.tsv")],
        "UDHR": [(code, line) for name, code in UDHR.items() for _, line in paragraphs(data, name)]
        + [(code, line) for code, name in HALF_TAUGHT.items() for article, line in paragraphs(data, name) if article % 2 == 0],
        "speeches": [(code, line) for code in SPEECHES for line in _lines_of(data / f"parallel/sona-south-africa/SONA_2023-02-9/{code}.txt")],
        "stories": [(code, line) for name, code in STORIES.items() for number, line in stories(data, name) if number % 2],
        "tweets": [(code, row[0]) for code in TWEETS for row in _rows(data / f"sentiment/afrisenti/{code}/test.tsv")],
    }
    return {name: _without(pairs, seen) for name, pairs in sets.items()}


def unknown(data: Path) -> list[tuple[str, str]]:
    """Return (version, line) of every version of the declaration whose language is not taught."""
    taught = set(UDHR) | set(HALF_TAUGHT.values()) | SAME_LANGUAGE
    names = sorted(path.stem.removeprefix("udhr_") for path in (data / "parallel/udhr").glob("udhr_*.xml"))
    return [(name, line) for name in names if name not in taught for _, line in paragraphs(data, name)]


def paragraphs(data: Path, version: str) -> Iterator[tuple[int, str]]:
    """Yield (number of the article, paragraph) of a version of the declaration; the preamble counts as article 0."""
    root = etree.parse(str(data / f"parallel/udhr/udhr_{version}.xml"), etree.XMLParser(resolve_entities=False)).getroot()
    for part in root.iter("{*}preamble", "{*}article"):
        number = int(part.get("number") or 0)
        for paragraph in part.iter("{*}para"):
            text = " ".join("".join(paragraph.itertext()).split())
            if len(text) >= SHORTEST:
                yield number, text


def stories(data: Path, folder: str) -> Iterator[tuple[int, str]]:
    """Yield (number of the story, page) of the stories of a folder, without titles and the list of licence and names at the end."""
    for path in sorted((data / "stories/african-storybook" / folder).glob("0*.md")):
        for page in path.read_text(encoding="utf-8").split("\n##")[1:]:
            text = " ".join(" ".join(line for line in page.splitlines() if not line.startswith(("*", "!", "<"))).split())
            if len(text) >= SHORTEST:
                yield int(path.name[:4]), text


def at_most(pairs: list[tuple[str, str]], most: int = 1000) -> list[tuple[str, str]]:
    """Return so many (language, line) of each language at most, drawn by chance."""
    drawn, counts = [], Counter[str]()
    for code, line in random.Random(SEED).sample(pairs, len(pairs)):
        counts[code] += 1
        if counts[code] <= most:
            drawn.append((code, line))
    return drawn


def balanced(pairs: list[tuple[str, str]], codes: tuple[str, ...]) -> list[tuple[str, str]]:
    """Return the lines of some languages, as many of each as the one with the fewest has; none where one has none."""
    counts = Counter(code for code, _ in pairs if code in codes)
    return at_most([pair for pair in pairs if pair[0] in codes], min(counts[code] for code in codes))


def _lines_of(path: Path) -> list[str]:
    if path.suffix == ".tsv":
        texts = [sentence for row in _rows(path) for sentence in _ENDS.split(row[2] if len(row) > 2 else "")]
    else:
        texts = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
        texts = [part for text in texts for part in (_ENDS.split(text) if len(text) > LONGEST else [text])]
    return [" ".join(text.split()) for text in texts if len(text) >= SHORTEST]


def _rows(path: Path) -> list[list[str]]:
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [row for row in rows[1:] if len(row) > 1]


def _without(pairs: list[tuple[str, str]], seen: set[str]) -> list[tuple[str, str]]:
    kept: dict[str, tuple[str, str]] = {}
    for code, line in pairs:
        key = letters_and_marks(line)
        if key and key not in seen:
            kept.setdefault(code + key, (code, line))
    return list(kept.values())
