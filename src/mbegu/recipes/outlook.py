"""``mbegu plan``: what would run, and what to expect of it. Reads the text and measures the computer, but trains nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mbegu.core.artifacts import Artifact
from mbegu.core.report import Say, format_table
from mbegu.core.settings import as_table
from mbegu.core.steps import Inputs, Project
from mbegu.core.units import format_bytes, format_seconds
from mbegu.ledger.energy.value import Energy
from mbegu.recipes.catalog import load
from mbegu.recipes.recipe import Recipe
from mbegu.recipes.runner import StepState, grow, look_ahead


@dataclass(frozen=True)
class Outlook:
    """What would happen to each step, the plan, and what it would cost in money where the recipe names a tariff."""

    states: list[StepState]
    plan: Any
    cost: str
    saved: str

    def as_json(self) -> dict[str, Any]:
        """Return everything as plain values."""
        return {
            "steps": [{"step": state.step.name, "action": state.action, "why": state.why} for state in self.states],
            "plan": {name: as_table(getattr(self.plan, name)) for name in ("model", "training", "computer", "expected")},
            "cost": self.cost,
            "saved": self.saved,
        }

    def text(self) -> str:
        """Return the table of steps and what to expect, for people."""
        expected = self.plan.expected
        energy = Energy(expected.energy_kwh, expected.energy_kwh_low, expected.energy_kwh_high, expected.energy_method, "training and what follows")
        rows = [
            ("time", format_seconds(expected.seconds)),
            ("memory", format_bytes(expected.memory_bytes)),
            ("disk", format_bytes(expected.disk_bytes)),
            ("energy", energy.text()),
            ("cost", self.cost),
            ("model", f"{expected.parameters / 1e6:.1f} M parameters, {expected.passes:.1f} passes over the text"),
            ("bits per byte", f"{expected.bits_per_byte:.3f} ({expected.bits_per_byte_low:.3f} to {expected.bits_per_byte_high:.3f})"),
        ]
        steps = format_table(("step", "would", "why"), [(state.step.name, state.action, state.why) for state in self.states])
        saved = f"\n\nSaved: {self.saved}" if self.saved else "\n\nNot saved: with --save, or at `mbegu grow`, it becomes plan.toml."
        return f"{steps}\n\n{format_table(('expected', ''), rows)}{saved}"


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
    done = grow(place, recipe, say, upto="tokenizer")
    say.title("plan: measure the computer and choose model, passes and schedule")
    plan = _plan(place, recipe, done, say, anew=save)
    if save:
        load("mbegu.train.planfile:write_plan")(place.plan, plan)
    return Outlook(look_ahead(place, recipe, say), plan, _cost(recipe, plan.expected), str(place.plan) if save else "")


def _plan(place: Project, recipe: Recipe, done: Mapping[str, Artifact], say: Say, *, anew: bool) -> Any:
    """Return the project's plan where there is one and it is wanted, else a new one."""
    if place.plan.is_file() and not anew:
        say.note("plan.toml is there and would be followed to the letter")
        return load("mbegu.train.planfile:read_plan")(place.plan)
    inputs = Inputs(recipe.project, place, done)
    return load("mbegu.train.budget:make_plan")(recipe.settings["plan"], inputs, say)


def _cost(recipe: Recipe, expected: Any) -> str:
    tariff = recipe.project.tariff_per_kwh
    if not tariff:
        return "not reckoned: the recipe names no tariff"
    low, high = expected.energy_kwh_low * tariff, expected.energy_kwh_high * tariff
    return f"{low:.2f} to {high:.2f} {recipe.project.currency}".rstrip()
