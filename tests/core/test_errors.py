from __future__ import annotations

import errno
from pathlib import Path

import pytest

from mbegu.core import errors
from mbegu.core.errors import ERROR_TYPES, EXIT_DEFECT, EXIT_INTERRUPTED, InputError, MbeguError, ResourceError, explain_os_error


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
