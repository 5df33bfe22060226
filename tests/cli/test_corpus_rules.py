"""`mbegu corpus rules`: what there is, and what would change, before anything does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mbegu.cli.main import run


def test_the_rules_of_a_language_and_no_others_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["corpus", "rules", "--language", "hau_Latn", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert any(rule["name"].startswith("hausa") for rule in found)
    assert all(not rule["languages"] or "hau" in rule["languages"] for rule in found)
    assert all(rule["source"] and rule["examples"] for rule in found)


def test_what_would_change_is_counted_and_nothing_is_changed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = tmp_path / "labari.txt"
    text.write_text("Yaro ya d'auki littafi, sannan ya b'oye shi a gida.\n" * 3, encoding="utf-8")
    before = text.read_bytes()
    assert run(["corpus", "rules", str(text), "--language", "hau", "--rules", "hausa-hook-after", "--json", "--quiet"]) == 0
    rows = {(row["before"], row["after"]): row["count"] for row in json.loads(capsys.readouterr().out)}
    assert rows == {("d'", "ɗ"): 3, ("b'", "ɓ"): 3}
    assert text.read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["labari.txt"]


def test_an_unknown_rule_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.txt").write_text("Sannu da zuwa.", encoding="utf-8")
    assert run(["corpus", "rules", str(tmp_path), "--language", "hau", "--rules", "hausa-hok-after"]) == 3
    assert "hausa-hook-after" in capsys.readouterr().err
