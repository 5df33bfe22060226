"""`mbegu corpus`: the first step of a project alone, and everything one does with text outside a project."""

from __future__ import annotations

import click

from mbegu.cli.lazy import CommandTable, LazyGroup

# name: (module, function, one-line summary)
CORPUS_COMMANDS: CommandTable = {
    "step": ("mbegu.cli.stages", "corpus", "step 1 of the project in DIR; what `mbegu corpus DIR` runs"),
    "clean": ("mbegu.cli.corpus_clean", "clean", "clean text: what is kept, what is dropped and why, and a report"),
    "report": ("mbegu.cli.corpus_report", "report", "a page that shows what the text in DIR is made of"),
    "rules": ("mbegu.cli.corpus_rules", "rules", "list rules for spelling variants, and show what they would change"),
    "explain": ("mbegu.cli.corpus_explain", "explain", "tell what happened to a file or a line, and why"),
    "restore": ("mbegu.cli.corpus_clean", "restore", "bring back what was dropped"),
    "leaks": ("mbegu.cli.corpus_leaks", "leaks", "look for test sets in the training text"),
    "licences": ("mbegu.cli.corpus_licences", "licences", "say what may be done with the text, and whom to credit"),
    "withdraw": ("mbegu.cli.corpus_withdraw", "withdraw", "take a giver or a document out of a project, everywhere"),
}


@click.group(cls=LazyGroup, table=CORPUS_COMMANDS, otherwise=("mbegu.cli.stages", "corpus"), subcommand_metavar="[DIR] | COMMAND [ARGS]...")
def corpus() -> None:
    """Text: read, clean, deduplicate, look at it, keep its papers in order.

    `mbegu corpus DIR` runs step 1 of the project in DIR: reads, cleans, deduplicates and splits its text. It takes --budget, --json and --quiet.
    """
