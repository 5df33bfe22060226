"""What is wrong with the settings of cleaning, all of it at once, before anything is read or written."""

from __future__ import annotations

from encodings.aliases import aliases

from mbegu.core.errors import SettingsError
from mbegu.core.language import parse_language
from mbegu.core.settings import near
from mbegu.corpus.clean.reasons import REASONS
from mbegu.corpus.clean.settings import CleanSettings


def check_settings(settings: CleanSettings) -> None:
    """Refuse languages, reasons and encodings that do not exist. Raises ``SettingsError`` with all of them."""
    problems: list[str] = []
    for code in (settings.language, *settings.keep_languages):
        try:
            parse_language(code)
        except SettingsError as error:
            problems.append(error.one_line())
    unknown = [reason for reason in settings.leave_in if reason not in REASONS]
    problems += [f"'{reason}' is no reason for which cleaning drops text{near(reason, REASONS)}." for reason in unknown]
    if unknown:
        problems.append(f"The reasons are: {', '.join(REASONS)}.")
    if settings.encoding and not _is_encoding(settings.encoding):
        problems.append(f"'{settings.encoding}' is no encoding{near(settings.encoding.lower(), sorted({*aliases, *aliases.values()}))}.")
    if problems:
        raise SettingsError(" ".join(problems))


def _is_encoding(name: str) -> bool:
    """Whether Python can decode text by it; some codecs turn bytes into bytes."""
    try:
        b"a".decode(name, "replace")
    except (LookupError, ValueError):
        return False
    return True
