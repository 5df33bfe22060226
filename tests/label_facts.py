"""Made-up facts of a whole project, for the tests of label and card."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mbegu.core.artifacts import Artifact
from mbegu.core.steps import Project, ProjectSettings
from mbegu.ledger.energy.value import MODELLED, WORK_COUNTED, Energy, Idle
from mbegu.ledger.record import RunRecord, write_record
from mbegu.ledger.store import Ledger
from mbegu.release.label import Label, gather_label

PROJECT = ProjectSettings(
    language="yor_Latn",
    name="Ọ̀rọ̀ Yorùbá <b>| 1",
    purpose="To suggest the next words while people of our cooperative write letters in Yorùbá.",
    not_for="Advice on health, law or money; anything that must be true.",
    licence="CC-BY-SA-4.0",
    author="Ẹgbẹ́ Àgbẹ̀ Ìlọrin",
    country="NG",
    tariff_per_kwh=225.0,
    currency="NGN",
)
FACTS: dict[str, dict[str, Any]] = {
    "corpus": {
        "documents": 5230,
        "bytes": 8_512_000,
        "train_documents": 4970,
        "heldout_documents": 260,
        "train_bytes": 8_080_000,
        "heldout_bytes": 432_000,
        "overlap_share": 0.004,
        "scripts": {"Latn": 0.9991, "Arab": 0.0009},
        "licences": {"CC-BY-4.0": {"documents": 3100, "bytes": 5_000_000}, "unknown": {"documents": 2130, "bytes": 3_512_000}},
        "sources": [
            {"name": "ìròyìn", "documents": 3100, "bytes": 5_000_000},
            {"name": "رسائل التعاونية", "documents": 900, "bytes": 2_000_000},
            {"name": "ߞߊ߲ߜߍ", "documents": 800, "bytes": 900_000},
            {"name": "ደብዳቤዎች.zip", "documents": 400, "bytes": 512_000},
            {"name": "សំបុត្រ.txt", "documents": 30, "bytes": 100_000},
        ],
        "contributors": {"Ẹgbẹ́ Àgbẹ̀ Ìlọrin": {"documents": 2130, "bytes": 3_512_000}},
        "dropped": {"exact copy": 412, "near copy": 96, "too short": 31},
    },
    "tokenizer": {"vocabulary_size": 8192, "bytes_per_token": {"train": 4.21, "heldout": 4.13}},
    "plan": {"plan": {"model": {"layers": 6, "hidden_size": 256, "context": 256}, "training": {"dropout": 0.1, "seed": 0}}},
    "train": {
        "parameters": 6_841_600,
        "steps": 1450,
        "tokens_seen": 5_939_200,
        "passes": 3.09,
        "threads": 2,
        "dtype": "float32",
        "device": "cpu",
        "seed": 0,
        "validation_bits_per_byte": 1.51,
        "exact_resume": True,
    },
    "evaluate": {
        "model": {"bits_per_byte": 1.4472, "interval": [1.421, 1.475], "bytes": 432_000, "tokens": 104_000, "documents": 260, "engine": "torch"},
        "baselines": {
            "ngram": {"bits_per_byte": 1.6043, "interval": [1.577, 1.634]},
            "ppmd": {"bits_per_byte": 1.5481, "interval": [1.52, 1.578]},
        },
        "verdict": {"verdict": "better", "words": "On held-out text it needs 7 % fewer bits than PPMd, the best model that only counts."},
        "groups": [
            {"name": "ìròyìn", "bits_per_byte": 1.41, "documents": 150},
            {"name": "رسائل التعاونية", "bits_per_byte": 1.72, "documents": 44},
            {"name": "ߞߊ߲ߜߍ", "bits_per_byte": 1.55, "documents": 66},
        ],
        "memory": {
            "prompt_tokens": 50,
            "continued_tokens": 50,
            "training": {"documents": 400, "continued": 2, "share": 0.005, "interval": [0.0006, 0.018], "mean_tokens": 1.3, "left_out": 31},
            "heldout": {"documents": 180, "continued": 0, "share": 0.0, "interval": [0.0, 0.0203], "mean_tokens": 1.1, "left_out": 0},
            "canaries": {
                "tokens": 16,
                "candidates": 1024,
                "groups": [
                    {"times": 1, "lines": 4, "exposure": 1.2, "chance": 0.55, "recognised": False, "completed": 0},
                    {"times": 16, "lines": 1, "exposure": 10.0, "chance": 0.00098, "recognised": True, "completed": 1},
                ],
            },
            "repeats": False,
        },
        "more_text": {
            "method": "PPMd",
            "shares": [0.25, 0.5, 1.0],
            "bits_per_byte": [1.6731, 1.6093, 1.5481],
            "gain_of_twice": 0.0379,
            "interval": [0.0351, 0.0402],
        },
    },
    "export": {
        "files": [
            {"file": "Ọ̀rọ̀-Yorùbá-F16.gguf", "format": "F16", "bytes": 13_900_000, "bits_per_byte": 1.4471},
            {"file": "Ọ̀rọ̀-Yorùbá-Q8_0.gguf", "format": "Q8_0", "bytes": 7_500_000, "bits_per_byte": 1.4480},
            {"file": "Ọ̀rọ̀-Yorùbá-Q4_K_M.gguf", "format": "Q4_K_M", "bytes": 4_700_000, "bits_per_byte": None},
        ]
    },
}
MACHINE = {"processor": "Intel(R) Core(TM) i5-3320M CPU @ 2.60GHz", "usable_cores": 4.0, "memory_bytes": 8_200_000_000, "gpu": ""}


def artifacts_of(facts: Mapping[str, Mapping[str, Any]]) -> dict[str, Artifact]:
    """Return artifacts with these facts, that lie nowhere."""
    made = {}
    for number, (name, values) in enumerate(facts.items()):
        files = {row["file"]: {"sha256": f"{number:x}" * 64, "bytes": row["bytes"]} for row in values.get("files", ()) if isinstance(row, dict)}
        made[name] = Artifact(Path(name), {"facts": dict(values), "sha256": f"{number + 1:x}" * 64, "key": f"key-{name}", "files": files})
    return made


def filled_ledger(folder: Path) -> Ledger:
    """Return a ledger with a run for each step, one of training that was cut off, and one that led nowhere."""
    artifacts = artifacts_of(FACTS)
    runs = [(name, f"key-{name}", "done") for name in FACTS]
    runs[3:3] = [("train", "key-train", "cut off"), ("train", "an older key", "failed")]
    for number, (step, key, status) in enumerate(runs, start=1):
        energy = Energy(0.003, 0.0007, 0.011, MODELLED, WORK_COUNTED, Idle(0.001, 0.0002, 0.005))
        record = RunRecord(number, step, 1, key, "done", "2026-03-01T10:00:00Z", "2026-03-02T10:00:00Z", 300.0, 550.0, machine=MACHINE, energy=energy)
        output = artifacts[step].sha256 if status == "done" else ""
        write_record(folder, dataclasses.replace(record, status=status, outputs_sha256=output, peak_memory_bytes=1_100_000_000))
    return Ledger(folder)


def whole_label(folder: Path, project: ProjectSettings = PROJECT, facts: Mapping[str, Mapping[str, Any]] = FACTS) -> Label:
    """Return the label of the made-up project."""
    return gather_label(Project(folder / "yorùbá"), project, filled_ledger(folder / "ledger"), artifacts_of(facts))
