"""The reference is what the program is: generated pages are up to date, written ones name what there is."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest
from tests.docs.pages import DOCS, ROOT, anchors, links, mbegu_commands, pages, parts
from tools import make_reference

from mbegu.cli.lazy import LazyGroup
from mbegu.cli.main import cli
from mbegu.core.settings import setting
from mbegu.corpus.papers import SOURCES_FILE, Papers
from mbegu.corpus.rewrite.rules import choose_rules
from mbegu.recipes.catalog import STEPS
from mbegu.recipes.recipe import make_recipe, tomllib
from mbegu.train.planfile import SECTIONS


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("page", make_reference.pages(), ids=named)
def test_generated_pages_are_up_to_date(page: Path) -> None:
    assert page.read_text(encoding="utf-8") == make_reference.pages()[page], "run python tools/make_reference.py"


def test_a_page_that_is_not_up_to_date_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "errors.md"
    monkeypatch.setattr(make_reference, "ROOT", tmp_path)
    monkeypatch.setattr(make_reference, "pages", lambda: {page: "new\n"})
    assert make_reference.main(["--check"]) == 1
    assert "errors.md" in capsys.readouterr().err
    assert make_reference.main([]) == 0
    assert page.read_bytes() == b"new\n"
    assert make_reference.main(["--check"]) == 0


def test_a_setting_is_described_whole() -> None:
    field = setting(3, help="how many | of what", unit="tokens", low=1, high=9)
    assert make_reference.default_text(field.default) == "`3`"
    assert make_reference.range_text(field.metadata) == "1 to 9"
    assert make_reference.range_text({"choices": (), "low": None, "high": None}) == ""
    assert "how many \\| of what" in make_reference.table(("meaning",), [(field.metadata["help"],)])


@pytest.mark.parametrize("page", pages(), ids=named)
def test_every_command_of_a_page_exists_with_its_options(page: Path) -> None:
    for words in mbegu_commands(page):
        require_command(words)


def require_command(words: list[str]) -> None:
    """Let click read a command as it would when it is given, without running it."""
    rest = [word for word in words[1:] if word not in ("DIR", "MODEL")]
    if not rest or rest[0] in ("--help", "--version"):
        return
    context = click.Context(cli, info_name="mbegu")
    command = cli.get_command(context, rest[0])
    assert command is not None, f"there is no command {' '.join(words)}"
    while isinstance(command, click.Group) and len(rest) > 1 and (inner := command.get_command(context, rest[1])):
        command, rest = inner, rest[1:]
    if isinstance(command, LazyGroup) and command.otherwise and len(rest) > 1:
        module, name = command.otherwise
        command = getattr(importlib.import_module(module), name)
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts) if name.startswith("-")} | {"--help"}
    assert [word for word in rest if word.startswith("-") and word not in known] == [], " ".join(words)


@pytest.mark.parametrize("words", ["mbegu grwo x", "mbegu grow --budgte 4h", "mbegu samples fetch --nothing x", "mbegu identify x --nothing"])
def test_a_command_that_does_not_exist_is_seen(words: str) -> None:
    with pytest.raises(AssertionError):
        require_command(words.split())


@pytest.mark.parametrize("page", pages(), ids=named)
def test_links_lead_somewhere(page: Path) -> None:
    for target, anchor in links(page):
        assert target.exists(), f"{named(page)} links to {target}"
        assert not anchor or anchor in anchors(target), f"{named(page)} links to {target.name}#{anchor}"


@pytest.mark.parametrize("page", pages(), ids=named)
def test_settings_that_a_page_shows_are_accepted(page: Path, tmp_path: Path) -> None:
    for part in parts(page):
        if part.info.split(" ")[0] == "toml":
            shown = tomllib.loads(part.body)
            if set(shown) <= {"source", "licence"}:
                (tmp_path / SOURCES_FILE).write_text(part.body, encoding="utf-8")
                assert Papers.read(tmp_path)
            elif set(shown) == {"rule"}:
                (tmp_path / "rules.toml").write_text(part.body, encoding="utf-8")
                assert choose_rules([str(tmp_path / "rules.toml")])
            elif set(shown) <= set(SECTIONS) and "project" not in shown:
                require_part_of_plan(shown)
            else:
                make_recipe({**shown, "project": {"language": "yor", **shown.get("project", {})}}, page)


def require_part_of_plan(shown: dict[str, dict[str, object]]) -> None:
    known = {name: set(cls.__dataclass_fields__) for name, cls in SECTIONS.items()}
    assert all(set(table) <= known[name] for name, table in shown.items())


@pytest.mark.parametrize("page", pages(), ids=named)
def test_names_that_a_page_quotes_stand_in_the_program(page: Path) -> None:
    program = "\n".join(path.read_text(encoding="utf-8") for path in make_reference.PACKAGE.rglob("*.py"))
    quoted = set(re.findall(r"`([a-z]+(?:_[a-z0-9]+)+)`", page.read_text(encoding="utf-8")))
    assert [name for name in sorted(quoted) if not re.search(rf"\b{name}\b", program)] == []


def test_the_page_of_files_names_every_step() -> None:
    text = (DOCS / "reference" / "files.md").read_text(encoding="utf-8")
    for step in STEPS:
        assert f"`{'release' if step.name == 'release' else 'grown/' + step.name}/`" in text, step.name
    assert "`ledger/`" in text


def test_the_index_leads_to_every_page() -> None:
    index = DOCS / "index.md"
    reached = {target for target, _ in links(index)}
    assert [named(page) for page in pages() if page != index and page not in reached] == []
