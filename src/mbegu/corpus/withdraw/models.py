"""Which models learnt from what is withdrawn, from the ledger and the manifests: they are to be trained anew or withdrawn too."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mbegu.core import artifacts
from mbegu.core.documents import RELATED
from mbegu.core.errors import DamageError
from mbegu.core.steps import Project
from mbegu.corpus.describe import SHOWN_SOURCES, top_level
from mbegu.corpus.withdraw.names import Plan
from mbegu.corpus.withdrawn import CONTRIBUTOR, nfc
from mbegu.ledger.record import RunRecord
from mbegu.ledger.store import Ledger

SURE, PERHAPS = "trained on it", "perhaps trained on it"


def models_of(place: Project, plan: Plan) -> list[dict[str, Any]]:
    """Return the models of a project that were or may have been trained on what goes, oldest first.

    Returns:
        For each: ``sha256`` (of the manifest), ``trained`` (date), ``why``, and ``folders`` where it still lies.
    """
    runs = Ledger(place.ledger).runs()
    corpora = {run.outputs_sha256: run for run in runs if run.step == "corpus" and run.status == "done"}
    corpus_of = {run.outputs_sha256: run.inputs.get("corpus", "") for run in runs if run.step == "tokenizer" and run.status == "done"}
    present = _present_reading(place)
    found: list[dict[str, Any]] = []
    for run in runs:
        if run.step != "train" or run.status != "done":
            continue
        why = _why(corpora.get(corpus_of.get(run.inputs.get("tokenizer", ""), "")), plan, present)
        if why and run.outputs_sha256 not in [each["sha256"] for each in found]:
            found.append({"sha256": run.outputs_sha256, "trained": run.ended[:10], "why": why, "folders": _folders(place, run.outputs_sha256)})
    return found


def _present_reading(place: Project) -> str:
    """Return the hash of the reading of the text that is there, empty where there is none, or one that is not sound."""
    try:
        return artifacts.open_artifact(place.grown / "corpus").sha256
    except DamageError:
        return ""


def _why(corpus: RunRecord | None, plan: Plan, present: str) -> str:
    """Return whether a reading of the text held what goes; empty when it did not.

    The documents tell of the ``present`` reading, the ledger of others: a giver may have been named only after the text was read.
    """
    if corpus is None:
        return PERHAPS
    read: list[Mapping[str, Any]] = [corpus.facts, corpus.facts.get(RELATED) or {}]
    if plan.kind == CONTRIBUTOR and any(plan.name in map(nfc, text.get("contributors") or {}) for text in read):
        return SURE
    is_learnt = any(plan.rows.get(f"grown/corpus/{side}.parquet") for side in ("train", RELATED))
    if corpus.outputs_sha256 == present:
        return SURE if is_learnt else PERHAPS if plan.rows.get("grown/corpus/heldout.parquet") else ""
    names = [{str(each.get("name")) for each in text.get("sources") or ()} for text in read]
    if set.union(*names) & {top_level(source) for source in plan.sources}:
        return SURE if is_learnt else PERHAPS
    return PERHAPS if any(len(each) >= SHOWN_SOURCES for each in names) else ""


def _folders(place: Project, sha256: str) -> list[str]:
    found: list[str] = []
    for folder in (place.grown / "train", place.grown / "export", place.release):
        try:
            artifact = artifacts.read_manifest(folder)
        except DamageError:
            continue
        if sha256 in (artifact.sha256, artifact.manifest["parents"].get("train")):
            found.append(folder.relative_to(place.root).as_posix())
    return found
