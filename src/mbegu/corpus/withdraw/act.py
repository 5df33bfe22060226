"""Carries out a withdrawal: every file that Mbegu wrote is looked at, and what was withdrawn is taken out of it.

Each step can be done twice, so that an interrupted withdrawal goes on from its plan. A sealed folder is opened (its manifest goes first, so
that it never looks complete), changed, and sealed again with a key that no step has: `mbegu grow` makes it anew.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from mbegu.core import artifacts, durable
from mbegu.core.artifacts import MANIFEST, STARTED
from mbegu.core.documents import read_documents, write_documents
from mbegu.core.errors import DamageError, explain_os_error
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.files import REPORT, is_written_folder
from mbegu.corpus.withdraw.names import Plan, relative
from mbegu.corpus.withdraw.own import has_manifest, is_step, is_users, leftovers, own_files, own_folders
from mbegu.corpus.withdraw.plan import WORK, save
from mbegu.corpus.withdraw.spans import NUMBERS, Spans, json_strings, texts_in
from mbegu.corpus.withdrawn import GONE, LIST_FILE
from mbegu.ledger.record import read_record, write_record
from mbegu.ledger.store import Ledger, file_hash

LINES = (".txt", ".md", ".html", ".htm", ".toml", ".tsv", ".csv", ".jsonl", ".log")
SHARD_TOKENS, SHARD_OFFSETS = ".tokens.npy", ".offsets.npy"
NAMING = ("source", "first", "second")  # keys of entries that show a document: examples, pairs of duplicates
CHECKSUMS = "SHA256SUMS"
INDEX_MARK = b"mbeg"  # the application id in an index of documents, where SQLite keeps it: https://www.sqlite.org/fileformat.html
ALL = -1  # in place of the numbers of documents that go from a shard
PACK_MARKS = ("pack.json", "READ-ME.txt")  # the checksums of every pack and app name one of them (serve/pack): these are made anew


@dataclasses.dataclass
class Done:
    """What was changed, what was removed, and what a person must do: paths relative to the project."""

    changed: list[str] = dataclasses.field(default_factory=list)
    removed: list[str] = dataclasses.field(default_factory=list)
    by_hand: list[str] = dataclasses.field(default_factory=list)


def carry_out(place: Project, plan: Plan, spans: Spans, text: Sequence[Path], say: Say) -> Done:
    """Take everything that the plan names out of the files of a project.

    Args:
        place: the project, locked by the caller.
        plan: saved already.
        spans: what must be left nowhere.
        text: the user's text folders and files; only ``plan.whole`` in them is ever removed, and only where the plan says so.
        say: told every file.

    Raises:
        ResourceError: the disk refuses; the same command goes on.
    """
    done = Done()
    if plan.delete_originals:
        for name in plan.whole:
            durable.remove_file(place.root / name)
            done.removed.append(name)
    for folder in own_folders(place, plan.manifests, text):
        _clean_folder(folder, place, plan, spans, done, say)
    _clean_ledger(place, plan, spans, done)
    for path in _strangers(place, plan, text):
        if any(spans.stand_in(each) for each in texts_in(path)):
            if not is_users(path, place, text) and _is_made_anew(path, place):
                durable.remove_file(path)
            (done.by_hand if path.exists() else done.removed).append(relative(path, place))
    return done


def _clean_folder(folder: Path, place: Project, plan: Plan, spans: Spans, done: Done, say: Say) -> None:
    """Clean one folder, sealed or not."""
    for leftover in leftovers(folder, place):
        durable.remove_file(leftover)
    shards = _shards_of(folder, place, plan)
    paths = own_files(folder, place, plan.manifests)
    work = [(path, change) for path in paths if (change := _change_for(path, place, plan, spans, shards))]
    name = relative(folder, place)
    if not work and name not in plan.manifests:
        return
    manifest = plan.manifests.get(name)
    if has_manifest(folder, place):
        try:
            manifest = dict(artifacts.read_manifest(folder).manifest)
        except DamageError:  # it would be made anew anyway
            manifest = None
        if manifest is not None:
            plan.manifests[name] = manifest
            save(place, plan)
        durable.write_json(folder / STARTED, {"key": GONE})
        durable.remove_file(folder / MANIFEST)
        durable.sync_folder(folder)
    for path, change in work:
        say.note(f"{relative(path, place)}: cleaned")
        change(path)
        (done.changed if path.exists() else done.removed).append(relative(path, place))
    if manifest is not None:
        _mend_checksums(folder)
        facts = _scrubbed(manifest["facts"], plan, spans)
        parents, version = manifest["parents"], manifest["version"]
        artifacts.seal(folder, kind=manifest["kind"], version=version, key=f"{GONE} {plan.date}", parents=parents, facts=facts)
        durable.remove_file(folder / STARTED)


def _mend_checksums(folder: Path) -> None:
    """Write SHA256SUMS of a release anew, for the files that are there."""
    path = folder / CHECKSUMS
    if names := _named_in(path):
        durable.write_text(path, "".join(f"{durable.sha256_file(folder / name)}  {name}\n" for name in names if (folder / name).is_file()))


def _named_in(checksums: Path) -> list[str]:
    """Return the files that a list of checksums names; none where there is none."""
    if not checksums.is_file():
        return []
    return [line.partition("  ")[2] for line in checksums.read_text(encoding="utf-8", errors="replace").splitlines()]


_Change = Callable[[Path], None]


def _is_made_anew(path: Path, place: Project) -> bool:
    """Whether a file outside of the folders that Mbegu wrote is its own all the same: an index, a part of a pack, or the project's report."""
    if path.name == REPORT:
        return path.parent == place.root and place.grown.is_dir()
    with open(path, "rb") as file:
        head = file.read(72)
    if head.startswith(b"SQLite format 3\0") and head[68:72] == INDEX_MARK:
        return True
    return any(_is_of_pack(path, folder) for folder in path.parents if folder.is_relative_to(place.root))


def _is_of_pack(path: Path, folder: Path) -> bool:
    """Whether a file belongs to the pack or app that a folder is, by its checksums; what a person put beside it does not."""
    names = _named_in(folder / CHECKSUMS)
    return path.relative_to(folder).as_posix() in names and any(mark in names for mark in PACK_MARKS)


def _change_for(path: Path, place: Project, plan: Plan, spans: Spans, shards: dict[str, list[int]]) -> _Change | None:
    """Return what must be done to a file; nothing when it holds nothing of what was withdrawn."""
    name = relative(path, place)
    if path.name == REPORT and is_written_folder(path.parent):  # it shows what was dropped, which no document holds
        return lambda file: _write_report(file.parent)
    if name in plan.rows:
        return lambda file: _rewrite_documents(file, plan.rows[name])
    if path.name.endswith((SHARD_TOKENS, SHARD_OFFSETS)):
        split = path.name.partition(".")[0]
        # Both files of a shard are written when the tokens are met; the offsets come first in the order of names and wait.
        if split not in shards:
            return None
        return (lambda file: _rewrite_shard(file.parent, split, shards[split])) if path.name.endswith(SHARD_TOKENS) else None
    if path.suffix.lower() in NUMBERS or not _holds(path, plan, spans, by_source=not name.startswith("release/")):
        return None
    if path.suffix == ".parquet":
        return lambda file: _rewrite_rows(file, plan, spans)
    if path.suffix == ".json" and _json_of(path) is not None:
        return lambda file: durable.write_json(file, _scrubbed(_json_of(file), plan, spans, by_source=not name.startswith("release/")))
    if path.suffix in LINES:
        return lambda file: _rewrite_lines(file, spans)
    return durable.remove_file  # an index or a pack: made anew by the command that made it


def _write_report(folder: Path) -> None:
    """Write the report of a cleaned folder anew from what is left in it."""
    from mbegu.corpus.report import write_report

    write_report(folder)


def _json_of(path: Path) -> Any:
    """Return the value of a JSON file, ``None`` when it is none."""
    try:
        return json.loads(path.read_bytes())
    except (ValueError, RecursionError):
        return None


def _holds(path: Path, plan: Plan, spans: Spans, by_source: bool) -> bool:
    """Whether a file holds a span or, with ``by_source``, an entry about a withdrawn document."""
    if any(spans.stand_in(each) for each in texts_in(path)):
        return True
    if path.suffix == ".parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            gone = set(plan.sources)
            with pq.ParquetFile(path) as file:
                if "source" not in file.schema_arrow.names:
                    return False
                return any(not gone.isdisjoint(batch.column(0).to_pylist()) for batch in file.iter_batches(columns=["source"]))
        except pa.ArrowException:
            return False
    value = _json_of(path) if path.suffix == ".json" and by_source else None
    return value is not None and _scrubbed(value, plan, spans, by_source) != value


def _rewrite_documents(path: Path, rows: dict[str, Any]) -> None:
    """Write a file of documents without some rows; it may have been done before the withdrawal was interrupted."""
    gone = set(rows["gone"])
    if sum(1 for _ in read_documents(path)) != rows["count"]:
        return
    write_documents(path, (document for number, document in enumerate(read_documents(path)) if number not in gone))


def _rewrite_rows(path: Path, plan: Plan, spans: Spans) -> None:
    """Write any other table without the rows about what was withdrawn."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    gone = set(plan.sources)
    table = pq.read_table(path)
    kept = []
    for row in table.to_pylist():
        strings = list(json_strings(json.loads(json.dumps(row, default=str))))
        kept.append(row.get("source") not in gone and not any(spans.stand_in(each) for each in strings))
    with durable.replace_file(path) as file:
        pq.write_table(table.filter(pa.array(kept, type=pa.bool_())), file, compression="zstd")


def _rewrite_lines(path: Path, spans: Spans) -> None:
    """Put a word in place of every line that holds a span, or that begins a span which goes on in the next lines; an app goes as a whole."""
    text = path.read_text(encoding="utf-8", errors="replace")
    lines = text.split("\n")
    kept = [GONE if spans.stand_in(line) else line for line in lines]
    if spans.stand_in("\n".join(kept)):  # a span over several lines
        kept = [GONE]
    durable.write_text(path, "\n".join(kept))
    if any(spans.stand_in(each) for each in texts_in(path)):  # packed in a page
        durable.remove_file(path)


def _scrubbed(value: Any, plan: Plan, spans: Spans, by_source: bool = True) -> Any:
    """Return a JSON value without spans and, with ``by_source``, without entries about withdrawn sources.

    A release tells what its model was made of, also of what was withdrawn since: its lists of sources stay until it is made anew.
    """
    gone = set(plan.sources) if by_source else set()
    if isinstance(value, str):
        return GONE if spans.stand_in(value) else value
    if isinstance(value, list):
        rest = [each for each in value if not (isinstance(each, dict) and any(str(each.get(name, "")) in gone for name in NAMING))]
        return [_scrubbed(each, plan, spans, by_source) for each in rest]
    if isinstance(value, dict):
        return {(GONE if spans.stand_in(name) else name): _scrubbed(each, plan, spans, by_source) for name, each in value.items()}
    return value


def _shards_of(folder: Path, place: Project, plan: Plan) -> dict[str, list[int]]:
    """Return which documents go from each token shard of a folder: shards follow the files of documents of the corpus step, row by row.

    Shards made of an earlier reading follow none of them any more: which of their documents goes cannot be told, so all of them go.
    """
    splits = {path.name.partition(".")[0] for path in folder.glob(f"*{SHARD_TOKENS}")}
    if splits and _is_of_earlier_text(folder, place, plan):
        return {split: [ALL] for split in splits}
    rows = {split: plan.rows.get(f"grown/corpus/{split}.parquet") for split in splits}
    return {split: found["gone"] for split, found in rows.items() if found}


def _is_of_earlier_text(folder: Path, place: Project, plan: Plan) -> bool:
    """Whether a step was made of another output of the corpus step than the one that is there; where no manifest tells, it was not."""

    def manifest_of(step: Path) -> Any:
        return plan.manifests.get(relative(step, place)) or _json_of_file(step / MANIFEST) or {}

    parent, now = manifest_of(folder).get("parents", {}).get("corpus"), manifest_of(place.grown / "corpus").get("sha256")
    return bool(parent and now and parent != now)


def _json_of_file(path: Path) -> Any:
    return _json_of(path) if path.is_file() else None


def _rewrite_shard(folder: Path, split: str, gone: list[int]) -> None:
    """Write a token shard without some documents; where tokens and offsets do not fit together, both go."""
    tokens_path, offsets_path = folder / f"{split}{SHARD_TOKENS}", folder / f"{split}{SHARD_OFFSETS}"
    try:
        tokens, offsets = np.load(tokens_path, allow_pickle=False), np.load(offsets_path, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        tokens, offsets = np.zeros(0), np.zeros(0)
    if not len(offsets) or offsets[-1] != len(tokens) or ALL in gone or max(gone) >= len(offsets) - 1:
        durable.remove_file(tokens_path)
        durable.remove_file(offsets_path)
        return
    dropped = set(gone)
    kept = [number for number in range(len(offsets) - 1) if number not in dropped]
    parts = [tokens[offsets[number] : offsets[number + 1]] for number in kept]
    new_tokens = np.concatenate([tokens[:0], *parts])
    new_offsets = np.concatenate([[0], np.cumsum([len(part) for part in parts])]).astype(np.int64)
    durable.remove_file(offsets_path)  # a cut from here on leaves tokens without offsets: both go when it goes on
    for path, array in ((tokens_path, new_tokens), (offsets_path, new_offsets)):
        with durable.replace_file(path) as file:
            np.save(file, array, allow_pickle=False)


def _clean_ledger(place: Project, plan: Plan, spans: Spans, done: Done) -> None:
    """Take spans out of the ledger. Records that follow a changed one name its new hash, so that the chain still holds."""
    if not place.ledger.is_dir():
        return
    before: Path | None = None
    for path in Ledger(place.ledger).files():
        try:
            record = read_record(path)
        except DamageError:
            if any(spans.stand_in(each) for each in texts_in(path)):
                durable.remove_file(path)
                done.removed.append(relative(path, place))
                continue
            before = path
            continue
        facts = _scrubbed(dict(record.facts), plan, spans, by_source=False)
        new = dataclasses.replace(record, facts=facts, error=_scrubbed(record.error, plan, spans))
        if new != record and not plan.ledger_changed:
            plan.ledger_changed = True
            save(place, plan)
        if new != record or (plan.ledger_changed and before and record.previous != file_hash(before)):
            write_record(place.ledger, dataclasses.replace(new, previous=file_hash(before) if before else ""))
            done.changed.append(relative(path, place))
        before = path


def _strangers(place: Project, plan: Plan, text: Sequence[Path]) -> Iterator[Path]:
    """Yield the files in a project that Mbegu did not write; of those in the user's text only what a cleaning wrote there."""
    folders = own_folders(place, plan.manifests, text)
    own = {path for folder in folders for path in own_files(folder, place, plan.manifests)}
    whole = (*(folder for folder in folders if is_step(folder, place)), place.ledger, place.root / WORK)
    try:
        for path in sorted(place.root.rglob("*")):
            if not path.is_file() or path in own or path.name == LIST_FILE or any(path.is_relative_to(folder) for folder in whole):
                continue
            if not is_users(path, place, text) or is_written_folder(path.parent):
                yield path
    except OSError as error:
        raise explain_os_error(error, place.root) from error
