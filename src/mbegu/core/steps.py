"""What a step is handed: the project's own settings, the artifacts it builds on, and where things lie."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from mbegu.core.artifacts import Artifact
from mbegu.core.errors import SettingsError
from mbegu.core.language import Language, parse_language
from mbegu.core.settings import setting


@dataclass(frozen=True)
class ProjectSettings:
    """The [project] table of a recipe: what the model is, whose it is, and where it grows."""

    language: str = setting(help="ISO 639-3 code of the language, with an optional script: yor or yor_Latn")
    name: str = setting("", help="name of the model; the folder's name when empty")
    language_name: str = setting("", help="name of a language that has no code of its own (codes qaa to qtz), or another name for it")
    purpose: str = setting("", help="what the model is for, in one or two sentences; stands in the label", lines=True)
    not_for: str = setting("", help="what the model must not be used for; stands in the label", lines=True)
    licence: str = setting("unknown", help="licence under which you give the model away, an SPDX identifier such as CC-BY-4.0")
    author: str = setting("", help="who grows the model and answers for it")
    country: str = setting(
        "",
        help="country whose electricity grid is used, ISO 3166 code such as NG; carbon is not reckoned when empty",
        pattern="([A-Za-z]{2,3})?",
        pattern_help="an ISO 3166 code of two or three letters, such as NG",
    )
    energy_source: str = setting(
        "",
        help="where the electricity comes from when it is not the country's grid: a diesel generator or solar panels of one's own",
        choices=("", "diesel", "solar"),
    )
    tariff_per_kwh: float = setting(0.0, help="price of electricity; 0: cost is not reckoned", unit="currency/kWh", low=0)
    fuel_price_per_litre: float = setting(
        0.0, help='price of the diesel, in place of a tariff, with energy_source = "diesel"; 0: not used', unit="currency/l", low=0
    )
    currency: str = setting("", help="currency of the tariff or of the fuel's price, such as NGN")
    meter_file: str = setting("", help="CSV file of an energy meter (columns: time in ISO 8601, kWh as a running total); used for energy when given")

    def parsed_language(self) -> Language:
        """Return the language. Raises ``SettingsError`` for an unknown code."""
        return parse_language(self.language, self.language_name)

    def check_price(self) -> None:
        """Refuse prices that contradict each other. Raises ``SettingsError``."""
        if self.fuel_price_per_litre and self.energy_source != "diesel":
            raise SettingsError(
                "[project] fuel_price_per_litre is given, but the electricity is not from a generator", fix='set energy_source = "diesel"'
            )
        if self.fuel_price_per_litre and self.tariff_per_kwh:
            raise SettingsError("[project] has a tariff and a price of fuel", fix="keep the one that you pay: tariff_per_kwh or fuel_price_per_litre")


@dataclass(frozen=True)
class Project:
    """Where the parts of a project folder are."""

    root: Path

    @property
    def recipe(self) -> Path:
        """The recipe, written by the user or by ``mbegu new``."""
        return self.root / "mbegu.toml"

    @property
    def plan(self) -> Path:
        """The plan that ends the training at a number of steps."""
        return self.root / "plan.toml"

    @property
    def grown(self) -> Path:
        """One folder a step."""
        return self.root / "grown"

    @property
    def ledger(self) -> Path:
        """One JSON file a run."""
        return self.root / "ledger"

    @property
    def release(self) -> Path:
        """What one gives away."""
        return self.root / "release"

    def require(self) -> Project:
        """Return self. Raises ``SettingsError`` when the folder holds no recipe."""
        if not self.recipe.is_file():
            raise SettingsError("no project here: mbegu.toml is missing", self.root, "make one with `mbegu new DIR --language CODE --text PATH`")
        return self


@dataclass(frozen=True)
class Inputs:
    """What a step builds on.

    ``project`` are the [project] settings, ``place`` says where the project lies, ``artifacts`` are the sealed outputs of
    the steps before, by step name, already checked against their hashes. ``workers`` is how many processes on this computer may
    share the training; it does not decide what comes out but for rounding, so it is no setting.
    """

    project: ProjectSettings
    place: Project
    artifacts: Mapping[str, Artifact]
    workers: int = 1

    def __getitem__(self, step: str) -> Artifact:
        """Return the output of an earlier step. Raises ``SettingsError`` when it was not declared as an input."""
        if step not in self.artifacts:
            raise SettingsError(f"this step was not given the output of '{step}'")
        return self.artifacts[step]
