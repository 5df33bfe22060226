"""`mbegu identify`: which language each line is in; teaching, overruling and forgetting."""

from __future__ import annotations

import contextlib
import itertools
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.cli.common import PATH, json_option, quiet_option
from mbegu.cli.lazy import CommandTable, LazyGroup
from mbegu.core.report import Say, format_table, plain, write_result
from mbegu.core.units import format_bytes, format_number_of

if TYPE_CHECKING:
    from mbegu.corpus.identify import Identifier
    from mbegu.corpus.identify.model_file import Model

# name: (module, function, one-line summary)
IDENTIFY_COMMANDS: CommandTable = {
    "lines": ("mbegu.cli.identify", "lines", "name the language of each line of files; what `mbegu identify FILE...` runs"),
    "teach": ("mbegu.cli.identify", "teach", "learn a language from files of its text"),
    "overrule": ("mbegu.cli.identify", "overrule", "say yourself which language a line is in; this is remembered"),
    "forget": ("mbegu.cli.identify", "forget", "forget a language and the lines overruled to be in it"),
    "show": ("mbegu.cli.identify", "show", "list the taught languages and what taught them"),
}
LINES_AT_ONCE = 5000
SHOWN_CHARACTERS = 80  # of a line of text on the terminal

MODEL = click.option(
    "--model", type=PATH, default=None, help="File of taught languages. Default: identifier.npz of the project here, else the user's."
)


@click.group(cls=LazyGroup, table=IDENTIFY_COMMANDS, otherwise=("mbegu.cli.identify", "lines"), subcommand_metavar="FILE... | COMMAND [ARGS]...")
def identify() -> None:
    """Name the language of each line of text, and of the parts of lines that mix languages; learn new languages.

    `mbegu identify FILE...` names the language of each line. It takes --json, --model and --quiet. Codes are those of ISO 639-3; und: not known.
    """


@click.command()
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@MODEL
@json_option
@quiet_option
def lines(files: tuple[Path, ...], model: Path | None, as_json: bool, quiet: bool) -> None:
    """Name the language of each line of FILE..., a JSON object a line with --json. Lines without text are not shown or counted.

    Places in "spans" count the characters (code points, from 0) of the line in NFC.
    """
    from mbegu.corpus.identify import Identifier

    say = Say(quiet=quiet)
    path = _model_path(model)
    identifier = Identifier.load(path if model or path.is_file() else None)
    counts: Counter[str] = Counter()
    for file in files:
        for first, texts in _batches(file):
            for record, text in _records(identifier, texts, first):
                counts[record["language"]] += bool(text.strip())
                if as_json or text.strip():
                    _write_record({"file": str(file), **record} if len(files) > 1 else record, text, as_json)
    total = sum(counts.values())
    say.note(_about(identifier, path))
    say.table(("language", "lines", "share"), [(code, count, f"{count / total:.1%}") for code, count in counts.most_common() if count])


def _batches(file: Path) -> Iterator[tuple[int, list[str]]]:
    """Yield (number of the first line, lines) of a file."""
    from mbegu.corpus.identify.text_lines import lines_of

    stream, first = lines_of(file), 1
    while texts := list(itertools.islice(stream, LINES_AT_ONCE)):
        yield first, texts
        first += len(texts)


def _records(identifier: Identifier, texts: list[str], first: int) -> Iterator[tuple[dict[str, Any], str]]:
    for number, (text, said) in enumerate(zip(texts, identifier.lines(texts), strict=True), start=first):
        guess, found = identifier.marked(text, said)
        spans = [{**span._asdict(), "probability": round(span.probability, 4)} for span in found]
        yield {"line": number, "language": guess.language, "probability": round(guess.probability, 4), "spans": spans}, text


def _write_record(record: dict[str, Any], text: str, as_json: bool) -> None:
    if as_json:
        written = json.dumps(record, ensure_ascii=False)
    else:
        mixed = "+".join(dict.fromkeys(span["language"] for span in record["spans"])) if len(record["spans"]) > 1 else record["language"]
        place = f"{plain(record['file'])}:{record['line']}" if "file" in record else str(record["line"])
        written = f"{place}\t{mixed}\t{record['probability']:.2f}\t{plain(text[:SHOWN_CHARACTERS])}"
    sys.stdout.buffer.write((written + "\n").encode("utf-8", "backslashreplace"))


def _about(identifier: Identifier, path: Path) -> str:
    taught = f"{format_number_of(len(identifier.codes), 'taught language')} ({', '.join(identifier.codes)}) in {path}" if identifier.codes else ""
    library = "pycld2 for others" if identifier.library else "pycld2 is not installed: other languages are und, but for scripts of one language only"
    return "; ".join(part for part in (taught or "no language was taught", library) if part)


@click.command()
@click.argument("code")
@click.argument("files", nargs=-1, required=True, type=PATH, metavar="FILE...")
@MODEL
@json_option
@quiet_option
def teach(code: str, files: tuple[Path, ...], model: Path | None, as_json: bool, quiet: bool) -> None:
    """Learn the language CODE (ISO 639-3) from the lines of FILE..., or learn more of it.

    About 500 lines are enough, of different kinds if possible. The file of taught languages holds counts of letters, not the lines.
    """
    from mbegu.core.durable import sha256_file
    from mbegu.corpus.identify.model_file import TaughtFrom, write_model
    from mbegu.corpus.identify.teaching import ADVISED_LINES, teach
    from mbegu.corpus.identify.text_lines import lines_of

    say = Say(quiet=quiet)
    code, path = _code_of(code), _model_path(model)
    texts, sources = [], []
    for file in files:
        own = [line for line in lines_of(file) if line.strip()]
        sources.append(TaughtFrom(file.name, sha256_file(file), len(own), sum(map(len, own))))
        texts += own
    with _changed(path) as held:
        result = teach(held, code, texts, *sources)
        size_bytes = write_model(path, held)
    others = "".join(f", {count} taken for {other}" for other, count in result.taken_for.items())
    say.note(f"{format_number_of(len(texts), 'line')}; of {result.lines} held back from learning {result.right} were known{others}")
    if len(texts) < ADVISED_LINES:
        say.warn(f"better give {ADVISED_LINES} lines or more: close languages are then told apart better")
    known = {"held_back": result.lines, "right": result.right, "taken_for": result.taken_for}
    value = {"model": str(path), "bytes": size_bytes, "language": code, "lines": len(texts), **known, "languages": sorted(held.languages)}
    write_result(value, as_json, f"'{code}' is taught: {path} ({format_bytes(size_bytes)}, {format_number_of(len(held.languages), 'language')})")


@click.command()
@click.argument("place", metavar="FILE:LINE")
@click.argument("code")
@MODEL
@json_option
def overrule(place: str, code: str, model: Path | None, as_json: bool) -> None:
    """Remember that line LINE of FILE is in the language CODE, wherever the line comes up again; `und` for none."""
    from mbegu.core.errors import UsageError
    from mbegu.corpus.identify.model_file import write_model
    from mbegu.corpus.identify.teaching import overrule
    from mbegu.corpus.identify.text_lines import line_at

    name, _, number = place.rpartition(":")
    if not name or not number.isdecimal() or int(number) < 1:
        raise UsageError(f"'{place}' does not name a line", fix="write FILE:LINE, for example letters.txt:12")
    code, path = code if code == "und" else _code_of(code), _model_path(model)
    line = line_at(Path(name), int(number))
    with _changed(path) as held:
        overrule(held, line, code)
        write_model(path, held)
    value = {"model": str(path), "file": name, "line": int(number), "language": code}
    write_result(value, as_json, f"line {number} of {plain(name)} is '{code}' from now on: {path}")


@click.command()
@click.argument("code")
@MODEL
@json_option
def forget(code: str, model: Path | None, as_json: bool) -> None:
    """Forget the language CODE: what was counted in its text, and the lines that were overruled to be in it."""
    from mbegu.corpus.identify.model_file import write_model
    from mbegu.corpus.identify.teaching import forget

    path = _model_path(model)
    with _changed(path) as held:
        overruled = forget(held, code)
        write_model(path, held)
    value = {"model": str(path), "language": code, "overruled": overruled, "languages": sorted(held.languages)}
    write_result(value, as_json, f"'{code}' is forgotten, with {format_number_of(overruled, 'overruled line')}: {path}")


@click.command()
@MODEL
@json_option
def show(model: Path | None, as_json: bool) -> None:
    """List the taught languages, what taught them, and how many lines were overruled."""
    path = _model_path(model)
    held = _model_at(path)
    rows, listed = [], {}
    for code, taught in sorted(held.languages.items()):
        sources = [{"name": each.name, "sha256": each.sha256, "lines": each.lines, "characters": each.characters} for each in taught.sources]
        listed[code] = {"scripts": list(taught.counts.scripts), "sources": sources}
        names = ", ".join(each.name for each in taught.sources)
        rows.append((code, sum(each.lines for each in taught.sources), " ".join(taught.counts.scripts), names))
    value = {"model": str(path), "languages": listed, "overruled": len(held.overruled)}
    table = format_table(("language", "lines", "script", "taught from"), rows) if rows else "no language was taught"
    write_result(value, as_json, f"{path}\n{table}\n{format_number_of(len(held.overruled), 'overruled line')}")


def _code_of(text: str) -> str:
    from mbegu.core.errors import SettingsError
    from mbegu.core.language import parse_language

    if text.strip().lower() == "und":
        raise SettingsError("'und' stands for a language that is not known, and cannot be taught", fix="give the code of the language, such as yor")
    return parse_language(text, declared_name=text).code  # a language that no list knows has a code from qaa to qtz


def _model_path(model: Path | None) -> Path:
    from mbegu.corpus.identify.place import default_model

    return model if model else default_model(Path.cwd())


@contextlib.contextmanager
def _changed(path: Path) -> Iterator[Model]:
    """Yield the model at a place, to be changed and written before the block ends: no other command changes it meanwhile.

    Raises:
        BusyError: another command is changing it.
    """
    import filelock

    from mbegu.core.errors import BusyError, explain_os_error

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = filelock.FileLock(path.with_name(f".{path.name}.lock"), timeout=0)
        lock.acquire()
    except filelock.Timeout:
        raise BusyError("another `mbegu identify` is changing this model", path, "wait until it is done, then run the same command again") from None
    except OSError as error:
        raise explain_os_error(error, path.parent) from error
    try:
        yield _model_at(path)
    finally:
        lock.release()


def _model_at(path: Path) -> Model:
    from mbegu.corpus.identify.model_file import Model, read_model

    return read_model(path) if path.is_file() else Model()
