from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from bench.kill_test import environment
from bench.startup import imports_of
from tests.end_to_end.project import CommandLine, blocking, last_line, mbegu_process

import mbegu.cli.main
from mbegu import __version__
from mbegu.cli.main import COMMANDS
from mbegu.core.errors import ERROR_TYPES, ResourceError


def test_help_lists_every_command(mbegu: CommandLine) -> None:
    for arguments in ((), ("--help",), ("-h",)):
        said = mbegu(*arguments)
        assert said.code == 0
        assert all(f"  {name} " in said.out for name in COMMANDS)
    assert mbegu("--version").out.strip().endswith(__version__)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(mbegu: CommandLine, name: str) -> None:
    said = mbegu(name, "--help")
    assert said.code == 0
    assert f"mbegu {name}" in said.out
    assert len(said.out.splitlines()) > 4


def test_help_is_light() -> None:
    imported = imports_of(["--help"])
    assert "mbegu.cli.main" in imported
    heavy = {"torch", "numpy", "pyarrow", "tokenizers", "xllamacpp", "transformers", "lxml", "iso639", "psutil"}
    assert not heavy & {name.partition(".")[0] for name in imported}
    assert not {"mbegu.cli.project", "mbegu.recipes.catalog"} & set(imported)


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["compleet"], "mbegu: there is no command 'compleet' (did you mean 'complete' or 'samples'?). `mbegu --help` lists the commands."),
        (["graw", "x"], "mbegu: there is no command 'graw' (did you mean 'grow'?). `mbegu --help` lists the commands."),
        (["ọ̀rọ̀"], "mbegu: there is no command 'ọ̀rọ̀'. `mbegu --help` lists the commands."),
        (["grow", "--nosuch"], "mbegu: No such option '--nosuch'. See `mbegu grow --help`."),
        (["grow", "a", "b"], "mbegu: Got unexpected extra argument (b)"),
        (["new", "a"], "mbegu: Missing option '--language'. See `mbegu new --help`."),
        (["complete", "m", "x", "-n", "0"], "mbegu: Invalid value for '-n': 0 is not in the range 1<=x<=100000."),
        (["steps", "evaluat"], "mbegu: there is no step 'evaluat' (did you mean 'evaluate'?). `mbegu steps` lists them."),
        (["samples", "get", "udrh-yor"], "mbegu: there is no corpus called 'udrh-yor'"),
    ],
)
def test_wrong_usage(mbegu: CommandLine, arguments: list[str], line: str) -> None:
    said = mbegu(*arguments)
    assert said.code == 2
    assert said.err.startswith(line)
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_every_exit_code_is_a_different_one() -> None:
    codes = [each.exit_code for each in ERROR_TYPES]
    assert len(set(codes)) == len(codes)
    assert not {0, 1} & set(codes)


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes")])
def test_too_little_memory_is_no_defect(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Exception) -> None:
    def broken(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(mbegu.cli.main.cli, "main", broken)
    assert mbegu.cli.main.run(["doctor"]) == ResourceError.exit_code
    assert capsys.readouterr().err == "mbegu: there is not enough memory. Close other programs, then run the same command again.\n"


def test_a_defect_shows_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*args: object, **kwargs: object) -> None:
        raise KeyError("a defect")

    monkeypatch.setattr(mbegu.cli.main.cli, "main", broken)
    with pytest.raises(KeyError, match="a defect"):
        mbegu.cli.main.run([])


def test_python_m_mbegu_is_mbegu() -> None:
    said = mbegu_process("--version")
    assert (said.code, said.out.strip()) == (0, f"mbegu, version {__version__}")
    said = mbegu_process("grow", "nowhere")
    assert said.code == 3
    assert last_line(said.err).startswith("mbegu: no project here: mbegu.toml is missing")


def test_ctrl_c_while_the_program_loads_shows_no_traceback(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n", encoding="utf-8")
    path = os.pathsep.join([str(tmp_path), environment()["PYTHONPATH"]])
    said = mbegu_process("--help", extra={"PYTHONPATH": path})
    assert (said.code, said.out, said.err) == (130, "", "mbegu: stopped before it began.\n")


@pytest.mark.parametrize("arguments", [["--help"], ["samples"], ["steps", "corpus", "--json"]])
def test_a_reader_that_goes_away_is_no_error(arguments: list[str]) -> None:
    with subprocess.Popen([sys.executable, "-m", "mbegu", *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0


@pytest.mark.parametrize("library", ["torch", "pyarrow", "filelock", "numpy", "tokenizers"])
def test_growing_without_a_library(tmp_path: Path, library: str) -> None:
    from bench.kill_test import small_project

    project = small_project(tmp_path / "p")
    said = mbegu_process("grow", project, "--quiet", extra=blocking(tmp_path / "block", modules=library))
    assert said.code == 8
    expected = f"mbegu: this needs '{library}', which is not installed. Install it: pip install 'mbegu[train]'"
    assert last_line(said.err).startswith(expected)
    assert "Traceback" not in said.err


def test_running_without_the_engine(tmp_path: Path, grown: Path) -> None:
    block = blocking(tmp_path / "block", modules="xllamacpp")
    said = mbegu_process("complete", grown, "Ọjọ́", extra=block)
    assert said.code == 8
    assert "xllamacpp" in last_line(said.err)
    assert mbegu_process("doctor", extra=block).code == 0


def test_words_that_are_not_utf_8(mbegu: CommandLine, grown: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    broken = b"a\xffb".decode("utf-8", "surrogateescape")
    assert mbegu.fails(4, "complete", grown, broken) == "mbegu: what was typed is not UTF-8 (TEXT). Set the terminal to UTF-8."
    assert "not UTF-8 (--name, --language-name)" in mbegu.fails(4, "new", tmp_path / "x", "--language", "yor", "--name", broken)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"a\xffb\n"), encoding="ascii"))
    assert mbegu.fails(4, "chat", grown) == "mbegu: what was typed is not UTF-8 (standard input). Set the terminal to UTF-8."


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_a_folder_whose_name_is_not_utf_8(tmp_path: Path) -> None:
    folder = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    for arguments in (["new", folder, "--language", "yor"], ["new", folder + "2", "--language", "yor", "--json"], ["label", folder]):
        done = subprocess.run([sys.executable, "-m", "mbegu", *arguments], capture_output=True, check=False)
        assert done.returncode in (0, 3)
        assert b"Traceback" not in done.stderr
        assert b"\\" in done.stdout + done.stderr
