"""Text in pictures, recognised by the program Tesseract where it is installed; nothing is ever fetched.

Letters are looked for with the data of the text's language. With the data of another language the marks that this one does not have
would be lost without a word, so a language without data is refused, and the message names what is installed.
"""

from __future__ import annotations

import shutil
import subprocess
from functools import lru_cache
from pathlib import Path

from mbegu.core import durable
from mbegu.corpus.findings import DAMAGED, UNSUPPORTED, ReadError
from mbegu.corpus.readers.context import Context
from mbegu.corpus.readers.languages import same_language

PROGRAM = "tesseract"
PAGE_TIMEOUT_S = 300
HOW_TO_INSTALL = (
    "this holds a picture of text: install the program Tesseract and its data for your language (tesseract-ocr.github.io), then do it again"
)
# Where no language is known there are no settings either in which it could be named: documents that are asked, files that are looked at.
RECOGNISE_FIRST = "this holds a picture of text, and in which language is not known here: recognise it with an OCR program first, and give the result"


def recognise(image: bytes, name: str, context: Context) -> str:
    """Return the text in a picture.

    Args:
        image: a picture in a format of files (PNG, JPEG, TIFF).
        name: of the picture, for the copy that ``context.keep_images`` asks for.
        context: settings and findings; ``ocr_language`` in the settings, else the language, says which letters to look for.

    Raises:
        ReadError: Tesseract is not installed, has no data for the language, or cannot read the picture.
    """
    data = language_data(context)
    if context.keep_images is not None:
        _keep(image, name, context.keep_images)
    try:
        run = subprocess.run([PROGRAM, "stdin", "stdout", "-l", data], input=image, capture_output=True, timeout=PAGE_TIMEOUT_S, check=False)
    except subprocess.TimeoutExpired as error:
        raise ReadError(DAMAGED, f"Tesseract did not end within {PAGE_TIMEOUT_S} s") from error
    if run.returncode != 0:
        said = " ".join(run.stderr.decode("utf-8", "replace").split())
        raise ReadError(DAMAGED, f"Tesseract cannot read the picture: {said[-200:]}")
    return run.stdout.decode("utf-8", "replace").replace("\f", "\n").strip()


def language_data(context: Context) -> str:
    """Return the name of Tesseract's data for the text.

    Raises:
        ReadError: Tesseract or the data is not installed, or no language is named.
    """
    wanted = context.settings.ocr_language
    if not wanted and not context.language:
        raise ReadError(UNSUPPORTED, RECOGNISE_FIRST)
    if shutil.which(PROGRAM) is None:
        raise ReadError(UNSUPPORTED, HOW_TO_INSTALL)
    installed = _installed()
    if wanted:
        missing = [part for part in wanted.split("+") if part not in installed]
        if missing:
            raise ReadError(UNSUPPORTED, f"Tesseract has no data '{missing[0]}' (ocr_language in [corpus]); installed: {_names(installed)}")
        return wanted
    found = [name for name in installed if same_language(name, context.language)]
    if not found:
        how = f"install it, or name other data under ocr_language in [corpus]; installed: {_names(installed)}"
        raise ReadError(UNSUPPORTED, f"Tesseract has no data for '{context.language}': {how}")
    return found[0]


@lru_cache(maxsize=1)
def _installed() -> tuple[str, ...]:
    run = subprocess.run([PROGRAM, "--list-langs"], capture_output=True, timeout=60, check=False)
    lines = run.stdout.decode("utf-8", "replace").splitlines()
    return tuple(line.strip() for line in lines[1:] if line.strip() and line.strip() != "osd")


def _names(installed: tuple[str, ...]) -> str:
    return ", ".join(installed) or "none"


def _keep(image: bytes, name: str, folder: Path) -> None:
    """Put the picture beside the text under a flat name, so that no name in a file can reach outside the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    flat = "".join(sign if sign.isalnum() or sign in "-_." else "_" for sign in name).lstrip(".")[-150:]
    with durable.replace_file(folder / flat) as file:
        file.write(image)
