"""A withdrawal from beginning to end: find, list, write the list, clean, close."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.errors import UsageError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.withdraw.act import Done, carry_out
from mbegu.corpus.withdraw.names import Plan
from mbegu.corpus.withdraw.plan import WORK, Texts, load, make_plan, save
from mbegu.corpus.withdraw.spans import Spans
from mbegu.corpus.withdrawn import Entry, Withdrawn, nfc


@dataclasses.dataclass(frozen=True)
class Withdrawal:
    """What was done, or with ``dry_run`` what would be: the plan, what changed, and how many spans were looked for."""

    plan: Plan
    done: Done
    spans: int
    dry_run: bool

    def as_json(self) -> dict[str, Any]:
        """Return it as plain values."""
        plan, originals = self.plan, [] if self.plan.delete_originals else self.plan.whole
        return {
            "kind": plan.kind,
            "documents": plan.documents,
            "bytes": plan.bytes,
            "spans": self.spans,
            "dry_run": self.dry_run,
            "files_of_documents": {name: len(rows["gone"]) for name, rows in sorted(plan.rows.items())},
            "changed": self.done.changed,
            "removed": self.done.removed,
            "originals_to_delete": originals,
            "originals_to_edit": plan.mixed,
            "other_files_to_look_at": self.done.by_hand,
            "models": plan.models,
        }


def withdraw(
    place: Project,
    name: str,
    texts: Callable[[], Texts],
    text: Sequence[Path],
    say: Say,
    *,
    dry_run: bool = False,
    delete_originals: bool = False,
    confirm: Callable[[Plan], None] = lambda plan: None,
) -> list[Withdrawal]:
    """Withdraw a contributor, a document or a source; first finishes a withdrawal that was interrupted.

    Args:
        place: the project, locked by the caller.
        name: a contributor, the id of a document, or a source.
        texts: makes the means to read all documents.
        text: the user's text folders and files.
        say: speaks to the user.
        dry_run: only find and list.
        delete_originals: also remove original files that hold nothing else.
        confirm: called before the first change where original files are to be removed; raises to leave everything as it is.

    Returns:
        The interrupted one where there was one, and this one where it was another.

    Raises:
        UsageError: the name is empty.
        InputError: nothing belongs to that name.
    """
    if not name.strip():
        raise UsageError("the ID is empty", fix="name a giver, a document or a source")
    name = nfc(name)
    finished = []
    pending = load(place)
    if pending and not dry_run:
        plan, spans = pending
        say.note("a withdrawal was interrupted: it goes on")
        if nfc(plan.name) == name and delete_originals and not plan.delete_originals:
            confirm(plan)
            plan.delete_originals = True
            save(place, plan)
        finished.append(_finish(place, plan, spans, text, say))
        if nfc(plan.name) == name:
            return finished
    withdrawn = Withdrawn.read(place.root)
    today = datetime.date.today().isoformat()
    plan, spans = make_plan(place, texts(), name, withdrawn, today, delete_originals)
    if dry_run:
        return [Withdrawal(plan, Done(), len(spans.hashes), True)]
    if delete_originals and plan.whole:
        confirm(plan)
    _enlist(place, plan, withdrawn)
    save(place, plan, spans)
    return [*finished, _finish(place, plan, spans, text, say)]


def _enlist(place: Project, plan: Plan, withdrawn: Withdrawn) -> None:
    """Write the name on the list, before anything else: from now on no reading uses it."""
    entry = Entry(plan.kind, withdrawn.name_hash(plan.kind, plan.name), plan.date, tuple(plan.texts), False)
    others = [each for each in withdrawn.entries if (each.kind, each.name) != (entry.kind, entry.name)]
    before = next((each for each in withdrawn.entries if (each.kind, each.name) == (entry.kind, entry.name)), None)
    if before:
        entry = dataclasses.replace(entry, texts=tuple(sorted({*before.texts, *entry.texts})))
    Withdrawn(withdrawn.salt, (*others, entry)).write(place.root)


def _finish(place: Project, plan: Plan, spans: Spans, text: Sequence[Path], say: Say) -> Withdrawal:
    done = carry_out(place, plan, spans, text, say)
    withdrawn = Withdrawn.read(place.root)
    names = withdrawn.hashes_of(plan.kind, plan.name)
    Withdrawn(withdrawn.salt, tuple(dataclasses.replace(each, done=True) if each.name in names else each for each in withdrawn.entries)).write(
        place.root
    )
    durable.remove_tree(place.root / WORK)
    return Withdrawal(plan, done, len(spans.hashes), False)
