"""What Mbegu says to do next runs when it is copied into the terminal."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from mbegu.core.commands import program_here, typed

HARD = ["with space/p", "it's", 'two "quotes"', "$HOME", "ọ̀rọ̀", "plain"]


@pytest.mark.skipif(os.name == "nt", reason="another terminal")
@pytest.mark.parametrize("name", HARD)
def test_a_shell_reads_back_every_word(name: str) -> None:
    assert shlex.split(typed("grow", Path(name))) == ["mbegu", "grow", name]
    show = typed("-c", "import sys; sys.stdout.buffer.write(sys.argv[1].encode())", name, program=sys.executable)
    assert subprocess.run(show, shell=True, capture_output=True, check=True).stdout.decode() == name


def test_on_windows_a_path_stands_in_double_quotes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.core.commands.os.name", "nt")
    assert typed("grow", "my texts") == 'mbegu grow "my texts"'


def test_the_program_is_called_by_its_place_where_its_name_is_not_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    script = programs / ("mbegu.exe" if os.name == "nt" else "mbegu")
    script.write_text("", encoding="utf-8")
    script.chmod(0o755)
    monkeypatch.setattr("mbegu.core.commands.sys.executable", str(programs / "python"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert program_here() == str(Path(".venv", "bin", "mbegu"))
    monkeypatch.chdir(programs)
    assert program_here() == str(programs / "mbegu")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert program_here() == str(programs / "mbegu")
    monkeypatch.setenv("PATH", str(programs))
    assert program_here() == "mbegu"
    script.unlink()
    assert program_here() == "mbegu"
