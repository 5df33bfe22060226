import random
import statistics

import pytest

from mbegu.ledger.energy.calibration import COVERAGE, idle_watts, measured_machines, range_of, work_watts

KINDS = ("laptop", "desktop", "server", "board")


def values_of(kind: str, quantity: str) -> list[float]:
    return [getattr(each, quantity) for each in measured_machines() if each.kind == kind]


def test_every_measurement_is_whole_and_has_a_source():
    assert {each.kind for each in measured_machines()} == set(KINDS) and len(measured_machines()) >= 200
    for each in measured_machines():
        assert 0 < each.idle_w < each.load_w and each.cores >= 1 and 2000 < each.year < 2030 and each.source, each
    names = [(each.kind, each.machine) for each in measured_machines()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("quantity", ["work_w_per_core", "idle_w_per_unit"])
def test_the_range_holds_90_of_100_computers_that_had_no_part_in_it(kind, quantity):
    values = values_of(kind, quantity)
    held = 0
    for index, value in enumerate(values):
        watts = range_of(values[:index] + values[index + 1 :])
        held += watts.low <= value <= watts.high
    assert held / len(values) >= COVERAGE


@pytest.mark.parametrize("kind", KINDS)
def test_the_range_is_no_wider_than_it_needs_to_be(kind):
    watts, values = work_watts(kind), values_of(kind, "work_w_per_core")
    assert watts.low >= min(values) / 1.2 and watts.high <= 2 * max(values)


def test_the_range_holds_the_next_computer_of_the_same_lot():
    chance = random.Random(1)
    held = 0
    for _ in range(300):
        lot = [chance.lognormvariate(1.0, 0.7) for _ in range(31)]
        watts = range_of(lot[:-1])
        held += watts.low <= lot[-1] <= watts.high
    assert 0.86 <= held / 300 <= 0.97


def test_a_kind_that_is_not_known_may_be_any():
    for watts_of in (work_watts, idle_watts):
        known, unknown = [watts_of(kind) for kind in KINDS], watts_of("unknown")
        assert (unknown.low, unknown.high) == (min(each.low for each in known), max(each.high for each in known))
        assert unknown.central == pytest.approx(statistics.geometric_mean(each.central for each in known))


def test_too_few_measurements_are_refused():
    with pytest.raises(ValueError, match="8 values cannot be calibrated"):
        range_of([1.0] * 8)
    with pytest.raises(ValueError, match="above zero"):
        range_of([1.0, 2.0, 3.0] * 4 + [0.0])
