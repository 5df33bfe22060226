"""Cleaning from end to end: list the files, measure, compare, decide, put together."""

from __future__ import annotations

import datetime
import json
import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from mbegu.core import durable
from mbegu.core.errors import DamageError, InputError
from mbegu.core.lock import hold_folder
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.core.units import format_bytes, format_number_of
from mbegu.corpus.clean.check import check_all
from mbegu.corpus.clean.compare import compare
from mbegu.corpus.clean.decide import DecideTask, decide_part
from mbegu.corpus.clean.drops import Drops, ReadingFindings
from mbegu.corpus.clean.engine import run_tasks
from mbegu.corpus.clean.hiding import Hiding
from mbegu.corpus.clean.keep import read_kept
from mbegu.corpus.clean.measure import MeasureTask, measure_part
from mbegu.corpus.clean.parts import key_of, make_parts
from mbegu.corpus.clean.place import PLAN, RESULT, WORK, check_place, take_over
from mbegu.corpus.clean.result import VERSION, facts_of, told_settings, write_tables
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.clean.stages import make_admission
from mbegu.corpus.clean.work import Work
from mbegu.corpus.cut import cut_rule
from mbegu.corpus.files import FACTS, TextFile, prefixes_of, text_files, text_roots
from mbegu.corpus.papers import sources_files
from mbegu.corpus.report import write_report
from mbegu.ledger.clock import today
from mbegu.ledger.memory import forget_peak, peak_memory_bytes

Task = TypeVar("Task")


def clean(settings: CleanSettings, out: Path, say: Say, engine: str = "local", workers: int = 1, project: Project | None = None) -> dict[str, Any]:
    """Clean text and write ``kept.parquet``, ``dropped.parquet``, ``clean.json`` and ``report.html`` into a folder.

    An interrupted run goes on from the parts that are done when it is started again with the same settings and files.

    Args:
        settings: what to clean and how.
        out: the folder to write to.
        say: speaks to the user.
        engine: ``local`` or ``ray``.
        workers: processes at a time.
        project: the project that it is done for: what was withdrawn and brought back there counts, its own folders are no text, and time,
            memory and where it lies are left to its ledger, so that the same text gives the same files. Without one the lists are those of
            the folder.

    Returns:
        The facts that also stand in ``clean.json``.

    Raises:
        InputError: a path is not there, there is no text below the paths, or the folder holds something else.
        UsageError: the folder is a file, or holds the text itself.
        SettingsError: a language, a reason, an encoding, a rule or a region is not known.
        BusyError: another run writes to the folder.
        MissingDependencyError: an optional part that was asked for is not installed.
    """
    check_all(settings)
    home = _Home(project or Project(Path.cwd()), project.root if project else out, today(), project is not None)
    text_roots(settings.reading(), home.place)
    make_admission(settings, _roots(settings), home.lists, home.day)
    check_place(out, settings.paths)
    durable.make_folder(out)
    with hold_folder(out):
        return _clean(settings, out, home, say, engine, workers)


@dataclass(frozen=True)
class _Home:
    """The project whose own folders are no text, the folder with what was withdrawn and brought back, and the day by which consents run out."""

    place: Project
    lists: Path
    day: datetime.date
    is_step: bool


def _clean(settings: CleanSettings, out: Path, home: _Home, say: Say, engine: str, workers: int) -> dict[str, Any]:
    """Clean text as ``clean`` does, in a folder that may be written to and is held."""
    began_s, began_processor_s = time.monotonic(), _processor_s()
    forget_peak()
    roots = _roots(settings)
    drops, hiding = Drops(), Hiding(settings)
    findings = ReadingFindings(drops, hiding)
    files = _files(settings, out, home.place, findings)
    kept = read_kept(home.lists)
    work = _work_folder(out, key_of(settings, files, (kept, _beside(settings, roots, home)), VERSION))
    total = sum(file.size_bytes for file in files)
    parts = make_parts(files, cut_rule(settings.document, total))
    say.note(f"reading {format_number_of(len(files), 'file')}, {format_bytes(total)}, in {format_number_of(len(parts), 'part')}")
    folder = str(work.folder)
    numbers = range(len(parts))
    measured = _pass(
        work,
        "measure",
        measure_part,
        [MeasureTask(part, settings, folder, kept, roots, str(home.lists), home.day) for part in parts],
        engine,
        workers,
        say,
    )
    say.note("comparing all lines and documents")
    compared = compare(work, measured, settings)
    tasks = [DecideTask(number, settings, folder, kept, compared) for number in numbers]
    decided = _pass(work, "decide", decide_part, tasks, engine, workers, say)
    drops.write(work.path(None, "dropped.parquet"))
    dropped = [work.path(None, "dropped.parquet")]
    for number in numbers:
        dropped += [work.path(number, "drops.parquet"), work.path(number, "dropped.parquet")]
    problems = [{"source": drop.source, "reason": drop.reason, "detail": drop.detail} for drop in findings.problems]
    facts = facts_of(settings, findings.files_seen, {"dropped": drops.counts, "problems": problems}, measured, compared, decided)
    if not facts["documents_in"]:
        left_out = ", ".join(f"{n['documents']:,} {reason}" for reason, n in facts["dropped"].items() if n["documents"])
        what = f"there is no text: looked at {findings.files_seen:,} files" + (f"; left out: {left_out}" if left_out else "")
        if facts["problems"]:
            what += "; {source}: {reason}, {detail}".format(**facts["problems"][0])
        raise InputError(what, ", ".join(settings.paths), "put text files (.txt, .docx, .pdf, .epub, .csv ...) there")
    children = max([fact["peak_memory_bytes"] for fact in (*measured, *decided)], default=0) * (workers if workers > 1 or engine == "ray" else 0)
    if home.is_step:
        facts["settings"] = told_settings(settings, home.place.root)
    else:
        facts["seconds"] = {"wall": round(time.monotonic() - began_s, 1), "processor": round(_processor_s() - began_processor_s, 1)}
        facts["peak_memory_bytes"] = (peak_memory_bytes() or 0) + children
    write_tables(work.folder / RESULT, [work.path(number, "kept.parquet") for number in numbers], dropped)
    durable.write_json(work.folder / RESULT / FACTS, facts)
    take_over(work.folder / RESULT, out)
    write_report(out)
    durable.remove_tree(work.folder)
    return facts


def read_facts(folder: Path) -> dict[str, Any]:
    """Return the facts of a folder that was cleaned into. Raises ``InputError`` when it is none, ``DamageError`` when they are damaged."""
    path = folder / FACTS
    if not path.is_file():
        raise InputError("this is no folder that text was cleaned into", folder, "make it: mbegu corpus clean PATH... --out DIR --language CODE")
    try:
        facts: dict[str, Any] = json.loads(path.read_bytes())
        is_sound = isinstance(facts["settings"], dict) and isinstance(facts["dropped"], dict)
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        is_sound = False
    if not is_sound:
        raise DamageError("what was written about this cleaned text is damaged", path, "clean the text again, into another folder")
    return facts


def _pass(
    work: Work, stage: str, function: Callable[[Task], dict[str, Any]], tasks: Sequence[Task], engine: str, workers: int, say: Say
) -> list[dict[str, Any]]:
    """Run a pass over the parts that are not done; return the facts of all."""
    facts = [work.finished(number, stage) for number in range(len(tasks))]
    missing = [number for number, fact in enumerate(facts) if fact is None]
    if len(missing) < len(tasks):
        say.note(f"{len(tasks) - len(missing):,} of {len(tasks):,} parts are done already")
    for done, (number, fact) in enumerate(zip(missing, run_tasks(function, [tasks[i] for i in missing], engine, workers), strict=True), 1):
        facts[number] = fact
        say.progress(done, len(missing), "parts")
    return [fact for fact in facts if fact is not None]


def _files(settings: CleanSettings, out: Path, place: Project, findings: ReadingFindings) -> list[TextFile]:
    """List the files of the text; what lies in the folder written to is none of it."""
    own = out.resolve()
    files = text_files(settings.reading(), place, findings)
    return [file for file in files if not file.path.resolve().is_relative_to(own)]


def _roots(settings: CleanSettings) -> tuple[tuple[str, Path], ...]:
    """Return for each path what stands before the names of its files, and the folder in which its ``sources.toml`` would lie."""
    roots = [Path(path) for path in settings.paths]
    return tuple((prefix, root if root.is_dir() else root.parent) for prefix, root in zip(prefixes_of(roots), roots, strict=True))


def _beside(settings: CleanSettings, roots: Sequence[tuple[str, Path]], home: _Home) -> list[str]:
    """Return what else decides on the result: hashes of the lists and papers, what was withdrawn, and whose consent has ended."""
    given = [Path(path) for path in (settings.names, settings.blocked, settings.identifier, *settings.rules) if path]
    papers = [f"{prefix} {durable.sha256_file(path)}" for path, prefix in sources_files((folder, prefix) for prefix, folder in roots)]
    admission = make_admission(settings, roots, home.lists, home.day)
    state = admission.withdrawn.state() if admission.withdrawn else ""
    ended = admission.papers.ended(home.day) if admission.papers else []
    return [durable.sha256_file(path) if path.is_file() else "" for path in given] + [*papers, state, *ended]


def _work_folder(out: Path, key: str) -> Work:
    """Return the working folder, emptied when what lies there belongs to other settings, other files or another version."""
    work = Work(out / WORK)
    plan = work.path(None, PLAN)
    if work.folder.exists():
        try:
            same = json.loads(plan.read_bytes())["key"] == key
        except (OSError, ValueError, KeyError, TypeError):
            same = False
        if not same:
            durable.remove_tree(work.folder)
    durable.write_json(plan, {"key": key})
    return work


def _processor_s() -> float:
    """Return the processor time of this process and of its children that have ended."""
    return sum(os.times()[:4])
