"""Leaked test sentences are found: the real cases of the data, 200 planted ones of four kinds, false alarms, speed and memory.

    python bench/leaks.py --data DIR [--copies 4]

DIR is laid out as `raw-text/<language>/`, `ner/masakhaner2/<language>/test.txt` and `parallel/ntrex-128/`. Claims: every test sentence that
is a line of the raw news is found (compared with a count of equal lines of letters, made here in another way); of 50 planted sentences of
each kind 100 / 100 / 98 / 90 % are found (exact; re-punctuated and in other capitals; without marks; words re-ordered or a part of it
inside a longer paragraph); no sentence that was not planted is found but where the clean text holds it; at least 10 MB of training text
per CPU-second; memory does not grow with the text.
"""

from __future__ import annotations

import argparse
import random
import re
import time
import unicodedata
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from mbegu.core.documents import Document
from mbegu.core.report import Say, format_table
from mbegu.corpus.keys import letters_and_marks
from mbegu.corpus.leaks.find import LeakSearch, training_text
from mbegu.corpus.leaks.items import Item, read_items

REAL = ("hau", "pcm", "swa", "wol", "zul")
PLANTED_IN = ("yor", "hau", "ibo", "swa", "wol", "zul", "amh", "kin")
WRITTEN_WITH_MARKS = ("yor", "ibo", "wol")  # in the others nearly every sentence is the same without its marks
KINDS = ("exact", "re-punctuated", "without marks", "re-ordered or part")
PER_KIND = 50
LEAST_WORDS = 8
MIXED_MARKS = ",;:!?…"


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=4, help="how often the raw text is read for speed, each time with other words")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    real_cases(arguments.data)
    planted_cases(arguments.data, random.Random(arguments.seed))
    speed(arguments.data, arguments.copies)


def real_cases(data: Path) -> None:
    """Search the NER tests in the raw text of the same language, and count equal lines of letters beside it."""
    rows = []
    for language in REAL:
        items = read_items(data / "ner" / "masakhaner2" / language / "test.txt")
        documents = list(training_text(data / "raw-text" / language, Say(quiet=True)))
        lines = {letters_and_marks(line) for document in documents for line in document.text.split("\n")} - {""}
        equal = [letters_and_marks(item.text) in lines for item in items]
        search = LeakSearch([(language, items)])
        found = {match.item for _, matches in search.through(iter(documents)) for match in matches}
        kinds = search.reports[0].kinds
        missed = sum(is_equal and number not in found for number, is_equal in enumerate(equal))
        rows.append((language, len(items), sum(equal), missed, search.reports[0].found, *(kinds[kind] for kind in kinds_of())))
    print(format_table(("language", "items", "equal lines", "of them missed", "found", *kinds_of()), rows), "\n")


def kinds_of() -> tuple[str, ...]:
    """Return the kinds that the search tells apart."""
    from mbegu.corpus.leaks.search import KINDS as FOUND_KINDS

    return FOUND_KINDS


def planted_cases(data: Path, chosen: random.Random) -> None:
    """Plant sentences of a parallel test in raw text of the same language, and search the whole test."""
    found: Counter[str] = Counter()
    asked: Counter[str] = Counter()
    alarms, unplanted = 0, 0
    for language in PLANTED_IN:
        items = sentences(data, language)
        documents = list(training_text(data / "raw-text" / language, Say(quiet=True)))
        before = found_items(items, documents)
        free = [i for i, item in enumerate(items) if i not in before and len(item.text.split()) >= LEAST_WORDS]
        chosen.shuffle(free)
        kinds = {}
        for kind in KINDS:
            kinds |= dict.fromkeys([i for i in free if i not in kinds and fits(kind, items[i].text)][: share_of(kind, language)], kind)
        planted = plant(documents, [(kind, items[i].text) for i, kind in kinds.items()], chosen)
        after = found_items(items, planted)
        for i, kind in kinds.items():
            asked[kind] += 1
            found[kind] += i in after
        alarms += sum(i not in kinds and i not in before for i in after)
        unplanted += len(items) - len(kinds) - len(before)
    rows = [(kind, asked[kind], found[kind], f"{100 * found[kind] / asked[kind]:.0f} %") for kind in KINDS]
    print(format_table(("planted", "sentences", "found", "share"), rows))
    print(f"found though neither planted nor there before: {alarms} of {unplanted:,}\n")


def share_of(kind: str, language: str) -> int:
    """Return how many of the planted sentences of a kind are in a language."""
    languages = WRITTEN_WITH_MARKS if kind == "without marks" else PLANTED_IN
    if language not in languages:
        return 0
    return PER_KIND // len(languages) + (languages.index(language) < PER_KIND % len(languages))


def fits(kind: str, text: str) -> bool:
    """Whether a sentence can be planted as a kind: one without marks cannot lose them."""
    return kind != "without marks" or without_marks(text) != text


def sentences(data: Path, language: str) -> list[Item]:
    """Return the sentences of the parallel test in one language."""
    path = next(path for path in sorted((data / "parallel" / "ntrex-128").rglob("*")) if re.search(rf"[._-]{language}\b", path.name))
    return read_items(path)


def found_items(items: list[Item], documents: list[Document]) -> set[int]:
    """Return the numbers of the items that are found."""
    return {match.item for _, matches in LeakSearch([("test", items)]).through(iter(documents)) for match in matches}


def without_marks(text: str) -> str:
    """Return a text as it is typed without marks."""
    return "".join(each for each in unicodedata.normalize("NFD", text) if unicodedata.category(each) != "Mn")


def changed(kind: str, text: str, chosen: random.Random) -> str:
    """Return a sentence as a leak of a kind has it."""
    words = text.split()
    if kind == "re-punctuated":
        bare = [word.strip(".,;:!?\"'()“”‘’«»") or word for word in words]
        marked = [word + (chosen.choice(MIXED_MARKS) if chosen.random() < 0.3 else "") for word in bare]
        return chosen.choice([str.upper, str.lower, str.title])(" ".join(marked))
    if kind == "without marks":
        return without_marks(text)
    if kind == "re-ordered or part":
        if chosen.random() < 0.5:
            chosen.shuffle(words)
            return " ".join(words)
        length = max(LEAST_WORDS, round(0.7 * len(words)))
        start = chosen.randrange(len(words) - length + 1)
        return " ".join(words[start : start + length])
    return text


def plant(documents: list[Document], leaks: list[tuple[str, str]], chosen: random.Random) -> list[Document]:
    """Return the documents with each leak in one of them: as a line of its own, or inside a line."""
    made = {number: document.text.split("\n") for number, document in enumerate(documents)}
    for kind, text in leaks:
        lines = made[chosen.randrange(len(documents))]
        place = chosen.randrange(len(lines))
        leak = changed(kind, text, chosen)
        if kind == "re-ordered or part" or chosen.random() < 0.5:
            lines[place] = f"{lines[place]} {leak} {chosen.choice(lines)}"
        else:
            lines.insert(place, leak)
    return [Document(document.id, "\n".join(made[number]), "und", document.source) for number, document in enumerate(documents)]


def speed(data: Path, copies: int) -> None:
    """Search all NER tests in all raw text, read several times with other words, and print speed and memory."""
    import resource

    tests = [(language, read_items(data / "ner" / "masakhaner2" / language / "test.txt")) for language in REAL]
    languages = sorted(path for path in (data / "raw-text").iterdir() if path.is_dir())
    documents = [document for path in languages for document in training_text(path, Say(quiet=True))]

    def stream() -> Iterator[Document]:
        for copy in range(copies):
            for document in documents:
                text = document.text if copy == 0 else document.text.replace("a", "aeiou"[copy % 5], 1 + copy)
                yield Document(document.id, text, "und", document.source)

    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    search = LeakSearch(tests)
    begun_s = time.process_time()
    for _ in search.through(stream()):
        pass
    used_s = time.process_time() - begun_s
    more_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - held) / 1000
    items = sum(len(items) for _, items in tests)
    rate = search.bytes / 1e6 / used_s
    print(f"{items:,} items in {search.bytes / 1e6:.1f} MB: {used_s:.1f} CPU-s, {rate:.1f} MB per CPU-second; {more_mb:.0f} MB more memory")


if __name__ == "__main__":
    main()
