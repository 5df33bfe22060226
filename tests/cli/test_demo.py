"""What the demo says to do next."""

from __future__ import annotations

import os
import shlex
from pathlib import Path

import pytest

from mbegu.cli.demo import _what_next
from mbegu.core.report import display_width
from mbegu.core.steps import Project


@pytest.mark.skipif(os.name == "nt", reason="another terminal")
def test_what_comes_next_runs_is_aligned_and_tells_the_size_of_the_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mbegu.cli.demo.program_here", lambda: str(Path(".venv", "bin", "mbegu")))
    first, *hints, label = _what_next(Project(tmp_path), Path("my ọ̀rọ̀"), 95_012, 61.0).splitlines()
    assert first == "That took 1 min 01 s. A model of 95.0 kB of text can do little; yours will have more. Next:"
    program = str(Path(".venv", "bin", "mbegu"))
    assert [shlex.split(hint)[:2] for hint in hints] == [[program, word] for word in ("complete", "new", "grow")]
    assert shlex.split(hints[0])[2:4] == ["my ọ̀rọ̀", "..."]
    said = ("let it write on", "make a project", "grow it;")
    assert len({display_width(hint[: hint.index(words)]) for hint, words in zip(hints, said, strict=True)}) == 1
    assert label.endswith("label.html")
