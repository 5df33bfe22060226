"""The folder that is written to: whether it may be, told before anything is written."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from mbegu.core import durable
from mbegu.core.errors import InputError, UsageError, explain_os_error
from mbegu.core.steps import Project
from mbegu.corpus.clean.keep import KEEP
from mbegu.corpus.files import DROPPED, FACTS, KEPT, REPORT, is_hidden
from mbegu.corpus.withdrawn import LIST_FILE

WORK = "work"
PLAN = "plan.json"
RESULT = "result"  # below the working folder: what is whole, and takes the place of the result of before at the end
RESULTS = (KEPT, DROPPED, FACTS)  # in the order in which they take their places
_ALONE = (KEEP, LIST_FILE)  # these are Mbegu's also where no text was cleaned to yet


def find_cleaned(folder: Path) -> tuple[Path, Path]:
    """Return the folder that text was cleaned into, and the one where what was brought back is remembered.

    Args:
        folder: a folder that text was cleaned into; or a project, or the folder in it, whose corpus step cleaned: then it is the project
            that remembers, because what a step wrote stays as it is.
    """
    step = Path("grown", "corpus", "cleaned")
    own = folder.resolve()
    for root in (own, *own.parents[2:3]):
        if Project(root).recipe.is_file() and own in (root, root / step):
            return folder if own == root / step else folder / step, folder if own == root else root
    return folder, folder


def check_place(out: Path, paths: Sequence[str]) -> None:
    """Refuse a folder in which text would overwrite what is not Mbegu's.

    Args:
        out: the folder to write to; it need not exist.
        paths: the files and folders that are cleaned.

    Raises:
        UsageError: it is a file, or one of the paths, or a folder above one of them.
        InputError: something lies in it, and it is no folder that text was cleaned into.
    """
    fix = "name another folder with --out"
    if out.exists() and not out.is_dir():
        raise UsageError("the result needs a folder, and this is a file", out, fix)
    own = out.resolve()
    for path in paths:
        if Path(path).resolve().is_relative_to(own):
            raise UsageError(f"the result must not be written over the text itself, {path}", out, fix)
    try:
        strangers = sorted(each.name for each in out.iterdir() if not is_hidden(each.name) and each.name not in _ALONE) if out.exists() else []
    except OSError as error:
        raise explain_os_error(error, out) from error
    if strangers and not _is_own(out):
        raise InputError(f"this folder holds something that is no cleaned text: {', '.join(strangers[:3])}", out, fix)


def _is_own(folder: Path) -> bool:
    """Whether a folder is one that text was cleaned into, or in which a first run was interrupted."""
    facts = _table(folder / FACTS)
    if "version" in facts and "settings" in facts:
        return True
    interrupted = "key" in _table(folder / WORK / PLAN)
    is_moving = (folder / WORK / RESULT / FACTS).is_file()
    return interrupted and (is_moving or not any((folder / name).exists() for name in (*RESULTS, REPORT)))


def take_over(made: Path, out: Path) -> None:
    """Give a result that is whole its place, the facts last. The report of the result before goes: it is made anew from these.

    Args:
        made: the folder with the new files.
        out: the folder that they are for.

    Raises:
        ResourceError: the disk refuses.
    """
    durable.remove_file(out / REPORT)
    for name in RESULTS:
        durable.move_file(made / name, out / name)


def _table(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
