"""Which language each line of text is in: taught by a community from its own lines, with a kept library for what nobody taught."""

from mbegu.corpus.identify.identifier import UNKNOWN, Guess, Identifier, Span

__all__ = ["UNKNOWN", "Guess", "Identifier", "Span"]
