"""What is wrong with the settings of cleaning, all of it at once, before anything is read or written."""

from __future__ import annotations

from encodings.aliases import aliases

from mbegu.core.errors import SettingsError
from mbegu.core.language import parse_language
from mbegu.core.settings import near
from mbegu.corpus.clean.hiding import Hiding
from mbegu.corpus.clean.reasons import REASONS
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.clean.stages import make_identifier, make_rewriter
from mbegu.corpus.settings import is_encoding

NAMELESS = "a language that has no code of its own"  # what codes such as qaa need; the recipe knows its name


def check_settings(settings: CleanSettings) -> None:
    """Refuse languages, reasons and encodings that do not exist. Raises ``SettingsError`` with all of them."""
    problems: list[str] = []
    for code in (settings.language, *settings.keep_languages):
        try:
            parse_language(code, NAMELESS)
        except SettingsError as error:
            problems.append(error.one_line())
    unknown = [reason for reason in settings.leave_in if reason not in REASONS]
    problems += [f"'{reason}' is no reason for which cleaning drops text{near(reason, REASONS)}." for reason in unknown]
    if unknown:
        problems.append(f"The reasons are: {', '.join(REASONS)}.")
    if settings.encoding and not is_encoding(settings.encoding):
        problems.append(f"'{settings.encoding}' is no encoding{near(settings.encoding.lower(), sorted({*aliases, *aliases.values()}))}.")
    if problems:
        raise SettingsError(" ".join(problems))


def check_all(settings: CleanSettings) -> None:
    """Check settings, rules, model and lists before the first file is read.

    Raises:
        SettingsError: a language, a reason, an encoding, a rule or a region is not known.
        InputError, DamageError: the model or a list cannot be read, or is none.
    """
    check_settings(settings)
    make_rewriter(settings)
    make_identifier(settings)
    Hiding(settings)
