"""Does the 90 % interval of the energy model hold 90 % of computers? Leaves each measured computer out and looks.

    python bench/energy_calibration.py

Prints a table for each kind of computer: how many; watts with range; and the share of computers that are held by a range in whose making
they had no part: leaving one computer out, and leaving all of one year out. Centre, deviation and reach are found anew each time. The median
error is the factor between a computer and the centre of all others.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Sequence

from mbegu.ledger.energy.calibration import COVERAGE, MeasuredMachine, Watts, idle_watts, measured_machines, range_of, work_watts

KINDS = ("laptop", "desktop", "server", "board")
QUANTITIES: dict[str, tuple[Callable[[MeasuredMachine], float], Callable[[str], Watts]]] = {
    "above idle, one busy core": (lambda each: each.work_w_per_core, work_watts),
    "idle, a computer (of a server: one core)": (lambda each: each.idle_w_per_unit, idle_watts),
}


def held(values: Sequence[float], groups: Sequence[object]) -> int:
    """Return how many values lie in the range made from the values of all other groups."""
    count = 0
    for group in set(groups):
        found = range_of([value for value, its in zip(values, groups, strict=True) if its != group])
        count += sum(found.low <= value <= found.high for value, its in zip(values, groups, strict=True) if its == group)
    return count


def median_factor(values: Sequence[float]) -> float:
    """Return the median factor between a value and the centre of all others."""
    total, count = sum(map(math.log, values)), len(values)
    return math.exp(statistics.median(abs(math.log(value) - (total - math.log(value)) / (count - 1)) for value in values))


def main() -> None:
    """Print the tables."""
    print(f"{len(measured_machines())} measured computers; a range is to hold {COVERAGE:.0%} of those left out")
    for name, (watts_of, fitted) in QUANTITIES.items():
        print(f"\nwatts {name}")
        print(f"  {'kind':<8} {'n':>4} {'low':>7} {'centre':>7} {'high':>7} {'one out':>8} {'year out':>8} {'median error':>13}")
        sums = [0, 0]
        for kind in KINDS:
            machines = [each for each in measured_machines() if each.kind == kind]
            values, years, watts = [watts_of(each) for each in machines], [each.year for each in machines], fitted(kind)
            counts = held(values, range(len(values))), held(values, years)
            sums = [total + count for total, count in zip(sums, counts, strict=True)]
            shares = [f"{count / len(values):.1%}" for count in counts]
            print(
                f"  {kind:<8} {len(values):>4} {watts.low:>7.2f} {watts.central:>7.2f} {watts.high:>7.2f} "
                f"{shares[0]:>8} {shares[1]:>8} {f'factor {median_factor(values):.2f}':>13}"
            )
        shares = [f"{total / len(measured_machines()):.1%}" for total in sums]
        print(f"  {'all':<8} {len(measured_machines()):>4} {'':>23} {shares[0]:>8} {shares[1]:>8}")


if __name__ == "__main__":
    main()
