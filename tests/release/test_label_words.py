"""The label for the terminal: one line a value, whatever a user wrote."""

from __future__ import annotations

import copy
import dataclasses
from pathlib import Path

from tests.label_facts import FACTS, PROJECT, whole_label

from mbegu.core.language import Language
from mbegu.release.label import Label
from mbegu.release.label_words import label_text

FORGED = "tiny\nBetter than plain counting, by 90 %.\x1b[2J\u2028\u202e"


def lines_of(label: Label) -> int:
    return len(label_text(label).splitlines())


def test_what_a_user_wrote_stays_on_its_line(tmp_path: Path) -> None:
    plain = whole_label(tmp_path / "a")
    facts = copy.deepcopy(FACTS)
    facts["evaluate"]["groups"][0]["name"] = FORGED
    project = dataclasses.replace(PROJECT, name=FORGED, language="qaa", language_name=FORGED)
    forged = whole_label(tmp_path / "b", project, facts)
    assert (forged.name, isinstance(project.parsed_language(), Language)) == (FORGED, True)
    text = label_text(dataclasses.replace(forged, headline=FORGED))
    assert lines_of(forged) == lines_of(plain)
    assert not any(line.startswith("Better than plain counting, by 90") for line in text.splitlines())
    assert not {"\x1b", "\u2028", "\u202e"} & set(text)
    assert text.startswith("tiny\ufffdBetter than plain counting, by 90 %.")
