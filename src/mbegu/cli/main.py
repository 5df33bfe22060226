"""The command line: finds a command, runs it, and turns errors into one line and an exit code.

Commands are listed from a static table and imported when run, so that ``mbegu --help`` is quick.
"""

from __future__ import annotations

import os
import sys

import click

from mbegu import __version__
from mbegu.cli.lazy import CommandTable, LazyGroup
from mbegu.core.errors import EXIT_INTERRUPTED, MbeguError, ResourceError, explain_missing_module, is_out_of_memory

# name: (module, function, one-line summary); in the order of a newcomer's needs
COMMANDS: CommandTable = {
    "demo": ("mbegu.cli.demo", "demo", "grow a tiny model from built-in sample text, in about 3 minutes"),
    "new": ("mbegu.cli.project", "new", "make a project: a folder with a recipe for your language"),
    "plan": ("mbegu.cli.project", "plan", "say what would run, how long it takes and what to expect"),
    "grow": ("mbegu.cli.project", "grow", "from the text to the model: every step that is not done yet"),
    "complete": ("mbegu.cli.use", "complete", "let a model write on"),
    "chat": ("mbegu.cli.use", "chat", "write with a model, turn by turn"),
    "score": ("mbegu.cli.use", "score", "bits per byte of a model on files of text"),
    "serve": ("mbegu.cli.serve", "serve", "serve a model to programs and to devices around: OpenAI's API, on this computer or the local network"),
    "log": ("mbegu.cli.content_log", "log", "what was asked of a server and answered, where you had it kept: key, read, wipe"),
    "label": ("mbegu.cli.project", "label", "show the label of a model: what it is made of, how good it is, what it cost"),
    "verify": ("mbegu.cli.project", "verify", "check every file of a project or release against its hash"),
    "doctor": ("mbegu.cli.doctor", "doctor", "look at this computer and say what will work"),
    "samples": ("mbegu.cli.samples", "samples", "list built-in sample text and open corpora; download one when asked"),
    "documents": ("mbegu.cli.documents", "documents", "answers from a folder of documents, each a quotation with its place"),
    "steps": ("mbegu.cli.project", "steps", "list the steps and every setting"),
    "identify": ("mbegu.cli.identify", "identify", "name the language of each line; learn new languages from your text"),
    "corpus": ("mbegu.cli.corpus", "corpus", "step 1 alone: read, clean, deduplicate and split the text"),
    "tokenizer": ("mbegu.cli.stages", "tokenizer", "step 2 alone: learn the vocabulary"),
    "train": ("mbegu.cli.stages", "train", "up to step 4: train the model"),
    "evaluate": ("mbegu.cli.stages", "evaluate", "up to step 5: measure the model"),
    "export": ("mbegu.cli.stages", "export", "up to step 6: write the Hugging Face folder and GGUF files"),
    "release": ("mbegu.cli.release", "release", "up to step 7: what one gives away, with its label; a pack for browsers"),
}


@click.group(cls=LazyGroup, table=COMMANDS, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, "-V", "--version", prog_name="mbegu")
def cli() -> None:
    """Grow a small language model for your own language on the computer you already have.

    Start with `mbegu demo`, then `mbegu new DIR --language CODE --text PATH` and `mbegu grow DIR`.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit with the documented code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run the command line.

    Returns:
        The exit code: 0, the code of a ``MbeguError``, 2 for wrong usage, 130 when interrupted. Anything else is a defect and
        escapes with its traceback.
    """
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    if hasattr(sys.stdin, "reconfigure"):
        sys.stdin.reconfigure(encoding="utf-8", errors="surrogateescape")
    try:
        code = cli.main(arguments, prog_name="mbegu", standalone_mode=False)
        return code if isinstance(code, int) else 0
    except MbeguError as error:
        click.echo(f"mbegu: {error.one_line()}", err=True)
        return error.exit_code
    except ModuleNotFoundError as error:
        missing = explain_missing_module(error)
        if missing is None:
            raise
        click.echo(f"mbegu: {missing.one_line()}", err=True)
        return missing.exit_code
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else error.format_message())
        return 0
    except click.ClickException as error:
        context = error.ctx if isinstance(error, click.UsageError) else None
        see = f" See `{context.command_path} --help`." if context else ""
        click.echo(f"mbegu: {error.format_message()}{see}", err=True)
        return error.exit_code
    except (KeyboardInterrupt, click.Abort):
        click.echo("mbegu: stopped. The same command goes on where it stopped.", err=True)
        return EXIT_INTERRUPTED
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        click.echo("mbegu: there is not enough memory. Close other programs, then run the same command again.", err=True)
        return ResourceError.exit_code
    except SystemExit:  # so click answers a reader of the output that went away, as in `mbegu samples | head`: it has what it wanted
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 0
