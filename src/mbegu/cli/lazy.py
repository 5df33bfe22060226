"""A group of commands that imports one only to run it, so that help is quick whatever the commands need."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from typing import Any

import click

# name: (module, function, one-line summary)
CommandTable = Mapping[str, tuple[str, str, str]]
UNNAMED = f"{__name__}.unnamed"  # the arguments of the command that is meant when none is named


class LazyGroup(click.Group):
    """A group that knows its commands by name.

    Args:
        table: the commands in the order of help.
        otherwise: the command, as (module, function), that is meant when the first argument is no name in the table; without it such an
            argument is an error that names near commands.
    """

    def __init__(self, *arguments: Any, table: CommandTable, otherwise: tuple[str, str] | None = None, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.table = table
        self.otherwise = otherwise

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the table's order."""
        return list(self.table)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import one command."""
        if name not in self.table:
            return None
        module, function, _ = self.table[name]
        return _load(module, function)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave all arguments to the command that is meant otherwise when they name none, but show help when it is asked for."""
        if self.otherwise and not (args and (args[0] in self.table or args[0] in ctx.help_option_names)):
            ctx.meta[UNNAMED] = args
            return []
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command that is meant otherwise, or the named one."""
        if self.otherwise and UNNAMED in ctx.meta:
            command = _load(*self.otherwise)
            with command.make_context(ctx.info_name, list(ctx.meta[UNNAMED]), parent=ctx.parent) as own:
                return command.invoke(own)
        return super().invoke(ctx)

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command; an unknown one is answered with near names."""
        if args and args[0] not in self.table and not args[0].startswith("-"):
            from mbegu.core.errors import UsageError
            from mbegu.core.settings import near

            path = ctx.command_path
            raise UsageError(f"there is no command '{args[0]}'{near(args[0], list(self.table))}", fix=f"`{path} --help` lists the commands")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands from the table, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, summary) for name, (_, _, summary) in self.table.items()])


def _load(module: str, function: str) -> click.Command:
    command: click.Command = getattr(importlib.import_module(module), function)
    return command
