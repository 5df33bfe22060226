"""Where an identifier is kept when no file is named: with the project, else with the user."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

MODEL_NAME = "identifier.npz"


def default_model(start: Path, environment: Mapping[str, str] = os.environ, platform: str = sys.platform) -> Path:
    """Return the path of the model that is meant where none is named; it need not exist.

    Args:
        start: the folder that one works in; a project is looked for there and in the folders above it.
        environment: variables of the process.
        platform: ``sys.platform``.

    Returns:
        ``identifier.npz`` in the project's folder, or else in the folder for the user's data: LOCALAPPDATA on Windows, Library/Application Support on
        macOS, XDG_DATA_HOME (~/.local/share) elsewhere.
    """
    for folder in (start.resolve(), *start.resolve().parents):
        if (folder / "mbegu.toml").is_file():
            return folder / MODEL_NAME
    home = Path.home()
    if platform == "win32":
        data = Path(environment.get("LOCALAPPDATA") or home / "AppData" / "Local")
    elif platform == "darwin":
        data = home / "Library" / "Application Support"
    else:
        data = Path(environment.get("XDG_DATA_HOME") or home / ".local" / "share")
    return data / "mbegu" / MODEL_NAME
