"""Commands as a person types them: what Mbegu says to do next must run when it is copied."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAM = "mbegu"


def typed(*words: str | Path, program: str = PROGRAM) -> str:
    """Return a command in one line, its words quoted as the terminal here needs it."""
    whole = [os.fspath(word) for word in (program, *words)]
    return subprocess.list2cmdline(whole) if os.name == "nt" else shlex.join(whole)


def program_here() -> str:
    """Return how Mbegu is called from this folder: by its name, or by its place where the terminal does not find it by name."""
    place = Path(sys.executable).with_name(f"{PROGRAM}.exe" if os.name == "nt" else PROGRAM)
    if shutil.which(PROGRAM) or not place.is_file():
        return PROGRAM
    place, here = place.with_suffix(""), Path.cwd()
    return os.fspath(place.relative_to(here) if here in place.parent.parents else place)
