"""All that the report says, as figures: gathered once, then written as a page or as JSON."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.corpus.clean.place import find_cleaned
from mbegu.corpus.declared import declared_licences
from mbegu.corpus.leaks.find import TEXT_HASH
from mbegu.corpus.licences import custom_licences, solve
from mbegu.corpus.report.domains import Domain, Structure, domains
from mbegu.corpus.report.dropped import Reason, dropped_reasons
from mbegu.corpus.report.folder import CorpusFolder
from mbegu.corpus.report.foretell import Foretelling, foretell
from mbegu.corpus.report.grouping import Grouping
from mbegu.corpus.report.letters import Letters, letters_of
from mbegu.corpus.report.marks import Marks, measure_marks
from mbegu.corpus.report.pairs import Lookup, Pair, read_pairs, with_texts
from mbegu.corpus.report.roots import Roots
from mbegu.corpus.report.sample import Seen, look
from mbegu.corpus.report.tally import Tally, tally
from mbegu.corpus.report.vocabulary import Vocabulary, vocabulary
from mbegu.corpus.scripts import UNSPACED_BLOCKS


@dataclass(frozen=True)
class Source:
    """One group of sources: documents, bytes, its largest domain, its structure, marks (``None`` where words are not known) and words."""

    name: str
    documents: int
    bytes: int
    domain: str
    structure: Structure
    marks: Marks | None
    vocabulary: Vocabulary | None


@dataclass(frozen=True)
class Facts:
    """Everything that the page shows.

    Shares are of bytes unless they say otherwise. ``words`` is an estimate from the sample, ``None`` in a script without spaces between
    words. ``verdict`` is what the licence solver says of the mix. ``suspects`` are documents that look machine-made, by sign, with their
    bytes. ``cleaning`` holds what clean.json says. ``sample_bytes`` is how much text was looked at word by word.
    """

    language: str
    name: str
    is_project: bool
    documents: int
    bytes: int
    characters: int
    words: int | None
    sample_bytes: int
    sources: tuple[Source, ...]
    domains: tuple[Domain, ...]
    licences: dict[str, int]
    verdict: dict[str, Any] | None
    contributors: dict[str, int]
    languages: dict[str, int]
    lines_identified: bool
    suspects: dict[str, tuple[int, int]]
    mixed_documents: int
    mixed_bytes: int
    letters: Letters
    document_lengths: tuple[int, ...]
    document_length_bytes: tuple[int, ...]
    line_lengths: tuple[int, ...]
    foretelling: Foretelling | None
    dropped: tuple[Reason, ...] | None
    pairs: tuple[Pair, ...] | None
    leaks: Mapping[str, Any] | None
    cleaning: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        """Return the figures as plain JSON values: of the words only how many there are, and not again what stands in clean.json."""
        light = tuple(replace(source, vocabulary=None) for source in self.sources)
        values = asdict(replace(self, sources=light, cleaning={}))
        del values["cleaning"]
        for source, each in zip(self.sources, values["sources"], strict=True):
            if source.vocabulary is not None:
                words = source.vocabulary
                each["vocabulary"] = {
                    "running_words": words.running,
                    "different_words": len(words.counts),
                    "curve": [list(point) for point in words.curve],
                    "heaps_exponent": words.exponent,
                }
        return values


def gather(folder: CorpusFolder) -> Facts:
    """Read a corpus twice, a batch at a time, and return what there is to say about it.

    Raises:
        DamageError: a file is damaged.
    """
    counted = tally(folder.kept)
    given = folder.facts.get("settings", {}).get("paths")
    roots = Roots([str(path) for path in given] if isinstance(given, list) else [])
    grouping = Grouping(counted.files, roots)
    group_bytes: Counter[str] = Counter()
    for file, size in counted.files.items():
        group_bytes[grouping.of(file)] += size
    pairs = read_pairs(folder.facts.get("pairs", ()))
    kept, left_out = (Lookup(place for pair in pairs for place in (pair.first, pair.second)) for _ in range(2))
    seen = look(folder.kept, grouping, group_bytes, kept)
    found, structures, main = domains(counted.files, counted.given_domains, seen.groups, grouping.of, roots.telling)
    vocabularies = {name: vocabulary(group) for name, group in seen.groups.items()}
    letters = _letters(seen, vocabularies)
    is_spaced = next(iter(letters.scripts), "") not in UNSPACED_BLOCKS
    marks = measure_marks({name: each.counts for name, each in vocabularies.items()}) if is_spaced else {}
    sources = tuple(
        Source(name, group.documents, group.bytes, main[name], structures[name], marks.get(name), vocabularies[name] if is_spaced else None)
        for name, group in seen.groups.items()
    )
    sample_bytes = sum(group.sample_bytes for group in seen.groups.values())
    cleaning = folder.facts
    reasons = dropped_reasons(folder.dropped, cleaning.get("dropped"), left_out)
    return Facts(
        language=str(cleaning.get("language", "")) or _language(counted),
        name=folder.root.resolve().name,
        is_project=folder.is_project,
        documents=counted.documents,
        bytes=counted.bytes,
        characters=counted.characters,
        words=_estimated_words(seen, vocabularies) if is_spaced else None,
        sample_bytes=sample_bytes,
        sources=sources,
        domains=tuple(found),
        licences=_largest_first(counted.licences),
        verdict=_verdict(counted.licences, folder.root, given if isinstance(given, list) else []),
        contributors=_largest_first(counted.contributors),
        languages=_languages(cleaning.get("languages"), counted.languages),
        lines_identified=counted.lines_identified or bool(cleaning.get("languages")),
        suspects=counted.suspects,
        mixed_documents=counted.mixed_documents,
        mixed_bytes=counted.mixed_bytes,
        letters=letters,
        document_lengths=tuple(seen.document_lengths),
        document_length_bytes=tuple(seen.document_length_bytes),
        line_lengths=tuple(seen.line_lengths),
        foretelling=foretell(seen.groups),
        dropped=tuple(reasons) if reasons is not None else None,
        pairs=tuple(with_texts(pairs, kept.found, left_out.found)) if "pairs" in cleaning else None,
        leaks=_leaks(folder),
        cleaning=cleaning,
    )


def _leaks(folder: CorpusFolder) -> Mapping[str, Any] | None:
    """Return what a search for test sentences found, where this is the very text that was searched; ``None`` where it was made anew since."""
    if folder.leaks is None or folder.leaks.get(TEXT_HASH) != durable.sha256_file(folder.kept[0]):
        return None
    return folder.leaks


def _letters(seen: Seen, vocabularies: Mapping[str, Vocabulary]) -> Letters:
    characters: Counter[str] = Counter()
    words: Counter[str] = Counter()
    for group in seen.groups.values():
        characters.update(group.characters)
    for each in vocabularies.values():
        words.update(each.counts)
    return letters_of(characters, words.items())


def _estimated_words(seen: Seen, vocabularies: Mapping[str, Vocabulary]) -> int:
    words = (vocabularies[name].running * group.bytes / max(1, group.sample_bytes) for name, group in seen.groups.items())
    return round(sum(words))


def _language(counted: Tally) -> str:
    return counted.languages.most_common(1)[0][0] if counted.languages else "und"


def _languages(cleaned: Mapping[str, Any] | None, counted: Counter[str]) -> dict[str, int]:
    if not cleaned:
        return _largest_first(counted)
    return _largest_first(Counter({str(name): int(size) for name, size in cleaned.items() if isinstance(size, (int, float))}))


def _largest_first(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _verdict(licences: Mapping[str, int], folder: Path, paths: Sequence[Any]) -> dict[str, Any] | None:
    """Ask the licence solver what may be done with the mix; ``None`` where there is no text.

    What a corpus step cleaned names its paths relative to the project: there the licences of the whole project count.
    """
    _, home = find_cleaned(folder)
    tables = dict(declared_licences(home))
    for path in (Path(str(each)) for each in paths):
        if path.is_absolute() and path.exists():
            tables |= declared_licences(path if path.is_dir() else path.parent)
    return dict(solve(licences, custom_licences(tables)).as_json()) if licences else None
