"""Licences: what may be done with a mix of texts, why, and whom to credit. A reading of the licences, never legal advice."""

from mbegu.corpus.licences.credits import Credit, attribution, credits_of
from mbegu.corpus.licences.known import Answer, Licence, custom_licences, licence_named
from mbegu.corpus.licences.solve import DISCLAIMER, Because, Conflict, Use, Verdict, solve

__all__ = [
    "DISCLAIMER",
    "Answer",
    "Because",
    "Conflict",
    "Credit",
    "Licence",
    "Use",
    "Verdict",
    "attribution",
    "credits_of",
    "custom_licences",
    "licence_named",
    "solve",
]
