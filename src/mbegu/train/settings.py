"""Settings of planning and training as the recipe states them; the numbers of the training itself are in plan.toml."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.settings import setting


@dataclass(frozen=True)
class PlanSettings:
    """The [plan] table: what you can spend."""

    budget: str = setting("30min", help="what the whole `mbegu grow` may take: a time (30min, 4h) or an energy of the computer in all (2kWh)")
    threads: int = setting(0, help="threads to compute with; 0: measured", low=0, high=1024)
    dtype: str = setting("", help="of the computation; empty: measured", choices=("", "float32", "bfloat16"))
    device: str = setting("", help="cpu, cuda or mps; empty: the fastest that is there", choices=("", "cpu", "cuda", "mps"))
    seed: int = setting(0, help="of the first weights, the order of documents and dropout", low=0, high=2**32 - 1)


@dataclass(frozen=True)
class TrainSettings:
    """The [train] table: nothing here changes the model, and a training goes on when it is changed."""

    checkpoint_every_s: float = setting(
        60.0, help="time between two checkpoints: what a power cut can cost at most", unit="s", low=0, high=3600, changes_output=False
    )
    sample_tokens: int = setting(
        24, help="how much the model writes at each look, to be read by people", unit="tokens", low=0, high=256, changes_output=False
    )
