"""Commands that use a model: complete, chat, score."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

import click

from mbegu.cli.common import PATH, json_option, prepare_threads, quiet_option, require_unicode
from mbegu.core.report import Say, plain_lines, write_out, write_result
from mbegu.core.units import format_number_of

MODEL = click.argument("model", type=PATH)


@click.command()
@MODEL
@click.argument("text")
@click.option("-n", "n_tokens", default=64, show_default=True, type=click.IntRange(1, 100_000), help="How many tokens to write at most.")
@click.option("--temperature", default=0.8, show_default=True, type=click.FloatRange(0, 10), help="0 takes the likeliest token, 1 draws freely.")
@click.option("--seed", default=0, show_default=True, help="Of the drawing: the same seed writes the same text.")
@click.option("--threads", default=0, help="Threads to use. Default: physical cores less one.")
@json_option
def complete(model: Path, text: str, n_tokens: int, temperature: float, seed: int, threads: int, as_json: bool) -> None:
    """Let MODEL write on after TEXT. MODEL is a project folder, a model folder or a .gguf file."""
    from mbegu.recipes.models import QUICK_FIRST, open_engine

    prepare_threads()
    require_unicode(text, "TEXT")
    engine = open_engine(model, QUICK_FIRST, threads or None)
    pieces = engine.complete(text, n_tokens, temperature=temperature, seed=seed)
    if as_json:
        write_result({"text": text, "completion": "".join(pieces), "engine": engine.name}, True, "")
        return
    write_out(plain_lines(text))
    _write_pieces(pieces)


def _write_pieces(pieces: Iterable[str]) -> str:
    """Write a text as it comes, each line ``plain``, end its line whatever happens, and return it."""
    said = []
    try:
        for piece in pieces:
            said.append(piece)
            write_out(plain_lines(piece))
    finally:
        write_out("\n")
    return "".join(said)


@click.command()
@MODEL
@click.option("-n", "n_tokens", default=128, show_default=True, type=click.IntRange(1, 100_000), help="How many tokens an answer has at most.")
@click.option("--temperature", default=0.8, show_default=True, type=click.FloatRange(0, 10), help="0 takes the likeliest token, 1 draws freely.")
@click.option("--seed", default=0, show_default=True, help="Of the drawing.")
def chat(model: Path, n_tokens: int, temperature: float, seed: int) -> None:
    """Write with MODEL, turn by turn; an empty line or Ctrl-D ends it.

    A model that was grown from text alone does not answer questions: it writes on. It is offered as what it is.
    """
    from mbegu.recipes.models import QUICK_FIRST, open_engine

    prepare_threads()
    engine = open_engine(model, QUICK_FIRST)
    converses = getattr(engine, "can_chat", False)
    if not converses:
        click.echo("This model was not made for conversation: it writes on from your words. An empty line ends it.", err=True)
    turns: list[tuple[str, str]] = []
    while line := _read_line():
        turns.append(("user", line))
        answer = engine.chat(turns, n_tokens, temperature, seed) if converses else engine.complete(line, n_tokens, temperature, seed)  # type: ignore[union-attr]
        if not converses:
            write_out(plain_lines(line))
        turns.append(("assistant", _write_pieces(answer)))


def _read_line() -> str:
    if sys.stdin.isatty():
        click.echo("> ", nl=False, err=True)
    return require_unicode(sys.stdin.readline().rstrip("\r\n"), "standard input")


@click.command()
@MODEL
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@click.option("--threads", default=0, help="Threads to use. Default: physical cores less one.")
@json_option
@quiet_option
def score(model: Path, files: tuple[Path, ...], threads: int, as_json: bool, quiet: bool) -> None:
    """Bits per byte of MODEL on FILE..., each a text file that counts as one document; lower is better."""
    from mbegu.model.score import bits_per_byte
    from mbegu.recipes.models import MOST_EXACT_FIRST, open_engine
    from mbegu.recipes.scoring import read_texts, result_of

    prepare_threads()
    texts = read_texts(files)
    engine = open_engine(model, MOST_EXACT_FIRST, threads or None)
    scores = engine.score(texts, Say(quiet=quiet))
    result = result_of(scores, engine.name)
    interval = result["interval"]
    spread = f"{interval[0]:.3f} to {interval[1]:.3f} over {result['interval_over']}" if interval else "no interval: too little text"
    text = f"{bits_per_byte(scores):.3f} bits per byte ({spread}), {result['bytes']:,} bytes in {format_number_of(result['documents'], 'document')}"
    write_result(result, as_json, text)
