"""Applies chosen rules in one pass: no rule sees what another made, so their order decides only where two find the same place.

Texts are NFC before and after. What a rule changes is widened to whole letters with all their marks, so that the result can be composed.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from mbegu.corpus.rewrite.preview import Preview
from mbegu.corpus.rewrite.rules import Rule, choose_rules
from mbegu.corpus.rewrite.undo import Edit
from mbegu.corpus.scripts import script_of
from mbegu.corpus.words import is_mark, word_regex

_AROUND = 24  # characters before and after a word of foreign letters that tell the script it stands in
_LONGEST_WORD = 80
_HANGUL_JOINING = ("\u1161", "\u11c2")


@dataclass(frozen=True)
class Change:
    """A rule made ``after`` of ``before``, ``count`` times."""

    rule: str
    before: str
    after: str
    count: int


@dataclass(frozen=True)
class Rewritten:
    """The new text, what was changed how often (most frequent first), and the way back (see ``undo.restore``)."""

    text: str
    changes: list[Change]
    edits: tuple[Edit, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """What a rule changes: the text from ``start`` to ``end`` becomes ``after``."""

    start: int
    end: int
    rule: str
    before: str
    after: str


class Rewriter:
    """The chosen rules, ready to be applied.

    Args:
        rule_names: names of rules, or files of rules (``.toml``); with none nothing ever changes.

    Raises:
        SettingsError: a rule is unknown or wrong; lists all of them.
        InputError: a file of rules cannot be read.
    """

    def __init__(self, rule_names: Sequence[str]) -> None:
        self.rules = choose_rules(rule_names)
        self._rank = {rule.name: number for number, rule in enumerate(self.rules)}
        self._sparse: dict[str, list[tuple[Rule, re.Pattern[str]]]] = {}  # by each character that a match can begin with
        for rule in self.rules:
            for start in dict.fromkeys(rule.starts):
                self._sparse.setdefault(start, []).append((rule, re.compile(rule.pattern)))
        self._begins = re.compile(f"[{re.escape(''.join(self._sparse))}]") if self._sparse else None
        self._dense = [(rule, re.compile(rule.pattern)) for rule in self.rules if not rule.starts]

    def apply(self, text: str) -> Rewritten:
        """Return the text rewritten.

        Args:
            text: NFC.
        """
        hits = list(self.hits(text))
        if not hits:
            return Rewritten(text, [])
        parts: list[str] = []
        edits: list[Edit] = []
        done = length = 0
        for start, end, after in _whole_letters(text, hits):
            parts += [text[done:start], after]
            length += start - done
            edits.append(Edit(length, len(after), text[start:end]))
            length += len(after)
            done = end
        parts.append(text[done:])
        counts = Counter((hit.rule, hit.before, hit.after) for hit in hits)
        return Rewritten("".join(parts), [Change(*key, count) for key, count in counts.most_common()], tuple(edits))

    def preview(self, texts: Iterable[str]) -> Preview:
        """Return what the rules would change in some texts, with counts and examples; nothing is changed."""
        preview = Preview()
        for text in texts:
            preview.add(text, self.hits(text))
        return preview

    def hits(self, text: str) -> Iterator[Hit]:
        """Yield what the rules would change, in the order of the text; where two rules meet, the one chosen first has its way."""
        matches = list(self._sparse_matches(text)) if self._begins is not None else []
        if self._dense:
            matches += [(match.start(), match.end(), rule) for rule, pattern in self._dense for match in pattern.finditer(text)]
            matches.sort(key=lambda match: (match[0], self._rank[match[2].name]))
        done = 0
        for start, end, rule in matches:
            if start >= done:
                hit = _hit(rule, text, max(done, start - rule.reach), end)
                if hit is not None:
                    yield hit
                    done = hit.end

    def _sparse_matches(self, text: str) -> Iterator[tuple[int, int, Rule]]:
        """Yield matches of rules that begin with a rare character: these are looked for all at once, then their rules are tried there."""
        assert self._begins is not None
        for begin in self._begins.finditer(text):
            for rule, pattern in self._sparse[begin[0]]:
                if match := pattern.match(text, begin.start()):
                    yield match.start(), match.end(), rule
                    break


def _hit(rule: Rule, text: str, start: int, end: int) -> Hit | None:
    """Return what the rule makes of a match, or ``None`` where it stays."""
    if rule.only_in and not _is_in_script(text, start, end, rule):
        return None
    if rule.on_cluster:
        start, end = _cluster(text, start, end)
    before = text[start:end]
    after = _made(rule, before)
    return None if after is None else Hit(start, end, rule.name, before, after)


@functools.lru_cache(maxsize=20_000)
def _made(rule: Rule, before: str) -> str | None:
    """Return what a rule makes of a text, or ``None`` where that is the same."""
    after = rule.make(before)
    return None if _composed(after) == before else after


@functools.lru_cache(maxsize=20_000)
def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _whole_letters(text: str, hits: Iterable[Hit]) -> list[tuple[int, int, str]]:
    """Widen hits to whole letters with all their marks, join those that meet in one, and compose what they become."""
    spans: list[tuple[int, int, str]] = []
    made, first, done, last = "", 0, -1, -1  # what was made of the text from ``first`` to ``done``; the letter goes on to ``last``
    for hit in hits:
        start, end = _cluster(text, hit.start, hit.end)
        if done >= 0 and start < last:
            made += text[done : hit.start] + hit.after
        else:
            if done >= 0:
                _append_joined(spans, text, first, last, made + text[done:last])
            made, first = text[start : hit.start] + hit.after, start
        done, last = hit.end, max(last, end)
    if done >= 0:
        _append_joined(spans, text, first, last, made + text[done:last])
    return spans


def _append_joined(spans: list[tuple[int, int, str]], text: str, first: int, last: int, made: str) -> None:
    """Append a span; where its base is gone, what is left belongs to the letter before, which is then taken in."""
    while made and _joins(made[0]) and first > 0:
        if spans and spans[-1][1] == first:
            first, _, before = spans.pop()
        else:
            whole, _ = _cluster(text, first - 1, first)
            before, first = text[whole:first], whole
        made = before + made
    spans.append((first, last, _composed(made)))


def _cluster(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a span widened to the base of its first mark and to the last mark that follows."""
    while start > 0 and _joins(text[start]):
        start -= 1
    while end < len(text) and _joins(text[end]):
        end += 1
    return start, end


def _joins(character: str) -> bool:
    """Whether a character is composed with what stands before it: a mark, or a vowel or final of Hangul."""
    return is_mark(character) or _HANGUL_JOINING[0] <= character <= _HANGUL_JOINING[1]


def _is_in_script(text: str, start: int, end: int, rule: Rule) -> bool:
    """Whether most letters of the word at a place are of the rule's script; for a word of foreign letters alone, of the words around."""
    lowest = max(0, start - _LONGEST_WORD)
    word = next((each for each in word_regex().finditer(text, lowest, end + _LONGEST_WORD) if each.start() <= start < each.end()), None)
    own, other = _letters_of(word[0], rule.only_in) if word else (0, 0)
    if word and (own or not rule.alone):
        return own >= other and own > 0
    first, last = (word.start(), word.end()) if word else (start, end)
    own, other = _letters_of(text[max(0, first - _AROUND) : first] + text[last : last + _AROUND], rule.only_in)
    return own > other


def _letters_of(text: str, script: str) -> tuple[int, int]:
    """Return the number of letters of a script and of other scripts."""
    own = other = 0
    for each in text:
        if each.isalpha() and unicodedata.category(each) != "Lm":
            if script_of(each) == script:
                own += 1
            else:
                other += 1
    return own, other
