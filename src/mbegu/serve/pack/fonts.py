"""Fonts that a pack carries for scripts that phones lack, given by the person who makes it, each with its licence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from mbegu.core.errors import InputError, explain_os_error

STYLES = "fonts.css"
FORMATS = {".woff2": "woff2", ".woff": "woff", ".ttf": "truetype", ".otf": "opentype"}
BEGINNINGS = {".woff2": (b"wOF2",), ".woff": (b"wOFF",), ".ttf": (b"\0\1\0\0", b"true"), ".otf": (b"OTTO",)}
LICENCE_NAMES = ("licence", "license", "ofl", "copying")


def read_fonts(paths: Sequence[Path]) -> Mapping[str, bytes]:
    """Return the files that fonts add to a pack: the fonts, their licences, and ``fonts.css``, which names them; nothing without fonts.

    A browser takes a letter from the first font that has it, the device's own first, and fetches a font only when it needs one of its letters.

    Args:
        paths: font files (.woff2, .woff, .ttf, .otf), each with a licence file in its folder or the one above.

    Raises:
        InputError: a file is no font, or its licence does not lie beside it.
    """
    files: dict[str, bytes] = {}
    rules = []
    for number, path in enumerate(paths, 1):
        name = f"fonts/{number}{path.suffix.lower()}"
        files[name] = _read_font(path)
        files[f"fonts/{number}-LICENCE.txt"] = _licence_of(path).read_bytes()
        rules.append(
            f'@font-face {{ font-family: "given-{number}"; src: url("{name}") format("{FORMATS[path.suffix.lower()]}"); font-display: swap; }}\n'
        )
    if files:
        names = ", ".join(f'"given-{number}"' for number in range(1, len(paths) + 1))
        files[STYLES] = f"{''.join(rules)}:root {{ --given-fonts: {names}; }}\n".encode()
    return files


def _read_font(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise explain_os_error(error, path) from error
    if not data.startswith(BEGINNINGS.get(path.suffix.lower(), ())):
        fix = f"give a font in one of the formats {', '.join(FORMATS)}"
        raise InputError("this is no font that browsers read: it does not begin as its ending says", path, fix)
    return data


def _licence_of(path: Path) -> Path:
    for folder in (path.parent, path.parent.parent):
        found = sorted(file for file in folder.iterdir() if file.name.lower().startswith(LICENCE_NAMES) and file.is_file())
        if found:
            return found[0]
    raise InputError(
        "the licence of this font is not beside it, so it cannot be given away", path, "put its licence (OFL.txt, LICENSE) into the same folder"
    )
