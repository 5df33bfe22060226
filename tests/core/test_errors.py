from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mbegu.core import errors
from mbegu.core.errors import (
    ERROR_TYPES,
    EXIT_DEFECT,
    EXIT_INTERRUPTED,
    EXTRAS,
    InputError,
    MbeguError,
    ResourceError,
    explain_missing_module,
    explain_os_error,
    is_out_of_memory,
)
from mbegu.recipes.recipe import tomllib


def test_a_message_is_one_line_with_what_where_and_what_next() -> None:
    error = InputError("the file is empty.", Path("text") / "ẹ̀kọ́ 🌱.txt", "add text")
    assert str(error) == error.one_line()
    assert error.one_line().replace("\\", "/") == "the file is empty (text/ẹ̀kọ́ 🌱.txt). Add text."


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (InputError("gone"), "gone."),
        (InputError("gone", "", "try?"), "gone. Try?"),
        (InputError("two\nlines\tand  spaces", "a\nb"), "two lines and spaces (a b)."),
        (InputError("really!"), "really!"),
        (InputError("ባዶ ነው", "ፋይል"), "ባዶ ነው (ፋይል)."),
    ],
)
def test_lines(error: MbeguError, line: str) -> None:
    assert error.one_line() == line


def test_exit_codes_are_distinct_and_explained() -> None:
    codes = [kind.exit_code for kind in ERROR_TYPES]
    assert len({*codes, 0, EXIT_DEFECT}) == len(codes) + 2
    assert all(2 <= code < 126 or code == EXIT_INTERRUPTED for code in codes), "126 and above mean something to shells"
    assert all(kind.meaning and kind.meaning == kind.meaning.strip(" .") for kind in ERROR_TYPES)


def test_every_kind_of_error_is_in_the_list_or_a_special_case_of_one() -> None:
    declared = {kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MbeguError)} - {MbeguError}
    special = {kind for kind in declared if kind.exit_code in {base.exit_code for base in kind.__mro__[1:] if base in ERROR_TYPES}}
    assert declared - special == set(ERROR_TYPES)


def test_no_name_commands_the_terminal() -> None:
    assert InputError("no file", "a\x1b[2Jb\x07").one_line() == "no file (a\ufffd[2Jb\ufffd)."
    assert InputError("no file", "a\u202etxt.\u2067exe\x9b").one_line() == "no file (a\ufffdtxt.\ufffdexe\ufffd)."
    assert InputError("می\u200cخواهم \u200d \u200f").one_line() == "می\u200cخواهم \u200d \u200f.", "joiners and marks stay"


@pytest.mark.parametrize(
    ("code", "kind", "says"),
    [
        (errno.ENOSPC, ResourceError, "the disk is full"),
        (errno.EDQUOT, ResourceError, "the disk is full"),
        (errno.EACCES, ResourceError, "no permission"),
        (errno.EPERM, ResourceError, "no permission"),
        (errno.EROFS, ResourceError, "no permission"),
        (errno.ENOENT, InputError, "no such file or folder"),
        (errno.ENOTDIR, InputError, "no such file or folder"),
        (errno.EIO, ResourceError, "could not read or write: broken"),
        (errno.ENAMETOOLONG, ResourceError, "could not read or write: broken"),
    ],
)
def test_errors_of_the_system_are_explained(code: int, kind: type[MbeguError], says: str) -> None:
    error = explain_os_error(OSError(code, "broken"), Path("x") / "y.txt")
    assert type(error) is kind
    assert says in error.one_line()
    assert "y.txt" in error.one_line()
    assert error.fix


def test_an_error_of_the_system_without_number_is_explained() -> None:
    assert "something odd" in explain_os_error(OSError("something odd"), "x").one_line()


@pytest.mark.parametrize(("library", "extra"), [("starlette", "serve"), ("uvicorn", "serve"), ("ray", "ray"), ("torch", "train")])
def test_a_missing_library_is_named_with_the_part_that_brings_it(library: str, extra: str) -> None:
    error = explain_missing_module(ModuleNotFoundError(f"No module named '{library}'", name=f"{library}.inner"))
    assert error is not None
    assert f"pip install 'mbegu[{extra}]'" in error.one_line()


def test_every_library_of_another_extra_stands_in_the_project_file() -> None:
    extras = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    assert [library for library, extra in EXTRAS.items() if not any(each.startswith(library) for each in extras[extra])] == []


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (
            RuntimeError("[enforce fail at alloc_cpu.cpp:117] DefaultCPUAllocator: can't allocate memory: you tried to allocate 40 bytes"),
            True,
        ),
        (RuntimeError("[enforce fail at alloc_cpu.cpp:98] data. DefaultCPUAllocator: not enough memory: you tried to allocate 40 bytes."), True),
        (RuntimeError("CUDA out of memory. Tried to allocate 20.00 MiB."), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"), True),
        (RuntimeError("The size of tensor a (3) must match the size of tensor b (4)"), False),
        (ValueError(""), False),
    ],
)
def test_what_torch_says_where_memory_is_short_is_known(error: Exception, is_one: bool) -> None:
    assert is_out_of_memory(error) is is_one
