"""`mbegu documents`: answers from a folder of documents, without a server and without a model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mbegu.cli.common import PATH, json_option, quiet_option, require_unicode
from mbegu.cli.lazy import CommandTable, LazyGroup
from mbegu.core.report import Say, plain, write_result
from mbegu.core.units import format_number_of

if TYPE_CHECKING:
    from mbegu.serve.documents.answer import Answer, Quotation
    from mbegu.serve.documents.library import Documents

# name: (module, function, one-line summary)
DOCUMENTS_COMMANDS: CommandTable = {
    "index": ("mbegu.cli.documents", "index", "read new and changed documents into the index"),
    "ask": ("mbegu.cli.documents", "ask", "quote the passage that answers a question, or say that none does"),
    "evaluate": ("mbegu.cli.documents", "evaluate_answers", "judge the answers on a list of questions"),
    "calibrate": ("mbegu.cli.documents", "calibrate_answers", "learn from a list of questions when to say 'not sure'"),
}

DOCUMENTS = click.argument("folder", metavar="DIR", type=PATH)
QUESTIONS = click.argument("questions", metavar="QUESTIONS.csv", type=PATH)
INDEX = click.option("--index", "index_file", type=PATH, help="File of the index. Default: DIR.mbegu-index, beside the folder.")
PLAIN = click.option("--no-embeddings", is_flag=True, help="Search by words and runs of characters only.")


@click.group(cls=LazyGroup, table=DOCUMENTS_COMMANDS)
def documents() -> None:
    """Answers from a folder of documents, each a quotation with its file and page. Needs no model and no connection."""


@click.command()
@DOCUMENTS
@INDEX
@PLAIN
@json_option
@quiet_option
def index(folder: Path, index_file: Path | None, no_embeddings: bool, as_json: bool, quiet: bool) -> None:
    """Read new and changed documents of DIR into the index; the folder is only read."""
    opened = _open(folder, index_file, no_embeddings, Say(quiet=quiet))
    done = opened.indexed
    opened.close()
    lines = [
        f"{format_number_of(done.passages, 'passage')} in {opened.store.path}",
        f"{len(done.new)} new, {len(done.changed)} changed, {len(done.removed)} removed, {len(done.unchanged)} unchanged; "
        + (f"embeddings: {done.embedded} made" if opened.search.has_meaning else "no embeddings"),
        *(plain(f"not read: {name}: {why}") for name, why in done.problems),
    ]
    result = {name: getattr(done, name) for name in ("new", "changed", "removed", "problems", "passages", "embedded", "rebuilt")}
    write_result({**result, "unchanged": len(done.unchanged), "index": str(opened.store.path)}, as_json, "\n".join(lines))


@click.command()
@DOCUMENTS
@click.argument("question")
@click.option("--language", default="", help="Language code of the person who asks, such as swa.")
@click.option("--danger", type=PATH, help="File of dangers. Default: danger.toml in DIR, where there is one.")
@INDEX
@PLAIN
@json_option
@quiet_option
def ask(
    folder: Path, question: str, language: str, danger: Path | None, index_file: Path | None, no_embeddings: bool, as_json: bool, quiet: bool
) -> None:
    """Quote the passage of the documents in DIR that answers QUESTION, or say that none does."""
    from mbegu.core.language import parse_language

    require_unicode(question, "QUESTION")
    if language:
        parse_language(language, declared_name=language)
    opened = _open(folder, index_file, no_embeddings, Say(quiet=quiet), danger)
    answer = opened.answers().answer(question, language)
    opened.close()
    write_result(answer.as_json(), as_json, _shown(answer))


@click.command(name="evaluate")
@DOCUMENTS
@QUESTIONS
@INDEX
@PLAIN
@json_option
@quiet_option
def evaluate_answers(folder: Path, questions: Path, index_file: Path | None, no_embeddings: bool, as_json: bool, quiet: bool) -> None:
    """Judge the answers from DIR on QUESTIONS.csv: hit rate, citation precision, refusals, each with its interval, beside plain search.

    Columns: question, language, file (the document that answers it; empty where none does), and where wanted page and holds.
    """
    from mbegu.core.report import format_table
    from mbegu.serve.documents.evaluate import evaluate

    opened = _open(folder, index_file, no_embeddings, Say(quiet=quiet))
    result = evaluate(opened, questions)
    opened.close()
    write_result(result.as_json(), as_json, format_table(("what", "share"), result.rows()))


@click.command(name="calibrate")
@DOCUMENTS
@QUESTIONS
@INDEX
@PLAIN
@json_option
@quiet_option
def calibrate_answers(folder: Path, questions: Path, index_file: Path | None, no_embeddings: bool, as_json: bool, quiet: bool) -> None:
    """Learn from QUESTIONS.csv from where on an answer is shown, and keep that in the index of DIR. Columns as for `evaluate`."""
    from mbegu.serve.documents.evaluate import calibrate
    from mbegu.serve.documents.questions import read_questions

    opened = _open(folder, index_file, no_embeddings, Say(quiet=quiet))
    made = calibrate(opened.search, read_questions(questions, opened.store.files()))
    opened.close()
    shown = f"An answer is shown from a probability of {made['threshold']:.2f} on."
    right = f"{made['answered']} of {made['answerable']} answered, {made['right']} of them right"
    text = f"{shown} On these questions: {right}; {made['refused']} of {made['unanswerable']} that no document answers were refused."
    if not made["answered"]:
        text = "No threshold meets the goals on these questions: every question will be refused until the documents or the questions change."
    write_result(made, as_json, text)


def _open(folder: Path, index_file: Path | None, no_embeddings: bool, say: Say, danger: Path | None = None) -> Documents:
    from mbegu.serve.documents.library import open_documents

    return open_documents(folder, say, index_file, danger, embeddings=not no_embeddings)


def _shown(answer: Answer) -> str:
    from mbegu.serve.documents.phrases import words_in

    said: Any = words_in(answer.language)
    lines = [said.danger_first, f"  {answer.instruction}", ""] if answer.instruction else []
    lines += [answer.message]
    if answer.quotation:
        lines += ["", _place(answer.quotation, said), *_indented(_with_mark(answer.quotation))]
    if answer.also:
        lines += ["", said.also]
    for quotation in answer.also:
        lines += ["", _place(quotation, said), *_indented(quotation.text)]
    if answer.ask:
        lines += ["", answer.ask]
    if not said.reviewed_by:
        lines += ["", said.machine_translated]
    return "\n".join(lines)


def _indented(text: str) -> list[str]:
    return [f"  {line}" for line in text.split("\n")]


def _place(quotation: Quotation, said: Any) -> str:
    parts = [plain(quotation.file)]
    parts += [said.page.format(number=quotation.page)] if quotation.page is not None else []
    parts += [said.row.format(number=quotation.row)] if quotation.row else []
    parts += [said.under.format(heading=quotation.heading)] if quotation.heading else []
    return ", ".join(parts)


def _with_mark(quotation: Quotation) -> str:
    if quotation.marked is None:
        return quotation.text
    start, end = quotation.marked
    return f"{quotation.text[:start]}»{quotation.text[start:end]}«{quotation.text[end:]}"
