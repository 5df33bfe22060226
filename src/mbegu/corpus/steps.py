"""The corpus step: the user's files in, train and held-out documents and a report out."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.core import durable
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project
from mbegu.core.units import format_bytes
from mbegu.corpus.admit import Admission, ended_consents
from mbegu.corpus.declared import licences_beside
from mbegu.corpus.files import TextFile, fingerprint, text_files, text_roots
from mbegu.corpus.findings import PAPERS, PROBLEMS, Drop, Findings
from mbegu.corpus.papers import LicenceTable, Papers
from mbegu.corpus.settings import CorpusSettings, require_encoding
from mbegu.corpus.source import file_of
from mbegu.corpus.step_cleaning import CLEANED, clean_text, cleaning_facts, cleaning_line, is_cleaned_here
from mbegu.corpus.withdrawn import Withdrawn
from mbegu.ledger.clock import today

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    from mbegu.core.documents import Document
    from mbegu.corpus.compare import Compared
    from mbegu.corpus.describe import Profile
    from mbegu.corpus.licences.changes import Changes

__all__ = ["TextFile", "fingerprint", "grow_corpus", "text_files"]

# Less than this is a few sentences: nothing can be trained and judged with it.
MIN_CORPUS_BYTES = 2_000
LITTLE_TEXT_BYTES = 100_000
MAX_OVERLAP_SHARE = 0.1
MOST_CHOICES = 20  # of what is held out; a text that repeats itself so much is held out as it is, and the overlap says so
MIN_SCRIPT_SHARE = 0.5
SAID_PROBLEMS = 5
ROWS_PER_GROUP = 10_000


def grow_corpus(settings: CorpusSettings, inputs: Inputs, out: Path, say: Say) -> dict[str, Any]:
    """Read the user's text, clean it where the recipe says so, take out copies, and divide it into train and held-out documents.

    Writes ``train.parquet``, ``heldout.parquet``, ``dropped.parquet``, ``report.json`` and ``terms.json`` into ``out``;
    where it cleans also ``cleaned/`` with what `mbegu corpus clean` writes, and ``related.parquet`` where the recipe names such text.

    Args:
        settings: the [corpus] table.
        inputs: the project: its language and where it lies.
        out: the step's folder.
        say: speaks to the user.

    Returns:
        Facts: counts and sizes of documents, what was dropped, licences, sources, scripts, overlap, and what cleaning did.

    Raises:
        InputError: there is no text, or too little to divide; a named column is in no file.
        SettingsError: the encoding is none, a sources.toml is wrong, or two describe a licence of one name differently.
    """
    require_encoding(settings)
    from mbegu.core.documents import RELATED, read_documents
    from mbegu.corpus.describe import Profile, make_report, render
    from mbegu.corpus.related import grow_related

    language = inputs.project.parsed_language()
    findings = Findings()
    roots = text_roots(settings, inputs.place)
    papers = Papers.read_all(roots)
    licences = licences_beside(root for root, _ in (*roots, *text_roots(settings.of_related(), inputs.place)))
    admission = Admission(None, Withdrawn.read(inputs.place.root), settings.require_licence, today())
    if is_cleaned_here(settings, inputs.place):
        files = [clean_text(settings, inputs, out, findings, say)]  # with their papers
    else:
        admission = dataclasses.replace(admission, papers=papers)
        files = text_files(settings, inputs.place, findings)
        say.note(f"reading {len(files):,} files, {format_bytes(sum(file.size_bytes for file in files))}")
    whole = out / "read.parquet"
    try:
        heldout_ids, figures, kept = _divide(whole, files, language.tag, settings, findings=findings, say=say, admission=admission)
        profile = Profile()
        used_files: set[str] = set()
        for side in ("train", "heldout"):
            wanted = (document for document in read_documents(whole) if document.id in kept and (document.id in heldout_ids) == (side == "heldout"))
            figures |= _write_side(out, side, wanted, profile, used_files)
    finally:
        durable.remove_file(whole)
    figures["heldout_lines_in_train_share"] = _repeated_line_share(out)
    related = grow_related(settings, inputs.place, out, say) if settings.related else None
    warnings = _warnings(profile, language.script, figures, findings)
    warnings += _overlap_warnings(related.facts["overlap_share"], "related text") if related else []
    report = make_report(profile, findings, figures, language.tag, warnings) | {"files_seen": len(used_files)}  # not the papers beside them
    write_dropped(out / "dropped.parquet", [*findings.drops, *(related.findings.drops if related else ())])
    durable.write_json(out / "report.json", report)
    for line in render(report).splitlines():
        say.note(line)
    verdict = _write_terms(out, licences, _changes(settings, inputs.place, out))
    cleaning = cleaning_facts(settings, inputs.place, out)
    if cleaning:
        say.note(cleaning_line(cleaning["cleaning"], inputs.place.root))
    for warning in warnings:
        say.warn(warning)
    return {
        **{
            name: report[name]
            for name in ("documents", "bytes", "characters", "scripts", "sources", "source_count", "licences", "mark_share", "nfc_changed_documents")
        },
        **figures,
        "dropped": {reason: entry["count"] for reason, entry in report["dropped"].items()},
        "contributors": report["contributors"],
        "encodings": report["encodings"],
        "files_seen": report["files_seen"],
        "warnings": warnings,
        "terms": verdict,
        **cleaning,
        **({RELATED: related.facts} if related else {}),
    }


def _changes(settings: CorpusSettings, place: Project, out: Path) -> Changes:
    """Return what cleaning changed in the text, in this step or before it."""
    from mbegu.corpus.licences.changes import changes_in

    return changes_in([out / CLEANED, *(place.root / text for text in (*settings.text, *settings.related))])


def _write_terms(out: Path, declared: Mapping[str, LicenceTable], changes: Changes) -> dict[str, Any]:
    """Write what may be done with the text and whom to credit; return it without the credits, which may be long."""
    from mbegu.core.documents import RELATED, read_documents
    from mbegu.corpus.licences import custom_licences
    from mbegu.corpus.licences.summary import TERMS, terms_of

    sides = [out / f"{side}.parquet" for side in ("train", "heldout", RELATED)]
    every = itertools.chain.from_iterable(read_documents(side) for side in sides if side.is_file())
    terms = terms_of(every, custom_licences(declared), changes).as_json()
    durable.write_json(out / TERMS, terms)
    return {name: value for name, value in terms.items() if name != "credits"}


def write_dropped(path: Path, drops: Iterable[Drop]) -> None:
    """Write what was left out to a Parquet file with the columns source, reason, detail and excerpt."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"source": drop.source, "reason": drop.reason, "detail": drop.detail, "excerpt": drop.excerpt} for drop in drops]
    schema = pa.schema([(name, pa.string()) for name in ("source", "reason", "detail", "excerpt")])
    with durable.replace_file(path) as file:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), file, compression="zstd", row_group_size=ROWS_PER_GROUP)


def _divide(
    whole: Path,
    files: list[TextFile],
    language: str,
    settings: CorpusSettings,
    *,
    findings: Findings,
    say: Say,
    admission: Admission,
) -> tuple[set[str], dict[str, Any], set[str]]:
    """Read everything into ``whole``, find copies, choose what is held out.

    Returns:
        The identifiers held out, figures of the split, and the identifiers of all documents kept.
    """
    from mbegu.core.documents import write_documents
    from mbegu.corpus.compare import Comparison
    from mbegu.corpus.keys import digest
    from mbegu.corpus.read import read_documents

    comparison = Comparison(settings, findings, sum(file.size_bytes for file in files))
    keys: dict[str, str] = {}

    def keyed(documents: Iterable[Document]) -> Iterator[Document]:
        for document in documents:
            keys[document.id] = digest(document.text).hex()
            yield document

    write_documents(whole, keyed(comparison.without_copies(read_documents(files, language, settings, findings, say, admission))))
    _require_text(comparison.total_bytes, files, settings, findings)
    say.progress(0, 0, "documents")
    compared = comparison.finish()
    heldout, figures = _choose(whole, compared, [keys[name] for name in compared.ids], settings)
    return heldout, figures, set(compared.ids)


def _choose(whole: Path, compared: Compared, keys: Sequence[str], settings: CorpusSettings) -> tuple[set[str], dict[str, Any]]:
    """Choose the documents to hold out, and look where else they stand; choose anew where one stands in train that need not be held out.

    Args:
        whole: the file of all documents.
        compared: the documents that are kept, and which share of each is believed to stand elsewhere.
        keys: what the order of the choice is made of [documents].
        settings: seed and amounts.

    Returns:
        The identifiers held out, and figures of the split.
    """
    import numpy as np

    from mbegu.corpus.overlap import share_of_bytes
    from mbegu.corpus.split import MAX_SHARED_SHARE, split

    believed = compared.shared_share.copy()
    for _ in range(MOST_CHOICES):
        division = split(keys, compared.sizes_bytes, compared.groups, believed, settings)
        chosen = np.flatnonzero(division.heldout)
        found = _share_in_train(whole, compared.ids, chosen.tolist())
        unforeseen = (found > MAX_SHARED_SHARE) & (believed[chosen] <= MAX_SHARED_SHARE)
        if division.forced or not unforeseen.any():
            break
        believed[chosen[unforeseen]] = found[unforeseen]
    figures = {
        "heldout_target_bytes": division.target_bytes,
        "heldout_passed_over": division.passed_over,
        "heldout_forced": division.forced,
        "overlap_share": share_of_bytes(found, [compared.sizes_bytes[number] for number in chosen.tolist()]),
    }
    return {compared.ids[number] for number in chosen.tolist()}, figures


def _share_in_train(whole: Path, ids: Sequence[str], chosen: Sequence[int]) -> npt.NDArray[np.float64]:
    """Return which share of each chosen document [chosen] stands word for word in the documents that are kept and not chosen."""
    from mbegu.core.documents import read_documents
    from mbegu.corpus.overlap import SpanIndex

    heldout = {ids[number] for number in chosen}
    train = set(ids) - heldout
    texts = {document.id: document.text for document in read_documents(whole) if document.id in heldout}
    index = SpanIndex(texts[ids[number]] for number in chosen)
    return index.shared_share(document for document in read_documents(whole) if document.id in train)


def _require_text(total_bytes: int, files: list[TextFile], settings: CorpusSettings, findings: Findings) -> None:
    """Raise ``InputError`` when a named column is nowhere or there is next to no text, saying what was looked at."""
    problem = f"; {findings.problems[0].source}: {findings.problems[0].reason}, {findings.problems[0].detail}" if findings.problems else ""
    if settings.column and findings.missing_columns and not findings.column_found:
        raise InputError(f"no file has the column '{settings.column}'{problem}", ", ".join(settings.text), "correct 'column' in [corpus]")
    if total_bytes >= MIN_CORPUS_BYTES:
        return
    left_out = ", ".join(f"{count:,} {reason}" for reason, count in sorted(findings.dropped.items()) if reason != PAPERS)
    looked = f"looked at {findings.files_seen:,} files" + (f"; left out: {left_out}" if left_out else "")
    what = (
        "there is no text"
        if total_bytes == 0
        else f"there are only {total_bytes:,} bytes of text, and {MIN_CORPUS_BYTES:,} are needed even for a trial"
    )
    raise InputError(f"{what}: {looked}{problem}", ", ".join(settings.text), "put text files (.txt, .docx, .pdf, .epub, .csv ...) there")


def _write_side(out: Path, side: str, documents: Iterable[Document], profile: Profile, files: set[str]) -> dict[str, int]:
    """Write one side of the split, and add the files that it came from to ``files``; return its counts."""
    from mbegu.core.documents import write_documents

    size = 0

    def counted() -> Iterator[Document]:
        nonlocal size
        for document in documents:
            profile.add(document)
            files.add(file_of(document.source))
            size += len(document.text.encode("utf-8"))
            yield document

    count = write_documents(out / f"{side}.parquet", counted())
    return {f"{side}_documents": count, f"{side}_bytes": size}


def _repeated_line_share(out: Path) -> float:
    """Return the share of the long lines of the held-out documents that also stand in a train document."""
    from mbegu.core.documents import read_documents
    from mbegu.corpus.cut import REPEATED_LETTERS
    from mbegu.corpus.keys import line_key

    def keys(name: str) -> Iterator[int]:
        for document in read_documents(out / name):
            for line in document.text.split("\n"):
                key = line_key(line, REPEATED_LETTERS)
                if key is not None:
                    yield key

    heldout = list(keys("heldout.parquet"))
    wanted = set(heldout)
    found = {key for key in keys("train.parquet") if key in wanted}
    return round(sum(key in found for key in heldout) / max(1, len(heldout)), 6)


def _warnings(profile: Any, script: str, figures: Mapping[str, Any], findings: Findings) -> list[str]:
    """Return what the user should know, one line each."""
    warnings = [_problem_line(drop) for drop in findings.problems[:SAID_PROBLEMS]]
    more = sum(findings.dropped[reason] for reason in PROBLEMS) - len(warnings)
    if more > 0:
        warnings.append(f"{more:,} more could not be read; they are listed in dropped.parquet")
    if profile.bytes < LITTLE_TEXT_BYTES:
        warnings.append(
            f"only {format_bytes(profile.bytes)} of text: enough to try every step, too little for a model that writes well;"
            f" collect at least {format_bytes(LITTLE_TEXT_BYTES)}, better 1 MB and more"
        )
    scripts = profile.scripts()
    if script and scripts and scripts.get(script, 0.0) < MIN_SCRIPT_SHARE:
        most = next(iter(scripts))
        warnings.append(f"the recipe says script {script}, but {100 * scripts[most]:.0f} % of the letters are {most}: check 'language' and the files")
    warnings += [f"{findings.dropped[reason]:,} documents are not used: {reason}" for reason in ended_consents(findings.dropped)]
    return warnings + _overlap_warnings(figures["overlap_share"], "training text")


def _overlap_warnings(share: float, where: str) -> list[str]:
    if share <= MAX_OVERLAP_SHARE:
        return []
    return [f"{100 * share:.0f} % of the held-out text also stands in the {where} word for word: scores on it will look better than they are"]


def _problem_line(drop: Drop) -> str:
    return f"{drop.source}: not read: {drop.reason}" + (f", {drop.detail}" if drop.detail else "")
