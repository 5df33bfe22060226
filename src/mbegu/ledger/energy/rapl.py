"""The processor's own energy counter (RAPL), as Linux shows it in ``/sys/class/powercap``.

Most kernels since 2020 let only root read it (CVE-2020-8694); virtual machines rarely have it. It counts all programs.
"""

from __future__ import annotations

from pathlib import Path

from mbegu.ledger.energy.value import COUNTER, JOULES_PER_KWH, Energy

POWERCAP = Path("/sys/class/powercap")
COUNTED = "processor packages, with all that ran on this computer meanwhile; without screen, memory, disk and power supply"
# Allowance of ours. On processors since Haswell (2013) the counter is a measurement that published comparisons found a few
# per cent off; before that it is the processor's own model.
RELATIVE_ERROR = 0.10
_MICROJOULES_PER_KWH = JOULES_PER_KWH * 1e6


class Rapl:
    """Sums the package domains. Counters wrap after some minutes to hours of full load: call ``read`` at least every few minutes."""

    def __init__(self, powercap: Path = POWERCAP) -> None:
        self.trouble = ""
        self._domains = _package_domains(powercap)
        self._last: list[int] = []
        self._used_uj = 0

    @property
    def is_available(self) -> bool:
        """Whether there is a package domain and all of them can be read."""
        try:
            return bool(self._domains) and all(_number(domain / "energy_uj") >= 0 for domain in self._domains)
        except (OSError, ValueError):
            return False

    def start(self) -> None:
        """Begin to count at zero."""
        self._used_uj = 0
        self._last = [_number(domain / "energy_uj") for domain in self._domains]

    def read(self) -> Energy | None:
        """Return the energy of all packages since ``start``; ``None`` once a counter cannot be read any more."""
        try:
            now = [_number(domain / "energy_uj") for domain in self._domains]
            ranges = [_number(domain / "max_energy_range_uj") for domain in self._domains]
        except (OSError, ValueError) as error:
            self.trouble = f"the processor's energy counter could not be read any more: {error}"
            return None
        self._used_uj += sum(_difference(*each) for each in zip(self._last, now, ranges, strict=True))
        self._last = now
        kwh = self._used_uj / _MICROJOULES_PER_KWH
        return Energy(kwh, kwh * (1 - RELATIVE_ERROR), kwh * (1 + RELATIVE_ERROR), COUNTER, COUNTED, counts_idle=True)


def _package_domains(powercap: Path) -> list[Path]:
    """Return the folders ``intel-rapl:N`` whose name says package (AMD processors use the same names), in order."""
    found = []
    for folder in sorted(powercap.glob("intel-rapl:*")):
        try:
            name = (folder / "name").read_text(encoding="utf-8").strip()
        except OSError:
            continue
        if folder.name.count(":") == 1 and name.startswith("package"):
            found.append(folder)
    return found


def _number(path: Path) -> int:
    return int(path.read_text(encoding="utf-8").strip())


def _difference(before: int, now: int, largest: int) -> int:
    """Return what was added between two readings of a counter that starts again at zero after ``largest``."""
    return now - before if now >= before else now + largest - before
