"""``mbegu plan``: what would run, and what to expect of it. Reads the text and measures the computer, but trains nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from mbegu.core.artifacts import Artifact
from mbegu.core.documents import read_documents
from mbegu.core.report import Say, format_table
from mbegu.core.settings import as_table
from mbegu.core.steps import Inputs, Project
from mbegu.core.units import format_bytes, format_seconds
from mbegu.evaluate.more_text import counting_curve, more_text, more_text_words
from mbegu.ledger.energy.carbon import cost_of, why_not_reckoned
from mbegu.ledger.energy.processor_model import idle_energy
from mbegu.ledger.energy.value import Energy
from mbegu.ledger.machine import describe_machine
from mbegu.ledger.store import Ledger
from mbegu.recipes.catalog import BY_NAME, load
from mbegu.recipes.recipe import Recipe
from mbegu.recipes.runner import StepState, grow, hold, look_ahead, recorded

_NOT_SAID = "plan.toml does not say"


@dataclass(frozen=True)
class Outlook:
    """What would happen to each step, the plan, and what it would cost in money where the recipe names a tariff.

    ``more_text`` is what twice the text would save, as in results.json: counted before anything is trained.
    ``saved`` is where the plan was written, empty when it was not; ``is_followed`` whether it is the project's own plan.toml.
    """

    states: list[StepState]
    plan: Any
    energy_in_all: str
    cost: str
    more_text: Mapping[str, Any]
    saved: str
    is_followed: bool

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "steps": [{"step": state.step.name, "action": state.action, "why": state.why} for state in self.states],
            "plan": {name: as_table(getattr(self.plan, name)) for name in ("model", "training", "computer", "expected")},
            "energy_in_all": self.energy_in_all,
            "cost": self.cost,
            "more_text": dict(self.more_text),
            "saved": self.saved,
            "followed": self.is_followed,
        }

    def text(self) -> str:
        """Return the table of steps and what to expect, for people."""
        steps = format_table(("step", "would", "why"), [(state.step.name, state.action, state.why) for state in self.states])
        return f"{steps}\n\n{format_table(('expected', ''), self._rows())}\n\n{self._whereabouts()}"

    def _rows(self) -> list[tuple[str, str]]:
        expected = self.plan.expected
        twice = ("twice the text", more_text_words(self.more_text))
        if not expected.seconds:
            return [("training", f"{self.plan.training.steps:,} steps; this plan.toml does not say what to expect of them"), twice]
        return [
            ("time", format_seconds(expected.seconds)),
            ("memory", format_bytes(expected.memory_bytes)),
            ("disk", format_bytes(expected.disk_bytes)),
            ("energy, work alone", _energy_text(expected)),
            ("energy, in all", self.energy_in_all),
            ("cost", self.cost),
            ("model", f"{expected.parameters / 1e6:.1f} M parameters, {expected.passes:.1f} passes over the text"),
            ("bits per byte", f"{expected.bits_per_byte:.3f} ({expected.bits_per_byte_low:.3f} to {expected.bits_per_byte_high:.3f})"),
            twice,
        ]

    def _whereabouts(self) -> str:
        if self.saved:
            return f"Saved: {self.saved}"
        if self.is_followed:
            return (
                "This is the plan.toml of the project, which `mbegu grow` follows to the letter. What is expected was reckoned when it was made, "
                "for the text of then; --save makes a new one in its place."
            )
        return "Not saved: with --save, or at `mbegu grow`, it becomes plan.toml."


def outlook(place: Project, recipe: Recipe, say: Say, *, save: bool) -> Outlook:
    """Grow corpus and tokenizer where needed, then plan.

    Args:
        place: the project.
        recipe: the checked recipe, with the budget asked for.
        say: told what is measured.
        save: write plan.toml, in place of one that is there.

    Raises:
        MbeguError: as the corpus, tokenizer and plan steps raise.
    """
    if not save and place.plan.is_file():
        load("mbegu.train.planfile:read_plan")(place.plan)  # what is wrong in it is said before the text is read
    done = grow(place, recipe, say, upto="tokenizer")
    say.title(f"plan: {BY_NAME['plan'].summary}")
    with hold(place):
        is_followed = place.plan.is_file() and not save
        plan = _plan(place, recipe, done, say, anew=save)
        if save:
            load("mbegu.train.planfile:write_plan")(place.plan, plan)
    energy = _energy_in_all(plan.expected)
    told = energy.text() if energy else _NOT_SAID
    more = _more_text(done["corpus"])
    return Outlook(look_ahead(place, recipe, say), plan, told, _cost(recipe, energy), more, str(place.plan) if save else "", is_followed)


def _plan(place: Project, recipe: Recipe, done: Mapping[str, Artifact], say: Say, *, anew: bool) -> Any:
    """Return the project's plan where there is one and it is wanted, else a new one."""
    if place.plan.is_file() and not anew:
        say.note("plan.toml is there and would be followed to the letter")
        plan = load("mbegu.train.planfile:read_plan")(place.plan)
        load("mbegu.train.planfile:require_vocabulary")(plan, done["tokenizer"].facts["vocabulary_size"], place.plan)
        return plan
    step = BY_NAME["plan"]
    inputs = Inputs(recipe.project, place, {name: done[name] for name in step.inputs})
    recorder = Ledger(place.ledger).begin(
        step=step.name,
        version=step.version,
        key="",  # of what `mbegu grow` plans: this run made nothing that it could take over
        settings=recipe.settings[step.name],
        inputs={name: artifact.sha256 for name, artifact in inputs.artifacts.items()},
        project=recipe.project,
    )
    with recorded(recorder, say):
        plan = load("mbegu.train.budget:make_plan")(recipe.settings[step.name], inputs, say)
        recorder.finish("done")
    return plan


def _more_text(corpus: Artifact) -> dict[str, Any]:
    """Count 1/4, 1/2 and all of the training text; seconds for megabytes."""
    train, heldout = ([document.text.encode("utf-8") for document in read_documents(corpus.path(f"{side}.parquet"))] for side in ("train", "heldout"))
    return more_text(counting_curve(train, heldout))


def _energy(expected: Any) -> Energy | None:
    """Return the expected energy of the work; ``None`` where plan.toml, which may be written by hand, does not say it with its method."""
    try:
        return Energy(expected.energy_kwh, expected.energy_kwh_low, expected.energy_kwh_high, expected.energy_method, "training and what follows")
    except ValueError:
        return None


def _energy_text(expected: Any) -> str:
    energy = _energy(expected)
    return energy.text() if energy else _NOT_SAID


def _energy_in_all(expected: Any) -> Energy | None:
    """Return the expected energy with that of this computer when idle, for as long as the plan takes."""
    energy = _energy(expected)
    return replace(energy, idle=idle_energy(expected.seconds, describe_machine())).total() if energy else None


def _cost(recipe: Recipe, energy: Energy | None) -> str:
    if energy is None or energy.left_out:
        return why_not_reckoned(energy)
    cost = cost_of(energy, recipe.project)
    return cost.text() if cost else "not reckoned: the recipe names no tariff or price of fuel"
