"""Cleaning as part of the corpus step: the recipe's settings in, the cleaned documents in the step's folder out. corpus/clean does the work."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.core import durable
from mbegu.core.lock import LOCK_FILE
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project
from mbegu.core.units import format_bytes
from mbegu.corpus.files import FACTS, KEPT, TextFile, is_cleaned_folder, text_roots
from mbegu.corpus.files import fingerprint as text_fingerprint
from mbegu.corpus.findings import Drop, Findings
from mbegu.corpus.settings import CleaningSettings, CorpusSettings, ReadingSettings

if TYPE_CHECKING:
    from mbegu.corpus.clean.settings import CleanSettings

CLEANED = "cleaned"  # below the step's folder
LISTS = ("names", "blocked", "identifier")
ANY_LANGUAGE = "qaa"  # where only the rest of the settings is looked at; the recipe's own language was checked before
RULES_SUFFIX = ".toml"  # of a name of a rule that is a file of the user's
SHOWN_REASONS = 4


def is_cleaned_here(settings: CorpusSettings, place: Project) -> bool:
    """Whether the step cleans the text: it is asked to, and not all of the text is what `mbegu corpus clean` kept."""
    return settings.clean and not all(_folder_of(root) for root, _ in text_roots(settings, place))


def clean_text(settings: CorpusSettings, inputs: Inputs, out: Path, findings: Findings, say: Say) -> TextFile:
    """Clean the text of a project into ``out/cleaned``.

    Args:
        settings: the [corpus] table.
        inputs: the project.
        out: the step's folder.
        findings: gets the counts of what was read, what was left out and why; the examples are in ``cleaned/dropped.parquet``.
        say: speaks to the user.

    Returns:
        The file of the documents that were kept.

    Raises:
        InputError, SettingsError, DamageError, MissingDependencyError: as ``corpus.clean.run.clean`` raises.
    """
    from mbegu.core.processors import usable_cores
    from mbegu.corpus.clean.run import clean

    folder = out / CLEANED
    whole = settings_for(settings, inputs.project.parsed_language().tag, inputs.place)
    _add(findings, clean(whole, folder, say, workers=usable_cores(), project=inputs.place))
    durable.remove_file(folder / LOCK_FILE)  # the project's own lock is held
    status = (folder / KEPT).stat()
    return TextFile(KEPT, folder / KEPT, status.st_size, status.st_mtime_ns)


def _add(findings: Findings, facts: Mapping[str, Any]) -> None:
    """Count what cleaning met while it read as if the step had read it."""
    findings.files_seen += facts["files_seen"]
    findings.formats.update(facts["formats"])
    findings.encodings.update(facts["encodings"])
    findings.problems += [Drop(each["source"], each["reason"], each["detail"], "") for each in facts["problems"]]
    findings.notes += [(source, text) for source, text in facts["notes"]]
    for reason, counts in facts["dropped"].items():
        findings.dropped[reason] += counts["documents"] + counts["lines"]
        findings.dropped_bytes[reason] += counts["bytes"]


def settings_for(settings: CorpusSettings, language: str, place: Project) -> CleanSettings:
    """Return the settings of cleaning that a recipe stands for: those of the same name, with paths that are whole.

    A model of language identification that was taught in the project is used where none is named.
    """
    from mbegu.corpus.clean.settings import CleanSettings
    from mbegu.corpus.identify.place import MODEL_NAME

    shared = (*dataclasses.fields(CleaningSettings), *dataclasses.fields(ReadingSettings))
    values = {each.name: getattr(settings, each.name) for each in shared}
    taught = place.root / MODEL_NAME
    values["identifier"] = settings.identifier or (MODEL_NAME if taught.is_file() else "")
    values |= {name: str((place.root / values[name]).resolve()) for name in LISTS if values[name]}
    values["rules"] = tuple(str((place.root / rule).resolve()) if rule.endswith(RULES_SUFFIX) else rule for rule in settings.rules)
    paths = tuple(str((place.root / text).resolve()) for text in settings.text)
    return CleanSettings(
        paths=paths, language=language, near_duplicate=settings.near_duplicate, min_document_bytes=settings.min_document_bytes, **values
    )


def cleaning_state(settings: CorpusSettings, place: Project) -> str:
    """Check the settings of cleaning and return a hash of what it goes by beside the text: its version, the lists, what was brought back.

    Raises:
        SettingsError: a rule, a region, a language or a reason is not known: before anything is read.
        InputError: a list or a model is not there, or is none.
        DamageError: what was brought back cannot be read.
    """
    if not is_cleaned_here(settings, place):
        return ""
    from mbegu.corpus.clean.check import check_all
    from mbegu.corpus.clean.keep import read_kept
    from mbegu.corpus.clean.result import VERSION

    whole = settings_for(settings, ANY_LANGUAGE, place)
    check_all(whole)
    kept = read_kept(place.root)
    digest = hashlib.sha256(f"{VERSION} {sorted(kept.reasons)} {sorted(kept.places)}".encode())
    for path in (*(getattr(whole, name) for name in LISTS), *(rule for rule in whole.rules if rule.endswith(RULES_SUFFIX))):
        digest.update((durable.sha256_file(Path(path)) if path else "none").encode())
    return digest.hexdigest()


def fingerprint(settings: CorpusSettings, root: Path, say: Say) -> str:
    """Return one SHA-256 over all that the corpus step reads: text, papers, what was withdrawn, and where it cleans what that goes by.

    Args:
        settings: the [corpus] table.
        root: the project's folder.
        say: shows the progress.

    Raises:
        InputError, SettingsError, DamageError: as ``files.fingerprint`` and ``cleaning_state`` raise.
    """
    state = cleaning_state(settings, Project(root))
    text = text_fingerprint(settings, root, say)
    related = text_fingerprint(settings.of_related(), root, say) if settings.related else ""
    return durable.sha256_bytes(f"{text} {state} {related}".encode()) if state or related else text


def cleaning_facts(settings: CorpusSettings, place: Project, out: Path) -> dict[str, Any]:
    """Return what cleaning did to the text, in this step or before it: for the step's facts and the label. Empty where it was not cleaned.

    Returns:
        ``cleaning`` with documents and bytes in and kept, ``dropped`` by reason (documents, lines, bytes), and ``private`` items replaced by
        kind; ``None`` for these where nobody asked for them to be replaced.
    """
    folders = [folder for root, _ in text_roots(settings, place) if (folder := _folder_of(root))]
    before = [table for folder in folders if (table := _read(folder / FACTS))]
    own = _read(out / CLEANED / FACTS) if is_cleaned_here(settings, place) else None
    tables = [*before, own] if own else before
    if not tables:
        return {}
    sums = {name: sum(_number(table.get(name)) for table in tables) for name in ("documents_in", "bytes_in", "documents_kept", "bytes_kept")}
    for name in ("documents", "bytes") if own else ():  # what was kept before came in again
        again = sum(_number(table.get(f"{name}_kept")) for table in before)
        sums |= {f"{name}_in": sums[f"{name}_in"] - again, f"{name}_kept": sums[f"{name}_kept"] - again}
    dropped: dict[str, dict[str, int]] = {}
    private: dict[str, int] = {}
    for table in tables:
        for reason, counts in table["dropped"].items():
            own = dropped.setdefault(reason, {"documents": 0, "lines": 0, "bytes": 0})
            for name in own:
                own[name] += _number(counts.get(name))
        for kind, count in (table.get("private") or {}).items():
            private[kind] = private.get(kind, 0) + _number(count)
    asked = any("private" in table for table in tables)
    return {"cleaning": {**sums, "dropped": dropped, "private": private if asked else None, "part_of_the_text": _is_part(settings, place)}}


def cleaning_line(facts: Mapping[str, Any], folder: Path) -> str:
    """Return in one line how much cleaning dropped, for what, and where to look.

    Args:
        facts: the ``cleaning`` of ``cleaning_facts``.
        folder: the project.
    """
    if not facts["dropped"]:
        return f"cleaning dropped nothing of {format_bytes(facts['bytes_in'])}"
    rows = sorted(facts["dropped"].items(), key=lambda item: (-item[1]["bytes"], item[0]))
    told = [f"{reason} {format_bytes(counts['bytes'])}" for reason, counts in rows[:SHOWN_REASONS] if counts["bytes"]]
    more = [f"and {len(rows) - SHOWN_REASONS} more reasons"] if len(rows) > SHOWN_REASONS else []
    share = 100 * (1 - facts["bytes_kept"] / max(1, facts["bytes_in"]))
    kept = f"cleaning kept {format_bytes(facts['bytes_kept'])} of {format_bytes(facts['bytes_in'])} and dropped {share:.1f} %"
    why = f" ({', '.join(told + more)})" if told else ""
    where = folder / "grown" / "corpus" / CLEANED
    return f"{kept}{why}: look at {where / 'report.html'}; `mbegu corpus restore {folder} REASON` brings back"


def _is_part(settings: CorpusSettings, place: Project) -> bool:
    """Whether some of the text was not cleaned, so that the figures do not speak for all of it."""
    return not is_cleaned_here(settings, place) and not all(_folder_of(root) for root, _ in text_roots(settings, place))


def _folder_of(root: Path) -> Path | None:
    """Return the folder that text was cleaned into, where ``root`` is one or is the file of what was kept."""
    folder = root if root.is_dir() else root.parent
    is_meant = root.is_dir() or root.name == KEPT
    return folder if is_meant and is_cleaned_folder(folder) else None


def _read(path: Path) -> dict[str, Any] | None:
    """Return the facts of a cleaned folder; a damaged file, which a person may have touched, tells nothing."""
    try:
        table = json.loads(path.read_bytes())
        is_sound = all(isinstance(counts, dict) for counts in table["dropped"].values()) and isinstance(table.get("private") or {}, dict)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return table if is_sound else None


def _number(value: Any) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
