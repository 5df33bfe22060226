from __future__ import annotations

import pytest

from mbegu.core.errors import SettingsError
from mbegu.core.units import format_bytes, format_count, format_seconds, parse_budget


@pytest.mark.parametrize(
    ("text", "budget"),
    [
        ("30min", ("s", 1800)),
        ("4h", ("s", 14400)),
        (" 1.5 h ", ("s", 5400)),
        ("1,5h", ("s", 5400)),
        ("90s", ("s", 90)),
        ("2 days", ("s", 172800)),
        ("20m", ("s", 1200)),
        ("30MIN", ("s", 1800)),
        ("2kWh", ("kwh", 2.0)),
        ("300Wh", ("kwh", 0.3)),
        ("0.25 kwh", ("kwh", 0.25)),
        ("1500s", ("s", 1500)),
    ],
)
def test_budgets_are_read(text: str, budget: tuple[str, float]) -> None:
    unit, amount = parse_budget(text)
    assert (unit, amount) == (budget[0], pytest.approx(budget[1]))


@pytest.mark.parametrize(
    "text", ["", "30", "min", "0h", "-1h", "1h30", "4 hours 5 min", "1e3h", "2kW", "3 weeks", "1,500 min", "9" * 400 + "h", "nan h", "٪h", "1..5h"]
)
def test_what_is_no_budget_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(SettingsError, match=r"is not a budget.*30min or 4h.*2kWh") as caught:
        parse_budget(text)
    assert f"'{text}'" in caught.value.what


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (12.4, "12 s"), (59.6, "1 min 00 s"), (200, "3 min 20 s"), (3599.7, "1 h 00 min"), (14700, "4 h 05 min"), (90000, "25 h 00 min")],
)
def test_durations(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text


@pytest.mark.parametrize(("count", "text"), [(0, "0 B"), (512, "512 B"), (1300, "1.3 kB"), (1.3e6, "1.3 MB"), (2.1e9, "2.1 GB"), (5e12, "5000.0 GB")])
def test_sizes(count: float, text: str) -> None:
    assert format_bytes(count) == text


def test_counts() -> None:
    assert format_count(1234567) == "1,234,567"
