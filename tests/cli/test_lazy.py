"""A group of commands: one is imported only to be run, and what names none goes to the command that is meant otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from mbegu.cli.main import run


def test_a_folder_instead_of_a_command_of_corpus_means_the_step(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", str(tmp_path), "--json"]) == 3
    assert "no project here" in capsys.readouterr().err


def test_the_step_takes_its_options_without_being_named(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "--jso"]) == 2
    assert "--json" in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_of_a_group_lists_its_commands(flag: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", flag]) == 0
    assert "step" in capsys.readouterr().out.partition("Commands:")[2]
