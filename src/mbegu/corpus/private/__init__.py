"""Private and sacred things: numbers and addresses of people, names, and what a community does not want used."""

from mbegu.corpus.private.found import Found
from mbegu.corpus.private.items import known_regions
from mbegu.corpus.private.redactor import Redacted, Redactor

__all__ = ["Found", "Redacted", "Redactor", "known_regions"]
