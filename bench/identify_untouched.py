"""Lines that no setting of the identifier was chosen on, for `identify.py --untouched`.

None of these sources teaches or served when settings were compared: health text (TICO-19), HornMT, questions (AfriQA), news titles and articles
(MasakhaNEWS test), NER sentences (MasakhaNER test), translated news (LAFAND test), stories in languages whose stories were not used,
farming radio, common-sense and school problems. Unknown languages: stories in some 60 languages that nobody taught, speeches, HornMT Afar and
English. MasakhaNER and LAFAND are news of the same newsrooms as the teaching text of hau, pcm, swa and wol (lines in both are taken out), the
others are other works. Southern Ndebele, siSwati, Kirundi and Fante have no untouched text in the collections: for them interface messages of
free programs can be given, unpacked from Debian's packages `mediawiki` and `libreoffice-l10n-{nr,ss,xh,zu,rw}` (`--interface DIR`).
"""

from __future__ import annotations

import gettext
import json
import re
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from lxml import etree

import identify_text as text
from mbegu.corpus.keys import letters_and_marks

Pairs = list[tuple[str, str]]
TICO = {"am": "amh", "om": "orm", "ha": "hau", "rw": "kin", "so": "som", "sw": "swa", "zu": "zul"}
STORIES = {"am": "amh", "ha": "hau", "ha-ne": "hau", "so": "som", "sw": "swa", "yo": "yor", "om": "orm"}
SKIPPED_STORIES = {"ff"}  # Fulfulde of Nigeria and Cameroon; the Pulaar of Senegal was taught
LAFAND = {"en-hau/test.hau": "hau", "en-swa/test.swa": "swa", "fr-wol/test.wol": "wol"}
UNKNOWN_SPEECHES = ("afr", "eng", "nso", "sot", "tso", "ven")
MEDIAWIKI = {"fat": "fat", "tw": "twi", "rn": "run", "rw": "kin", "ss": "ssw", "xh": "xho", "zu": "zul"}
LIBREOFFICE = {"nr": "nbl", "ss": "ssw", "xh": "xho", "zu": "zul", "rw": "kin"}
_PLACEHOLDERS = re.compile(r"\{\{[^{}]*\}\}|\$\w+|%\w+|<[^<>]*>|\[\[[^\]]*\]\]|https?://\S+|[~_&]")


def testing(data: Path, taught: dict[str, list[str]]) -> dict[str, Pairs]:
    """Return the test lines of each set as (language, line), without those whose letters are a line of the teaching text."""
    seen = {letters_and_marks(line) for lines in taught.values() for line in lines}
    news = data / "topic-news/masakhanews"
    rows = [(code, row) for code in ("amh", "hau", "ibo", "swa", "yor") for row in text._rows(news / code / "test.tsv")]
    sets = {
        "TICO-19": list(_tico(data)),
        "HornMT": [(code, line) for code in ("amh", "orm", "som") for line in text._lines_of(data / f"parallel/hornmt/{code}.txt")],
        "MasakhaNER": [(code, line) for code in ("hau", "pcm", "swa", "wol", "zul") for line in _ner(data / f"ner/masakhaner2/{code}/test.txt")],
        "news titles": [(code, row[1]) for code, row in rows if len(row[1]) >= text.SHORTEST],
        "news": [(code, part) for code, row in rows for part in text._ENDS.split(row[2])[:10] if len(part) >= text.SHORTEST],
        "AfriQA": [(code, line) for code in ("hau", "kin", "swa", "yor") for line in _questions(data / f"qa/afriqa/gold_passages/{code}")],
        "LAFAND": [(code, line) for name, code in LAFAND.items() for line in text._lines_of(data / "parallel/lafand-mt" / name)],
        "stories": [(code, page) for name, code in STORIES.items() for _, page in text.stories(data, name)],
        "radio": [("wol", line) for path in sorted((data / "agriculture").rglob("*.stm")) for line in _transcript(path)],
    }
    return {name: text._without(pairs, seen) for name, pairs in sets.items()}


def unknown(data: Path) -> dict[str, Pairs]:
    """Return (name of the language, line) of languages that are not taught, by source."""
    folders = sorted(path.name for path in (data / "stories/african-storybook").iterdir() if path.is_dir())
    known = set(text.STORIES) | set(STORIES) | SKIPPED_STORIES
    speeches = data / "parallel/sona-south-africa"
    return {
        "stories": [(name, page) for name in folders if name not in known for _, page in text.stories(data, name)],
        "speeches": [(code, line) for code in UNKNOWN_SPEECHES for path in sorted(speeches.glob(f"*/{code}.txt")) for line in text._lines_of(path)],
        "HornMT": [(code, line) for code in ("aar", "eng") for line in text._lines_of(data / f"parallel/hornmt/{code}.txt")],
    }


def interface(folder: Path, taught: dict[str, list[str]]) -> dict[str, Pairs]:
    """Return the messages of MediaWiki and LibreOffice, without place-holders, what is English still, and what stands in two languages."""
    found: Pairs = []
    for name, code in MEDIAWIKI.items():
        for path in sorted(folder.rglob(f"i18n/{name}.json")):
            messages = json.loads(path.read_text(encoding="utf-8"))
            english = json.loads(path.with_name("en.json").read_text(encoding="utf-8")) if path.with_name("en.json").is_file() else {}
            found += [(code, each) for key, each in messages.items() if isinstance(each, str) and each != english.get(key)]
    for name, code in LIBREOFFICE.items():
        for path in sorted(folder.rglob(f"{name}/LC_MESSAGES/*.mo")):
            with open(path, "rb") as file:
                catalogue = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
            found += [(code, each) for key, each in catalogue.items() if key and isinstance(each, str) and each != str(key).split("\x04")[-1]]
    bare = [(code, " ".join(_PLACEHOLDERS.sub(" ", each).split())) for code, each in found]
    seen = {letters_and_marks(line) for lines in taught.values() for line in lines}
    pairs = text._without([(code, line) for code, line in bare if sum(map(str.isalpha, line)) >= text.SHORTEST], seen)
    languages: dict[str, set[str]] = {}
    for code, line in pairs:
        languages.setdefault(letters_and_marks(line), set()).add(code)
    return {"interface": [(code, line) for code, line in pairs if len(languages[letters_and_marks(line)]) == 1]}


def _tico(data: Path) -> Iterator[tuple[str, str]]:
    for path in sorted((data / "health/tico-19").glob("*.zip")):
        with zipfile.ZipFile(path) as archive:
            root = etree.fromstring(archive.read(archive.namelist()[0]), etree.XMLParser(resolve_entities=False))
        for side in root.iter("tuv"):
            code = TICO.get(side.get("{http://www.w3.org/XML/1998/namespace}lang", "")[:2])
            line = " ".join("".join(side.itertext()).split())
            if code and len(line) >= text.SHORTEST:
                yield code, line


def _ner(path: Path) -> Iterator[str]:
    for sentence in path.read_text(encoding="utf-8").split("\n\n"):
        line = " ".join(row.split()[0] for row in sentence.splitlines() if row.split())
        if len(line) >= text.SHORTEST:
            yield line


def _questions(folder: Path) -> Iterator[str]:
    for path in sorted(folder.glob("*.json")):
        for row in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(row)["question_lang"]


def _transcript(path: Path) -> Iterator[str]:
    """Yield what is said in each turn, without marks of noises and of the language of a word; French words stay."""
    rows: Iterable[str] = (row for row in path.read_text(encoding="utf-8").splitlines() if row.strip() and not row.startswith(";;"))
    for row in rows:
        line = " ".join(re.sub(r"\[[^\]]*\]|:fra\b|<[^>]*>", " ", row.split(maxsplit=5)[-1]).split())
        if len(line) >= text.SHORTEST and "inter_segment_gap" not in row:
            yield line
