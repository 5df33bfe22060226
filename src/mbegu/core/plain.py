"""Text of others made plain: it stays on its line and commands no terminal. Everything that Mbegu shows passes through here."""

from __future__ import annotations

import re

# What a terminal obeys or what hides in a line: C0 and C1 controls, line separators, direction overrides and isolates, invisible tags.
COMMANDS = re.compile("[\\x00-\\x08\\x0a-\\x1f\\x7f-\\x9f\\u2028-\\u202e\\u2066-\\u2069\\U000e0000-\\U000e007f]")


def plain(text: str) -> str:
    """Return text of others, such as the name of a file, on one line and without what commands a terminal.

    Control characters but the tab, ends of lines, direction overrides and invisible tags become U+FFFD. Joiners and plain direction marks
    stay, which Arabic script, N'Ko, Khmer and others need.
    """
    return COMMANDS.sub("\ufffd", text)


def plain_lines(text: str) -> str:
    """Return text of several lines, each of them ``plain``."""
    return "\n".join(map(plain, text.split("\n")))
