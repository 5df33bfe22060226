"""The tutorial, command by command, with the built-in sample text standing in for the reader's own.

What a page promises is checked: blocks ``console`` are run, and each line below a command must be said, in order; blocks ``console
interrupted`` are stopped with Ctrl-C when the training's table begins; blocks ``toml FILE`` are changes to that file; comments
``test: ...`` are what the reader does by hand. The quick form trains for a few steps only; the slow one follows the page to the letter.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.docs.pages import DOCS, Call, calls, keeps_promise, parts

from mbegu.core.errors import EXIT_INTERRUPTED
from mbegu.recipes.recipe import read_recipe
from mbegu.samples.builtin import copy_sample

TUTORIAL = DOCS / "tutorial.md"
QUICK_STEPS = {"steps": 24, "evaluate_every_steps": 4, "warmup_steps": 2}
TABLE_BEGINS = "bits/byte"


def test_the_tutorial_in_a_few_steps(tmp_path: Path) -> None:
    follow(tmp_path, shorten_plan)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_tutorial_to_the_letter(tmp_path: Path) -> None:
    follow(tmp_path, lambda folder: None)


def follow(folder: Path, change_plan: Callable[[Path], None]) -> None:
    """Do all that the tutorial says, in a folder."""
    by_hand = {
        "place the text": place_text,
        "shorten the plan": change_plan,
        "copy the release to gift": lambda folder: shutil.copytree(folder / "my-language" / "release", folder / "gift"),
    }
    for part in parts(TUTORIAL):
        kind, _, rest = part.info.partition(" ")
        if kind == "mark":
            by_hand[part.body](folder)
        elif kind == "toml":
            change_recipe(folder / rest, part.body)
        elif kind == "console":
            for call in calls(part.body):
                run(call, folder, interrupted=rest == "interrupted")


def run(call: Call, folder: Path, *, interrupted: bool) -> None:
    """Run one command and hold what it says against the page."""
    if interrupted and os.name == "nt":
        pytest.skip("Ctrl-C cannot be sent to another program here")
    command = [sys.executable, "-m", *call.words]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8") as process:
        assert process.stdout is not None
        said = []
        for line in process.stdout:
            said.append(line)
            if interrupted and TABLE_BEGINS in line:
                process.send_signal(signal.SIGINT)
    text = "".join(said)
    assert process.returncode == (EXIT_INTERRUPTED if interrupted else 0), text
    broken = keeps_promise(call.promised, text)
    assert not broken, f"{' '.join(call.words)} was promised to say {broken!r} and said:\n{text}"


def place_text(folder: Path) -> None:
    """The reader's text: the built-in sample, with its last file kept back."""
    *_, last = copy_sample("yor_Latn", folder / "my-language" / "text")
    last.rename(folder / "new-text.txt")


def shorten_plan(folder: Path) -> None:
    plan = folder / "my-language" / "plan.toml"
    text = plan.read_text(encoding="utf-8")
    for name, value in QUICK_STEPS.items():
        text = re.sub(rf"^{name} = \d+$", f"{name} = {value}", text, flags=re.MULTILINE)
    plan.write_text(text, encoding="utf-8", newline="\n")


def change_recipe(recipe: Path, block: str) -> None:
    """Take the # away from the lines that a block shows, and fill them in, as the reader is told to."""
    text = recipe.read_text(encoding="utf-8")
    table = ""
    for line in block.splitlines():
        if line.startswith("["):
            table = line
        elif line.strip():
            name = line.split(" = ")[0]
            before, head, after = text.partition(f"{table}\n")
            changed, count = re.subn(rf"^(?:# )?{name} = .*$", lambda _, line=line: line, after, count=1, flags=re.MULTILINE)
            assert head, f"the recipe has no {table}"
            assert count, f"the recipe has no line {name}"
            text = before + head + changed
    recipe.write_text(text, encoding="utf-8", newline="\n")
    read_recipe(recipe)


@pytest.mark.parametrize(
    ("promised", "said", "broken"),
    [
        (["a ... c", "d"], "x\na b c\ny\n  d\n", ""),
        (["...", "d"], "a\nd", ""),
        (["d", "a"], "a\nd", "a"),
        (["a b"], "a c", "a b"),
    ],
)
def test_a_broken_promise_is_seen(promised: list[str], said: str, broken: str) -> None:
    assert keeps_promise(promised, said) == broken
