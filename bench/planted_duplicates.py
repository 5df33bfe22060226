"""Claim: of 300 duplicates of four kinds that are planted in real text, cleaning finds 100 % (exact), 100 % (other spaces, capitals and
punctuation), 98 % (a few words exchanged) and 90 % (a passage inside another document).

    python bench/planted_duplicates.py --data DIR --scratch FOLDER

The text is documents of 8 to 20 lines of news in seven languages and four scripts from the development data, one file each, taken after an own
cleaning (so that nothing in it is a duplicate of something else). A
near copy has 3 % of its words exchanged, at least two. A passage is 3 to 5 lines,
at least 250 letters, copied between the lines of another document. Found: the copy is dropped with the right original; for a passage: at
least half of its letters are dropped from the host. Also printed: what else was dropped as a duplicate (false alarms).
"""

from __future__ import annotations

import argparse
import io
import random
import shutil
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq

from mbegu.core.report import Say
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.keys import letters_and_marks

LANGUAGES = ("yor", "hau", "swa", "amh", "ibo", "wol", "nya")
EACH = 75
EDITED_SHARE = 0.03
PASSAGE_LETTERS = 250


def sentences(data: Path) -> dict[str, list[str]]:
    """Return the different lines of running text of each language."""
    found: dict[str, list[str]] = {}
    for language in LANGUAGES:
        for path in sorted((data / "raw-text" / language).rglob("*.txt")):
            if not path.name.startswith(("LICENCE", "README")):
                lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
                found.setdefault(language, []).extend(line.strip() for line in lines if len(letters_and_marks(line)) > 60)
        found[language] = list(dict.fromkeys(found[language]))
    return found


def originals(data: Path, chance: random.Random, count: int) -> list[list[str]]:
    """Return documents as lines; no line stands in two."""
    texts = []
    pools = sentences(data)
    for i in range(count):
        pool = pools[LANGUAGES[i % len(LANGUAGES)]]
        size = chance.randint(8, 20)
        texts.append(pool[:size])
        del pool[:size]
    return texts


def respaced(text: str, chance: random.Random) -> str:
    """Return a text with other spaces, capitals and punctuation."""
    words = text.upper().split() if chance.random() < 0.5 else text.title().split()
    return "".join(word.strip(".,;:!?") + chance.choice((" ", "  ", ", ", " - ", "! ")) for word in words)


def edited(lines: list[str], chance: random.Random, others: list[str]) -> str:
    """Return a text with some of its words exchanged."""
    words = [line.split(" ") for line in lines]
    places = [(i, j) for i, line in enumerate(words) for j in range(len(line))]
    for i, j in chance.sample(places, max(2, round(EDITED_SHARE * len(places)))):
        words[i][j] = chance.choice(others)
    return "\n".join(" ".join(line) for line in words)


def plant(data: Path, folder: Path, seed: int) -> dict[str, tuple[str, str, str]]:
    """Write originals and copies; return for each copy's file its kind, its original, and for a passage its text."""
    chance = random.Random(seed)
    texts = originals(data, chance, 10 * EACH)
    others = [word for text in texts for word in text[0].split(" ")]
    files = {f"a{i:04}.txt": "\n".join(text) for i, text in enumerate(texts)}
    planted: dict[str, tuple[str, str, str]] = {}
    for n, (i, kind) in enumerate(zip(chance.sample(range(len(texts)), 3 * EACH), ("exact", "respaced", "near") * EACH, strict=True)):
        lines = texts[i]
        files[f"b{n:04}.txt"] = {"exact": "\n".join(lines), "respaced": respaced("\n".join(lines), chance), "near": edited(lines, chance, others)}[
            kind
        ]
        planted[f"b{n:04}.txt"] = (kind, f"a{i:04}.txt", "")
    hosts = originals(data, random.Random(seed + 1), 11 * EACH)[10 * EACH :]
    for n, (i, host) in enumerate(zip(chance.sample(range(len(texts)), EACH), hosts, strict=True)):
        start = chance.randrange(max(1, len(texts[i]) - 5))
        passage = next(
            (texts[i][start : start + k] for k in (3, 4, 5) if len(letters_and_marks("".join(texts[i][start : start + k]))) >= PASSAGE_LETTERS),
            texts[i],
        )
        place = chance.randrange(len(host))
        files[f"c{n:04}.txt"] = "\n".join([*host[:place], " ".join(passage) if n % 2 else "\n".join(passage), *host[place:]])
        planted[f"c{n:04}.txt"] = ("passage", f"a{i:04}.txt", "".join(passage))
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text + "\n", encoding="utf-8")
    return planted


def main() -> None:
    """Plant, clean, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    planted = plant(options.data, options.scratch / "planted", options.seed)
    out = options.scratch / "cleaned"
    shutil.rmtree(out, ignore_errors=True)
    clean(CleanSettings(paths=(str(options.scratch / "planted"),), language="yor"), out, Say(io.StringIO(), quiet=True))
    whole: dict[str, str] = {}
    letters: Counter[str] = Counter()
    strange: Counter[str] = Counter()
    for row in pq.read_table(out / "dropped.parquet").to_pylist():
        name = row["source"]
        if row["reason"] in ("exact duplicate", "near duplicate"):
            whole[name] = row["detail"]
            strange[row["reason"]] += name not in planted
        elif row["reason"] in ("repeated passage", "repeated line"):
            letters[name] += len(letters_and_marks(row["text"]))
            strange[row["reason"]] += name not in planted
    total, found, missed = Counter(), Counter(), []
    for name, (kind, original, passage) in planted.items():
        total[kind] += 1
        good = original in whole.get(name, "") if kind != "passage" else letters[name] >= len(letters_and_marks(passage)) / 2
        found[kind] += good
        if not good:
            missed.append((name, kind, original, whole.get(name, ""), letters[name]))
    for kind in total:
        print(f"{kind:10s} found {found[kind]:3d} of {total[kind]:3d} = {100 * found[kind] / total[kind]:.1f} %")
    print(f"dropped as duplicates though not planted: {dict(strange)} of {10 * EACH} originals")
    for each in missed[:10]:
        print("missed:", each)


if __name__ == "__main__":
    main()
