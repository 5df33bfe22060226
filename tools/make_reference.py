"""Writes the pages of docs/ that can be read off the program: commands, settings, exit codes, the tree of the package.

``python tools/make_reference.py`` writes them; with ``--check`` it writes nothing and names the pages that are not up to date.
"""

from __future__ import annotations

import ast
import dataclasses
import sys
import types
import typing
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from mbegu.cli.main import COMMANDS, cli
from mbegu.core.errors import ERROR_TYPES, EXIT_DEFECT
from mbegu.core.power import PowerSettings
from mbegu.core.steps import ProjectSettings
from mbegu.recipes.catalog import STEPS
from mbegu.train.planfile import SECTIONS

ROOT = Path(__file__).resolve().parent.parent
DOCS = ROOT / "docs"
PACKAGE = ROOT / "src" / "mbegu"
DESIGN = "explanation/design.md"
TREE_BEGIN = "<!-- the tree below is written by tools/make_reference.py -->\n"
TREE_END = "<!-- end of the tree -->\n"
GENERATED = "<!-- written by tools/make_reference.py: change the program, not this page -->\n\n"
COMMANDS_HEAD = """Results go to standard output. Everything else goes to standard error. `--json` prints the result for other programs.
[Exit codes](errors.md) have a page of their own. `DIR` is the folder of a project; without it, the current folder is meant.
`MODEL` is the folder of a project or release, a model folder, or a `.gguf` file.

"""
SETTINGS_HEAD = """A project has two files with settings. You write `mbegu.toml`, the recipe. Mbegu writes `plan.toml`; you may change it.
An unknown name, a wrong type or a value out of range stops every command before it begins, with exit code 3.
`mbegu steps NAME` shows the settings of one table in the terminal.

## `mbegu.toml`
"""
TYPE_NAMES = {int: "whole number", float: "number", str: "text", bool: "true or false"}
EXIT_DONE = 0


def main(arguments: Sequence[str]) -> int:
    """Write the pages, or check them. Returns 0, or 1 when a page was to be checked and is not up to date."""
    stale = [page for page, text in pages().items() if not page.is_file() or page.read_text(encoding="utf-8") != text]
    names = ", ".join(page.relative_to(ROOT).as_posix() for page in stale)
    if "--check" in arguments:
        if stale:
            print(f"not up to date: {names}; run python tools/make_reference.py", file=sys.stderr)
        return 1 if stale else 0
    for page in stale:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_bytes(pages()[page].encode("utf-8"))
    print(f"written: {names}" if stale else "nothing has changed")
    return 0


def pages() -> dict[Path, str]:
    """Return the text of every page that this file writes, by its path."""
    return {
        DOCS / "reference" / "commands.md": commands_page(),
        DOCS / "reference" / "settings.md": settings_page(),
        DOCS / "reference" / "errors.md": errors_page(),
        DOCS / DESIGN: with_tree((DOCS / DESIGN).read_text(encoding="utf-8")),
    }


def commands_page() -> str:
    """Return the page of all commands, in the order of ``mbegu --help``."""
    context = click.Context(cli, info_name="mbegu")
    rows = [(f"[`{name}`](#mbegu-{name})", summary) for name, (_, _, summary) in COMMANDS.items()]
    parts = [
        "# Commands\n\n",
        GENERATED,
        COMMANDS_HEAD,
        table(("command", "what it does"), rows),
    ]
    for name in COMMANDS:
        command = cli.get_command(context, name)
        assert command is not None
        parts += _command(f"mbegu {name}", command)
    return "".join(parts)


def _command(path: str, command: click.Command) -> Iterator[str]:
    """Yield the section of a command, then those of its subcommands."""
    arguments = [each for each in command.params if isinstance(each, click.Argument)]
    options = [each for each in command.params if isinstance(each, click.Option)]
    words = [path, *(["[OPTIONS]"] if options else []), *map(argument_text, arguments)]
    yield f"\n## `{path}`\n\n```text\n{' '.join(words)}\n```\n\n{_help(command)}\n"
    if options:
        yield "\n" + table(("option", "meaning"), [(option_text(each), option_help(each)) for each in options])
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                yield from _command(f"{path} {name}", child)


def _help(command: click.Command) -> str:
    paragraphs = (command.help or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)


def argument_text(argument: click.Argument) -> str:
    """Return an argument as it stands in a usage line."""
    if argument.metavar:
        return argument.metavar
    name = (argument.name or "").upper()
    return name if argument.required else f"[{name}]"


def option_text(option: click.Option) -> str:
    """Return the names of an option with what it takes: ``-n NUMBER``."""
    value = "" if option.is_flag else f" {option.metavar or option.type.name.split()[0].upper()}"
    return ", ".join(f"`{name}{value}`" for name in option.opts)


def option_help(option: click.Option) -> str:
    """Return what an option means, with its default where the command line shows it."""
    shown = f" Default: `{option.default}`." if option.show_default else ""
    needed = " Needed." if option.required else ""
    return f"{option.help}{shown}{needed}"


def settings_page() -> str:
    """Return the page of all settings of ``mbegu.toml`` and ``plan.toml``."""
    parts = [
        "# Settings\n\n",
        GENERATED,
        SETTINGS_HEAD,
        _settings("project", ProjectSettings, "What the model is, whose it is, and where it grows."),
    ]
    parts += [_settings(step.name, step.load_settings(), f"{step.summary[0].upper()}{step.summary[1:]}.") for step in STEPS]
    parts.append(_settings("power", PowerSettings, "When to work. Nothing here changes the model, and no step begins anew for it."))
    parts.append(
        "\n## `plan.toml`\n\nEvery number that the training depends on. While this file is there, it is followed to the letter.\n"
        "Change a number and the next `mbegu grow` trains anew. Delete the file to plan anew.\n"
    )
    parts += [_settings(name, cls, first_line(cls.__doc__ or "") + ".") for name, cls in SECTIONS.items()]
    return "".join(parts)


def _settings(name: str, cls: type[Any], summary: str) -> str:
    hints = typing.get_type_hints(cls)
    rows = []
    for field in dataclasses.fields(cls):
        what = f"{type_text(hints[field.name])}, {field.metadata['unit']}" if field.metadata["unit"] else type_text(hints[field.name])
        rows.append((f"`{field.name}`", default_text(field.default), what, range_text(field.metadata), field.metadata["help"]))
    return f"\n### `[{name}]`\n\n{summary}\n\n" + table(("setting", "default", "type and unit", "range", "meaning"), rows)


def default_text(value: Any) -> str:
    """Return a default as it is written in TOML."""
    if value is dataclasses.MISSING:
        return "needed"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, tuple):
        return "`[" + ", ".join(f'"{each}"' for each in value) + "]`"
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"


def type_text(hint: Any) -> str:
    """Return a type in words."""
    if typing.get_origin(hint) is tuple:
        return f"list of {type_text(typing.get_args(hint)[0])}s"
    if isinstance(hint, types.UnionType):
        return type_text(typing.get_args(hint)[0])
    return TYPE_NAMES[hint]


def range_text(metadata: typing.Mapping[str, Any]) -> str:
    """Return what values are allowed."""
    if metadata["choices"]:
        return ", ".join(f'`"{each}"`' for each in metadata["choices"])
    low, high = metadata["low"], metadata["high"]
    bounds = {(False, False): "", (True, False): f"{low} and more", (False, True): f"up to {high}", (True, True): f"{low} to {high}"}
    return bounds[low is not None, high is not None]


def errors_page() -> str:
    """Return the page of exit codes."""
    rows = [(str(EXIT_DONE), "done", ""), (str(EXIT_DEFECT), "a defect of Mbegu itself; please report what it printed", "")]
    rows += [(str(kind.exit_code), kind.meaning, f"`{kind.__name__}`") for kind in ERROR_TYPES]
    return (
        f"# Exit codes\n\n{GENERATED}"
        "A command that fails says in one line, on standard error, what happened, where, and what to do next.\n"
        "What was done before stays done: mend the cause and give the same command again.\n"
        "In Python the same errors are the classes in `mbegu.core.errors`.\n\n" + table(("code", "meaning", "class"), rows)
    )


def with_tree(text: str) -> str:
    """Return the page with the tree between its two marks written anew."""
    before, _, rest = text.partition(TREE_BEGIN)
    _, _, after = rest.partition(TREE_END)
    return f"{before}{TREE_BEGIN}\n```text\n{tree()}```\n\n{TREE_END}{after}"


def tree() -> str:
    """Return every module of the package with the first sentence of its docstring, folders as headings."""
    lines = []
    for folder in sorted({path.parent for path in PACKAGE.rglob("*.py")}):
        depth = len(folder.relative_to(PACKAGE).parts)
        lines.append(("  " * depth + folder.name + "/", _phrase(folder / "__init__.py")))
        files = sorted(path for path in folder.glob("*.py") if path.name != "__init__.py")
        lines += [("  " * (depth + 1) + path.name, _phrase(path)) for path in files]
    wide = max(len(name) for name, _ in lines)
    return "".join(f"{name.ljust(wide)}  {phrase}".rstrip() + "\n" for name, phrase in lines)


def _phrase(path: Path) -> str:
    if not path.is_file():
        return ""
    return first_line(ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or "")


def first_line(text: str) -> str:
    """Return the first sentence of a docstring's first line, without its full stop."""
    return text.split("\n", 1)[0].split(". ", 1)[0].rstrip(".").replace("``", "`")


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
