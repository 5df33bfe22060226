"""The carbon dioxide that electricity stands for, and its price: energy x figure of the country's grid, always with a range."""

from __future__ import annotations

import functools
import json
from dataclasses import asdict, dataclass
from importlib import resources
from typing import Any

from mbegu.core.errors import SettingsError
from mbegu.core.settings import near
from mbegu.core.steps import ProjectSettings
from mbegu.ledger.energy.value import Energy, two_digits

# Allowances of ours around the published figure of a year, which is per kWh generated. A tenth less: other years, imports. Half
# more: a kWh at the socket needs more at the power station (networks lose 5 to 25 per cent), times a tenth for other years.
LOW_FACTOR = 0.9
HIGH_FACTOR = 1.5


@dataclass(frozen=True)
class Grid:
    """Grams of CO2 equivalents for one kWh, with range, of a country's grid or of a source of one's own."""

    code: str
    name: str
    grams_per_kwh: float
    low_grams_per_kwh: float
    high_grams_per_kwh: float
    year: int
    source: str


@dataclass(frozen=True)
class CarbonRange:
    """Grams of CO2 equivalents with range, for which grid, and from what energy (with its method)."""

    grams: float
    low_grams: float
    high_grams: float
    grid: Grid
    energy_method: str

    def text(self) -> str:
        """Return amount, range, place and source, such as ``11 g CO2e (5.1 to 27; Nigeria 2023: 523 g/kWh)``."""
        amounts = (two_digits(each) for each in (self.grams, self.low_grams, self.high_grams))
        amount, low, high = amounts
        return f"{amount} g CO2e ({low} to {high}; {self.grid.name} {self.grid.year}: {self.grid.grams_per_kwh:.0f} g/kWh)"

    def as_json(self) -> dict[str, Any]:
        """Return all fields as plain JSON values."""
        return asdict(self)


@dataclass(frozen=True)
class CostRange:
    """Price of an energy, with range; ``reckoned_from`` says by what price, ``energy_method`` how the energy is known."""

    amount: float
    low: float
    high: float
    currency: str
    reckoned_from: str
    energy_method: str

    def text(self) -> str:
        """Return amount, range and price, such as ``4.6 NGN (2.1 to 7.5; 225 a kWh)``."""
        amount, low, high = (two_digits(each) for each in (self.amount, self.low, self.high))
        return f"{amount} {self.currency}".rstrip() + f" ({low} to {high}; {self.reckoned_from})"

    def as_json(self) -> dict[str, Any]:
        """Return all fields as plain JSON values."""
        return asdict(self)


def find_grid(country: str, energy_source: str = "") -> Grid | None:
    """Return the figures of a country's grid, or of a source of one's own that takes its place.

    Args:
        country: ISO 3166 code of two or three letters; may be empty.
        energy_source: ``diesel`` or ``solar``; empty for the grid.

    Returns:
        The figures; ``None`` when neither is named.

    Raises:
        SettingsError: the code or the source is not known.
    """
    if energy_source:
        return _source(energy_source)
    if not country:
        return None
    code = country.strip().upper()
    countries: dict[str, dict[str, Any]] = _figures()["countries"]
    for two, values in countries.items():
        if code in (two, values["iso3"]):
            return _grid(two, values)
    hint = f"use a code of two letters such as NG{near(code, list(countries))}, or leave it empty"
    raise SettingsError(f"no carbon figure is known for the country '{country}'", "[project] country", hint)


def why_not_reckoned(energy: Energy | None) -> str:
    """Return why carbon and price cannot be reckoned from this energy; empty where they can: the part of an energy would pass for all of it."""
    if energy is None:
        return "not reckoned: the energy was not measured"
    return f"not reckoned: the energy is known only without {energy.left_out}" if energy.left_out else ""


def carbon_of(energy: Energy, country: str, energy_source: str = "") -> CarbonRange | None:
    """Return the carbon of an energy; ``None`` when no country and no source is named. Raises ``SettingsError`` as ``find_grid``."""
    grid = find_grid(country, energy_source)
    if grid is None:
        return None
    return CarbonRange(
        energy.kwh * grid.grams_per_kwh,
        energy.low_kwh * grid.low_grams_per_kwh,
        energy.high_kwh * grid.high_grams_per_kwh,
        grid,
        energy.method,
    )


def cost_of(energy: Energy, project: ProjectSettings) -> CostRange | None:
    """Return the price of an energy: by the tariff, or by the diesel that a generator burns for it; ``None`` when neither has a price."""
    per_kwh, reckoned_from = (project.tariff_per_kwh,) * 3, f"{project.tariff_per_kwh:g} a kWh"
    if project.fuel_price_per_litre > 0 and project.energy_source == "diesel":
        fuel = _figures()["sources"]["diesel"]
        litres = (fuel["litres_per_kwh"], fuel["low_litres_per_kwh"], fuel["high_litres_per_kwh"])
        per_kwh = (litres[0] * project.fuel_price_per_litre, litres[1] * project.fuel_price_per_litre, litres[2] * project.fuel_price_per_litre)
        reckoned_from = f"diesel at {project.fuel_price_per_litre:g} a litre, {litres[0]:g} litres a kWh, from {litres[1]:g} to {litres[2]:g}"
    if per_kwh[0] <= 0:
        return None
    amounts = (energy.kwh * per_kwh[0], energy.low_kwh * per_kwh[1], energy.high_kwh * per_kwh[2])
    return CostRange(*amounts, project.currency, reckoned_from, energy.method)


@functools.cache
def _figures() -> dict[str, Any]:
    text = resources.files("mbegu.ledger.energy").joinpath("data/grid.json").read_text(encoding="utf-8")
    figures: dict[str, Any] = json.loads(text)
    return figures


def _grid(code: str, values: dict[str, Any]) -> Grid:
    grams = float(values["grams_per_kwh"])
    # Emissions are published in steps of 10,000 t: for a small grid the step alone moves the figure.
    step = float(values["rounding_grams_per_kwh"])
    low, high = max(grams - step, 0.0) * LOW_FACTOR, (grams + step) * HIGH_FACTOR
    return Grid(code, values["name"], grams, low, high, int(values["year"]), _figures()["source"])


def _source(name: str) -> Grid:
    sources: dict[str, dict[str, Any]] = _figures()["sources"]
    if name not in sources:
        raise SettingsError(
            f"'{name}' is not a source of electricity that is known", fix=f"use one of: {', '.join(sources)}{near(name, list(sources))}"
        )
    values = sources[name]
    grams = (values["grams_per_kwh"], values["low_grams_per_kwh"], values["high_grams_per_kwh"])
    return Grid(name, values["name"], *grams, int(values["year"]), values["source"])
