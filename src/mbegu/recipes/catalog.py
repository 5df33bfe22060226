"""The map of steps: one line a step. Settings and functions are named as strings, so that reading the map imports nothing heavy."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mbegu.core.errors import explain_missing_module
from mbegu.core.report import Say
from mbegu.core.steps import Inputs, Project, ProjectSettings

StepFunction = Callable[[Any, Inputs, Path, Say], dict[str, Any]]


@dataclass(frozen=True)
class Step:
    """One step of growing.

    ``project_fields`` are the [project] settings that its output depends on. ``fingerprint`` names a function
    ``f(settings, project root, say)`` that hashes anything else the step reads, such as the user's files; with ``file_decides`` the settings
    count only as long as it is empty. ``version`` is raised when the same inputs would give another output.
    """

    name: str
    version: int
    summary: str
    settings: str
    function: str
    inputs: tuple[str, ...] = ()
    project_fields: tuple[str, ...] = ()
    fingerprint: str = ""
    file_decides: bool = False

    def folder(self, place: Project) -> Path:
        """Return where the step's output lies."""
        return place.release if self.name == "release" else place.grown / self.name

    def load_settings(self) -> type[Any]:
        """Import the settings class; light."""
        cls: type[Any] = load(self.settings)
        return cls


STEPS: tuple[Step, ...] = (
    Step(
        "corpus",
        4,
        "read, clean, deduplicate and split the text",
        "mbegu.corpus.settings:CorpusSettings",
        "mbegu.corpus.steps:grow_corpus",
        project_fields=("language", "language_name"),
        fingerprint="mbegu.corpus.step_cleaning:fingerprint",
    ),
    Step(
        "tokenizer",
        1,
        "learn the vocabulary and encode the documents",
        "mbegu.tokenizer.settings:TokenizerSettings",
        "mbegu.tokenizer.steps:grow_tokenizer",
        ("corpus",),
    ),
    Step(
        "plan",
        1,
        "measure the computer and choose model, passes and schedule",
        "mbegu.train.settings:PlanSettings",
        "mbegu.train.steps:grow_plan",
        ("corpus", "tokenizer"),
        fingerprint="mbegu.train.planfile:fingerprint",
        file_decides=True,
    ),
    Step("train", 2, "train the model", "mbegu.train.settings:TrainSettings", "mbegu.train.steps:grow_train", ("tokenizer", "plan")),
    Step(
        "evaluate",
        2,
        "measure it on held-out documents, beside models that only count",
        "mbegu.evaluate.settings:EvaluateSettings",
        "mbegu.evaluate.steps:evaluate",
        ("corpus", "tokenizer", "train"),
    ),
    Step(
        "export",
        1,
        "write the Hugging Face folder and the GGUF files, and measure each",
        "mbegu.release.settings:ExportSettings",
        "mbegu.release.steps:export",
        ("corpus", "tokenizer", "train", "evaluate"),
        project_fields=("name", "language", "language_name", "licence"),
    ),
    Step(
        "release",
        3,
        "put together what one gives away: model, label, checksums",
        "mbegu.release.settings:ReleaseSettings",
        "mbegu.release.publish:release",
        ("corpus", "tokenizer", "plan", "train", "evaluate", "export"),
        project_fields=tuple(ProjectSettings.__dataclass_fields__),
    ),
)

BY_NAME: Mapping[str, Step] = {step.name: step for step in STEPS}


def load(target: str) -> Any:
    """Import ``module:object``.

    Raises:
        MissingDependencyError: a library that the module needs is not installed; says how to install it.
    """
    module, _, name = target.partition(":")
    try:
        return getattr(importlib.import_module(module), name)
    except ModuleNotFoundError as error:
        missing = explain_missing_module(error)
        if missing:
            raise missing from error
        raise
