"""Spelling variants brought together by rules that are chosen, shown before they act, counted, and can be undone."""

from mbegu.corpus.rewrite.marks import SourceMarks, mark_consistency
from mbegu.corpus.rewrite.preview import Preview
from mbegu.corpus.rewrite.rewriter import Change, Rewriter, Rewritten
from mbegu.corpus.rewrite.rules import Rule, all_rules, rules_for
from mbegu.corpus.rewrite.undo import Edit, edits_from_json, edits_to_json, restore

__all__ = [
    "Change",
    "Edit",
    "Preview",
    "Rewriter",
    "Rewritten",
    "Rule",
    "SourceMarks",
    "all_rules",
    "edits_from_json",
    "edits_to_json",
    "mark_consistency",
    "restore",
    "rules_for",
]
