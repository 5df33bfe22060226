"""The report: what the corpus is, what was dropped and why, as JSON and as lines for people."""

from __future__ import annotations

import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from mbegu.core.documents import Document
from mbegu.core.report import format_table
from mbegu.core.units import format_bytes, format_count
from mbegu.corpus.findings import Findings
from mbegu.corpus.scripts import script_counts
from mbegu.corpus.source import file_of

EXAMPLES = 3
SHOWN_SOURCES = 20
SHOWN_NOTES = 200


class Profile:
    """Counts what documents hold, one document after another."""

    def __init__(self) -> None:
        self.documents = 0
        self.bytes = 0
        self.characters: Counter[str] = Counter()
        self.sources: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.licences: dict[str, list[int]] = defaultdict(lambda: [0, 0])
        self.contributors: dict[str, list[int]] = defaultdict(lambda: [0, 0])

    def add(self, document: Document) -> None:
        """Count one document."""
        size = len(document.text.encode("utf-8"))
        self.documents += 1
        self.bytes += size
        self.characters.update(document.text)
        counts = [(self.sources, top_level(document.source)), (self.licences, document.licence)]
        if document.contributor:
            counts.append((self.contributors, document.contributor))
        for table, name in counts:
            table[name][0] += 1
            table[name][1] += size

    def scripts(self) -> dict[str, float]:
        """Return the share of the letters in each script, largest first, as ISO 15924 codes."""
        counts = script_counts(self.characters)
        return {code: round(count / counts.total(), 6) for code, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))}

    def mark_share(self) -> float:
        """Return the share of all characters that are combining marks."""
        marks = sum(count for character, count in self.characters.items() if unicodedata.category(character)[0] == "M")
        return round(marks / max(1, self.characters.total()), 6)


def top_level(source: str) -> str:
    """Return the first folder or the file of a document's source."""
    return file_of(source).split("/", 1)[0]


def counted(table: Mapping[str, list[int]]) -> dict[str, dict[str, int]]:
    """Return a table of names to documents and bytes, largest first."""
    return {name: {"documents": n, "bytes": size} for name, (n, size) in sorted(table.items(), key=lambda item: (-item[1][1], item[0]))}


def dropped_table(findings: Findings) -> dict[str, Any]:
    """Return for each reason the count, the bytes where they are known, and some examples."""
    examples: dict[str, list[dict[str, str]]] = defaultdict(list)
    for drop in findings.drops:
        if len(examples[drop.reason]) < EXAMPLES:
            examples[drop.reason].append({"source": drop.source, "detail": drop.detail, "excerpt": drop.excerpt})
    return {
        reason: {"count": count, "bytes": findings.dropped_bytes[reason], "examples": examples[reason]}
        for reason, count in sorted(findings.dropped.items(), key=lambda item: (-item[1], item[0]))
    }


def make_report(profile: Profile, findings: Findings, split: Mapping[str, Any], language: str, warnings: list[str]) -> dict[str, Any]:
    """Put the report together.

    Args:
        profile: counts of the documents that were kept.
        findings: what was met while reading.
        split: figures of the split and its check for overlap.
        language: the tag of the language.
        warnings: what the user should know, one line each.

    Returns:
        Plain JSON values.
    """
    return {
        "language": language,
        "documents": profile.documents,
        "bytes": profile.bytes,
        "characters": profile.characters.total(),
        "scripts": profile.scripts(),
        "mark_share": profile.mark_share(),
        "nfc_changed_documents": findings.nfc_documents,
        "removed_control_characters": findings.removed_controls,
        "undecodable_characters": findings.replaced_characters,
        "files_seen": findings.files_seen,
        "formats": dict(sorted(findings.formats.items())),
        "encodings": dict(sorted(findings.encodings.items(), key=lambda item: (-item[1], item[0]))),
        "cut": {"texts": findings.cut_texts, "blocks": findings.cut_blocks},
        "sources": [{"name": name, **counts} for name, counts in list(counted(profile.sources).items())[:SHOWN_SOURCES]],
        "source_count": len(profile.sources),
        "licences": counted(profile.licences),
        "contributors": counted(profile.contributors),
        "dropped": dropped_table(findings),
        "split": dict(split),
        "notes": [f"{source}: {text}" for source, text in findings.notes[:SHOWN_NOTES]],
        "warnings": warnings,
    }


def render(report: Mapping[str, Any]) -> str:
    """Return the report as lines for the terminal."""
    split = report["split"]
    scripts = ", ".join(f"{code} {100 * share:.1f} %" for code, share in list(report["scripts"].items())[:4])
    encodings = ", ".join(f"{label} ({count:,})" for label, count in list(report["encodings"].items())[:6])
    size = f"{format_count(report['documents'])} documents, {format_bytes(report['bytes'])}, {format_count(report['characters'])} characters,"
    lines = [
        size + f" from {format_count(report['files_seen'])} files",
        f"scripts: {scripts}; combining marks: {100 * report['mark_share']:.1f} % of characters",
        f"encodings: {encodings or 'none to find out'}; documents that NFC changed: {format_count(report['nfc_changed_documents'])}",
    ]
    if report["cut"]["texts"]:
        cut = report["cut"]
        lines.append(
            f"{format_count(cut['texts'])} large texts were cut into {format_count(cut['blocks'])} blocks of consecutive lines, each block a document"
        )
    lines.append(
        f"train {format_count(split['train_documents'])} documents ({format_bytes(split['train_bytes'])}),"
        f" held out {format_count(split['heldout_documents'])} ({format_bytes(split['heldout_bytes'])});"
        f" {100 * split['overlap_share']:.1f} % of the held-out text also stands in train"
    )
    if report["dropped"]:
        rows = [(reason, entry["count"], _first_example(entry)) for reason, entry in report["dropped"].items()]
        lines.append(format_table(("left out because", "count", "for example"), rows))
    return "\n".join(lines)


def _first_example(entry: Mapping[str, Any]) -> str:
    if not entry["examples"]:
        return ""
    example = entry["examples"][0]
    text = f"{example['source']}: {example['detail'] or example['excerpt']}".rstrip(": ")
    return text if len(text) <= 90 else text[:89] + "…"
