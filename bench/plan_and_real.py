"""Claim: what `plan` says comes true: time within 15 %, bits per byte within 4 %, memory within 15 %.

    taskset -c 1 python bench/plan_and_real.py --data DIR --scratch FOLDER [--only NAME...]

Ten languages and sizes, each grown as a user would (`mbegu new`, `mbegu grow --budget`) in a process of its own. Time is that of the
whole `grow`; memory is the peak of the train step as the ledger tells it; bits per byte are those on the label. Run it where little else
runs: the plan measures the computer once, at the beginning, and cannot know what others will take from it.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

from mbegu.core.report import format_table
from mbegu.train.planfile import read_plan


@dataclass(frozen=True)
class Run:
    """One run: where the text lies under the data, and how long it may take."""

    language: str
    texts: tuple[str, ...]
    budget: str


RUNS = {
    "yor": Run("yor_Latn", ("raw-text/yor/lacuna-news",), "4min"),
    "amh": Run("amh_Ethi", ("raw-text/amh/masakhaner-news",), "3min"),
    "zul": Run("zul_Latn", ("raw-text/zul/nchlt",), "3min"),
    "wol": Run("wol_Latn", ("raw-text/wol/lacuna-news",), "2min"),
    "bam": Run("bam_Latn", ("raw-text/bam/lacuna-news",), "2min"),
    "swa": Run("swh_Latn", ("raw-text/swa/lacuna-news",), "3min"),
    "hau": Run("hau_Latn", ("raw-text/hau",), "4min"),
    "kin": Run("kin_Latn", ("raw-text/kin",), "4min"),
    "ibo": Run("ibo_Latn", ("raw-text/ibo/lacuna-news",), "3min"),
    "nya": Run("nya_Latn", ("raw-text/nya",), "2min"),
}


def grow(name: str, run: Run, data: Path, folder: Path) -> list[str]:
    """Grow one model and return its row."""
    shutil.rmtree(folder, ignore_errors=True)
    command = [sys.executable, "-m", "mbegu"]
    texts = [part for text in run.texts for part in ("--text", str(data / text))]
    subprocess.run([*command, "new", str(folder), "--language", run.language, *texts], check=True, stdout=subprocess.DEVNULL)
    began_s = time.monotonic()
    subprocess.run([*command, "grow", str(folder), "--budget", run.budget, "--quiet"], check=True, stdout=subprocess.DEVNULL)
    real_s = time.monotonic() - began_s
    expected = read_plan(folder / "plan.toml").expected
    result = json.loads((folder / "grown" / "evaluate" / "results.json").read_text(encoding="utf-8"))["model"]["bits_per_byte"]
    records = [json.loads(path.read_text(encoding="utf-8")) for path in (folder / "ledger").glob("*.json")]
    peak_bytes = max(record.get("peak_memory_bytes") or 0 for record in records if record.get("step") == "train")
    pairs = (
        (expected.seconds, real_s, "{:.0f}"),
        (expected.bits_per_byte, result, "{:.3f}"),
        (expected.memory_bytes / 1e6, peak_bytes / 1e6, "{:.0f}"),
    )
    told = [cell for plan, real, form in pairs for cell in (form.format(plan), form.format(real), f"{100 * (real / plan - 1):+.1f} %")]
    return [name, run.budget, f"{expected.parameters / 1e6:.1f}", f"{expected.passes:.1f}", *told]


def main() -> None:
    """Run them one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--scratch", type=Path, required=True)
    parser.add_argument("--only", nargs="*", choices=RUNS, default=list(RUNS))
    options = parser.parse_args()
    heads = ("text", "budget", "M parameters", "passes", "s planned", "s", "off", "bits per byte planned", "it", "off", "MB planned", "MB", "off")
    rows = []
    for name in options.only:
        rows.append(grow(name, RUNS[name], options.data.resolve(), options.scratch / name))
        print(" | ".join(rows[-1]), flush=True)
    print(format_table(heads, rows))


if __name__ == "__main__":
    main()
