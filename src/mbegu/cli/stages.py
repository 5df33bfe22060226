"""Every stage as its own command: runs the steps up to it."""

from __future__ import annotations

from pathlib import Path

import click

from mbegu.cli.common import PowerOptions, budget_option, folder_argument, json_option, power_options, quiet_option, workers_option
from mbegu.cli.project import grow_upto, trained_as_other
from mbegu.core.report import write_result


def _stage(name: str, summary: str) -> click.Command:
    @click.command(name, help=summary)
    @folder_argument
    @budget_option
    @power_options
    @json_option
    @quiet_option
    def command(folder: Path, budget: str, power: PowerOptions, as_json: bool, quiet: bool) -> None:
        grow_stage(folder, name, budget, power, as_json, quiet)

    return command


def grow_stage(folder: Path, name: str, budget: str, power: PowerOptions, as_json: bool, quiet: bool, workers: int = 1) -> None:
    """Run the steps up to one and print what it says of itself."""
    artifact = grow_upto(folder, name, budget, power, quiet, workers)[name]
    result = {"step": name, "folder": str(artifact.folder), "manifest_sha256": artifact.sha256, "facts": dict(artifact.facts)}
    write_result(result, as_json, f"{name} is done: {artifact.folder}")


@click.command()
@folder_argument
@budget_option
@power_options
@workers_option
@json_option
@quiet_option
def train(folder: Path, budget: str, power: PowerOptions, workers: int, as_json: bool, quiet: bool) -> None:
    """Train the model of the project in DIR, after the steps before it. `torchrun` starts it on several computers."""
    if not trained_as_other():
        grow_stage(folder, "train", budget, power, as_json, quiet, workers)


corpus = _stage("corpus", "Read, clean, deduplicate and split the text of the project in DIR.")
tokenizer = _stage("tokenizer", "Learn the vocabulary and encode the documents of the project in DIR.")
evaluate = _stage("evaluate", "Measure the model of the project in DIR on held-out documents.")
export = _stage("export", "Write the Hugging Face folder and the GGUF files of the project in DIR, and measure each.")
