"""The interface that every energy meter has."""

from __future__ import annotations

from typing import Protocol

from mbegu.ledger.energy.value import Energy


class Meter(Protocol):
    """Tells the energy since ``start``. ``read`` may be called often; ``trouble`` says why it returned ``None``."""

    trouble: str

    def start(self) -> None:
        """Begin to count at zero."""

    def read(self) -> Energy | None:
        """Return the energy since ``start``, or ``None`` when this meter cannot tell it (for example a charger was plugged in)."""
