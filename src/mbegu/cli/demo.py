"""``mbegu demo``: the whole of Mbegu in about three minutes, on text that comes with it."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path

import click

from mbegu.cli.common import PATH, prepare_threads, quiet_option, stoppable
from mbegu.core import durable
from mbegu.core.commands import program_here, typed
from mbegu.core.errors import BudgetError
from mbegu.core.report import Say, display_width, write_result
from mbegu.core.steps import Project, ProjectSettings
from mbegu.core.units import format_bytes, format_seconds

BUDGET = "100s"
SLOW_BUDGET = "20min"  # enough for the fewest steps on a computer ten times slower than those of today
PROMPT_WORDS = 4


@click.command()
@click.argument("folder", metavar="[DIR]", type=PATH, default=Path("mbegu-demo"))
@click.option("--language", default="yor_Latn", show_default=True, help="One of the built-in samples: see `mbegu samples`.")
@click.option("--budget", default=BUDGET, show_default=True, help="How long growing may take.")
@quiet_option
def demo(folder: Path, language: str, budget: str, quiet: bool) -> None:
    """Grow a tiny model from built-in sample text in DIR, let it write, and show its label."""
    from mbegu.recipes.recipe import new_recipe, read_recipe
    from mbegu.recipes.runner import grow
    from mbegu.samples.builtin import ORIGIN, copy_sample

    prepare_threads()
    began_s = time.monotonic()
    say = Say(quiet=quiet)
    place = Project(folder.resolve())
    say.title(f"A model of {language} from the sample text that comes with Mbegu")
    say.note(f"the text is {ORIGIN}")
    if not place.recipe.exists():
        project = ProjectSettings(
            language=language,
            name=f"mbegu-demo-{language.partition('_')[0]}",
            purpose="To show what Mbegu does. Not a model for use.",
            not_for="Any use but demonstration: the text it learnt from is machine-written and no speaker has reviewed it.",
            licence="CC0-1.0",
        )
        files = copy_sample(language, place.root / "text")
        durable.write_text(place.recipe, new_recipe(project, ("text",), budget).replace('# licence = "unknown"', 'licence = "CC0-1.0"'))
        say.note(f"{len(files)} documents in {place.root / 'text'}")
    recipe = read_recipe(place.recipe)
    with stoppable(say):
        try:
            artifacts = grow(place, recipe, say)
        except BudgetError:
            say.warn(f"this computer is too slow for {budget}: going on with {SLOW_BUDGET}")
            slow = dataclasses.replace(recipe.settings["plan"], budget=SLOW_BUDGET)
            artifacts = grow(place, dataclasses.replace(recipe, settings={**recipe.settings, "plan": slow}), say)
    _let_it_write(place, say)
    facts = artifacts["release"].facts
    next_steps = _what_next(place, folder, artifacts["corpus"].facts["bytes"], time.monotonic() - began_s)
    write_result({}, False, f"\n{facts['label_text']}\n\n{next_steps}")


def _let_it_write(place: Project, say: Say) -> None:
    """Let the model write on from the first words of a document that it has not learnt from."""
    from mbegu.core.documents import read_documents
    from mbegu.recipes.models import QUICK_FIRST, open_engine

    say.title("The model writes on from words that it has not seen together")
    engine = open_engine(place.root, QUICK_FIRST)
    for document in list(read_documents(place.grown / "corpus" / "heldout.parquet"))[:2]:
        start = " ".join(document.text.split()[:PROMPT_WORDS])
        written = "".join(engine.complete(start, 40, temperature=0.7, seed=1))
        write_result({}, False, f"  {start}│{' '.join(written.split())}")


def _what_next(place: Project, folder: Path, text_bytes: int, seconds: float) -> str:
    program = program_here()
    commands = {
        f'{typed("complete", folder, program=program)} "..."': "let it write on from your own words",
        f"{typed('new', 'my-language', program=program)} --language CODE --text PATH": "make a project from your own text (a file or a folder)",
        f"{typed('grow', 'my-language', '--budget', '30min', program=program)}": "grow it; stop and go on at any time",
    }
    widest = max(map(display_width, commands))
    return "\n".join(
        [
            f"That took {format_seconds(seconds)}. A model of {format_bytes(text_bytes)} of text can do little; yours will have more. Next:",
            *(f"  {command}{' ' * (widest - display_width(command))}  {what}" for command, what in commands.items()),
            f"The label opens in a browser, offline: {place.release / 'label.html'}",
        ]
    )
