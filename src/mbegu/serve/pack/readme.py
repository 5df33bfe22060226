"""The text beside an app that says how to open it, in every language of the page."""

from __future__ import annotations

import json

from mbegu.serve.page.files import languages, page_files

README = "READ-ME.txt"
BYTE_ORDER_MARK = "\ufeff"  # or Notepad of older Windows reads it as something else than UTF-8


def readme_text(file: str, name: str) -> bytes:
    """Return the text, UTF-8, a paragraph a language.

    Args:
        file: the name of the app's file.
        name: the name of the model.
    """
    paragraphs = []
    for language in languages():
        words = json.loads(page_files()[f"words/{language['code']}.json"])["words"]
        lines = [words[each].replace("{file}", file) for each in ("app_open", "app_private", "caution")]
        paragraphs.append("\n".join([f"{language['name']}: {name}", *lines, *filter(None, [words["translation"]])]))
    return (BYTE_ORDER_MARK + "\r\n\r\n".join(paragraphs).replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n").encode("utf-8")
