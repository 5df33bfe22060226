"""What the reference must say."""

from __future__ import annotations

import re

import pytest
from tests.rules.source import ROOT

from mbegu.core.errors import ERROR_TYPES, EXIT_DEFECT, EXIT_INTERRUPTED

REFERENCE = ROOT / "docs" / "reference"


def test_every_exit_code_is_in_the_reference() -> None:
    pages = sorted(REFERENCE.rglob("*.md")) if REFERENCE.is_dir() else []
    if not pages:
        pytest.skip("the reference is not written yet")
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    rows = {int(match[1]) for match in re.finditer(r"^\|\s*`?(\d+)`?\s*\|", text, re.MULTILINE)}
    assert {0, EXIT_DEFECT, EXIT_INTERRUPTED, *(kind.exit_code for kind in ERROR_TYPES)} <= rows
    for kind in ERROR_TYPES:
        assert kind.meaning.split(":")[0] in text, kind.__name__
