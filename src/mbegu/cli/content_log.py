"""`mbegu log`: the key of kept questions and answers, reading them, and deleting them for good."""

from __future__ import annotations

import json
from pathlib import Path

import click

from mbegu.cli.common import PATH, json_option, require_unicode
from mbegu.cli.lazy import CommandTable, LazyGroup
from mbegu.core.errors import InputError, UsageError, explain_os_error
from mbegu.core.report import Say, plain
from mbegu.core.units import format_number_of

# name: (module, function, one-line summary)
LOG_COMMANDS: CommandTable = {
    "key": ("mbegu.cli.content_log", "make_log_key", "make the key, with a passphrase, that `mbegu serve --log-content DIR` needs"),
    "read": ("mbegu.cli.content_log", "read_log", "show what was asked and answered; asks for the passphrase"),
    "wipe": ("mbegu.cli.content_log", "wipe_log", "delete all that was kept, and the key"),
}
LONGEST_PASSPHRASE_FILE_BYTES = 4_096

DIR = click.argument("folder", metavar="DIR", type=PATH)
FROM_FILE = click.option("--passphrase-file", type=PATH, default=None, metavar="FILE", help="Read the passphrase from the first line of this file.")


@click.group(cls=LazyGroup, table=LOG_COMMANDS)
def log() -> None:
    """What was asked and answered, where `mbegu serve --log-content DIR` keeps it. Nothing is kept unless you ask for it."""


@click.command(name="key")
@DIR
@FROM_FILE
def make_log_key(folder: Path, passphrase_file: Path | None) -> None:
    """Make the key of a log in DIR. Who knows its passphrase can read the log; without it nobody can, so keep it in a safe place."""
    from mbegu.serve.content_keys import make_key, require_nacl

    require_nacl()
    make_key(folder, _passphrase(passphrase_file, is_new=True))
    click.echo(f"made: {folder}. Start with `mbegu serve MODEL --log-content {folder}`")


@click.command(name="read")
@DIR
@FROM_FILE
@json_option
def read_log(folder: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Show what was asked and answered, oldest first."""
    from mbegu.serve.content_keys import open_private_key, read_public_key
    from mbegu.serve.content_log import read_records

    read_public_key(folder)  # what is missing is said before the passphrase is asked for
    closed = 0
    for record in read_records(folder, open_private_key(folder, _passphrase(passphrase_file))):
        if record is None:
            closed += 1
        elif as_json:
            click.echo(json.dumps(vars(record), ensure_ascii=False))
        else:
            end = "" if record.end == "whole" else f", {record.end}"
            click.echo(f"{plain(record.time)} {plain(record.client)} {plain(record.path)}{plain(end)}")
            for sign, text in (("?", record.question), (">", record.answer)):
                click.echo("\n".join(f"  {sign} {plain(line)}" for line in text.split("\n")))
    if closed:
        Say().warn(f"{format_number_of(closed, 'record')} cannot be opened: torn by a power cut, damaged, or sealed with another key")


@click.command(name="wipe")
@DIR
@click.option("--yes", is_flag=True, help="Do not ask.")
def wipe_log(folder: Path, yes: bool) -> None:
    """Delete all that was kept in DIR, and its key. It cannot be undone."""
    from mbegu.serve.content_keys import KEY_FILE
    from mbegu.serve.content_log import sealed_files, wipe

    if not sealed_files(folder) and not (folder / KEY_FILE).exists():
        raise InputError("there is no content log here", folder, "check the path")
    if not yes:
        click.confirm(f"Delete all questions and answers in {folder}, and the key?", abort=True)
    done = wipe(folder)
    click.echo(f"deleted: the key and {format_number_of(done, 'file')} of records.")
    click.echo(
        "A copy that was made before stays where it is: with its key and your passphrase it can be read, without the passphrase it cannot. "
        "A server that still runs with this folder keeps nothing more."
    )


def _passphrase(file: Path | None, is_new: bool = False) -> str:
    """Return the passphrase: from a file, else typed unseen, twice where it is new."""
    if file is not None:
        try:
            data = file.read_bytes()[:LONGEST_PASSPHRASE_FILE_BYTES]
            return data.decode("utf-8-sig").partition("\n")[0].rstrip("\r")
        except OSError as error:
            raise explain_os_error(error, file) from error
        except UnicodeDecodeError as error:
            raise InputError("the passphrase is not UTF-8", file, "save it as UTF-8") from error
    import getpass

    typed = require_unicode(getpass.getpass("Passphrase: "), "passphrase")
    if is_new and getpass.getpass("The same again: ") != typed:
        raise UsageError("the two passphrases differ", fix="run the command again")
    return typed
