from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from mbegu.core.errors import MissingDependencyError
from mbegu.core.steps import Project, ProjectSettings
from mbegu.recipes.catalog import BY_NAME, STEPS, Step, load


@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_what_a_step_names_is_there(step: Step) -> None:
    settings = step.load_settings()
    assert dataclasses.is_dataclass(settings)
    settings()  # every setting has a default
    assert all(field.metadata["help"] for field in dataclasses.fields(settings))
    assert callable(load(step.function))
    if step.fingerprint:
        assert callable(load(step.fingerprint))
    assert step.summary
    assert step.version >= 1
    assert set(step.project_fields) <= set(ProjectSettings.__dataclass_fields__)


def test_inputs_come_earlier() -> None:
    for place, step in enumerate(STEPS):
        assert set(step.inputs) <= {earlier.name for earlier in STEPS[:place]}


def test_names_and_folders_are_each_their_own(tmp_path: Path) -> None:
    assert list(BY_NAME) == [step.name for step in STEPS]
    assert len({step.folder(Project(tmp_path)) for step in STEPS}) == len(STEPS)


def test_a_library_that_is_not_installed_is_named_with_the_way_to_install_it() -> None:
    with pytest.raises(MissingDependencyError) as caught:
        load("no_such_library.part:thing")
    assert caught.value.one_line() == (
        "this needs 'no_such_library', which is not installed. "
        "Install it: pip install 'mbegu[train]' (the README says how to get torch without CUDA)."
    )
    with pytest.raises(ModuleNotFoundError, match=r"mbegu\.nowhere"):  # a defect of Mbegu is shown as one
        load("mbegu.nowhere:thing")
