"""Settings of exporting as the recipe states them."""

from __future__ import annotations

from dataclasses import dataclass

from mbegu.core.settings import setting


@dataclass(frozen=True)
class ExportSettings:
    """The [export] table: which files are written and how much text each is measured on."""

    formats: tuple[str, ...] = setting(
        ("F16", "Q8_0", "Q4_K_M"),
        help="GGUF files to write: F16 keeps 16 bits a weight, Q8_0 about 8.5, Q4_K_M about 5",
        choices=("F16", "Q8_0", "Q4_K_M"),
    )
    score_bytes: int = setting(60_000, help="held-out text that each file is measured on; whole documents, the same for all", unit="bytes", low=1000)


@dataclass(frozen=True)
class ReleaseSettings:
    """The [release] table: what goes into release/."""

    hugging_face: bool = setting(True, help="also put the Hugging Face folder (hf/) beside the GGUF files")
