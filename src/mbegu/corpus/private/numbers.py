"""Telephone, identity, card and account numbers: runs of digits, looked at group by group.

A run is seven and more digits with at most three separators between any two. Only runs are looked at closely, so that text without
long numbers costs one fast search. Digits may be of any script with decimal digits; Ethiopic numerals one to nine count as digits too.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from itertools import pairwise

from mbegu.corpus.private.context import ContextWords
from mbegu.corpus.private.found import Found
from mbegu.corpus.private.items import PHONE, Item, PhonePlan, context_words, items, phone_plans

_ETHIOPIC_ONE = 0x1369
_PAST_DIGITS = 0x20000  # all digits of Unicode 16 and the blocks in which more may come
TO_ASCII = {code: str(unicodedata.decimal(chr(code))) for code in range(_PAST_DIGITS) if chr(code).isdecimal()}
TO_ASCII |= {_ETHIOPIC_ONE + value: str(value + 1) for value in range(9)}
# Digits up to U+FFFF, and one range for all beyond: many ranges there cost five times as much for every character.
_ABOUT_DIGITS = "".join(chr(code) for code in sorted(TO_ASCII) if code < 0x10000) + f"\U00010000-{chr(_PAST_DIGITS)}"
_DIGIT = f"[{_ABOUT_DIGITS}](?<=[\\d\u1369-\u1371])"
_BETWEEN = " \u00a0\u2007\u2009\u202f.\\-()\u2010-\u2013"
_HINT = re.compile(f"[{_ABOUT_DIGITS}@°(\\[{{]")
_RUN = re.compile(f"{_DIGIT}(?:[{_BETWEEN}]{{0,3}}{_DIGIT}){{6,}}")
_GROUP = re.compile(f"(?:{_DIGIT})+")
_SPACE = re.compile(r"\s")
_WORDLESS = re.compile(r"[^A-Z0-9]")
_URL_TOKEN = re.compile(r"://|(?i:www\.)|[^\W_]\.[a-z]{2,24}/")  # a domain in small letters: a title with its name is none (Dr.Ali/)
# Addresses that name whom to call. Source: RFC 3966 (tel), RFC 5724 (sms), "How to use click to chat" of WhatsApp, "Deep links" of Telegram.
_CALL = re.compile(
    r"(?<!\w)(?:(?:tel|sms):(?://)?|(?:wa|t)\.me/|(?:api\.whatsapp\.com/|whatsapp://)send/?\?(?:[^\s?]*&)?phone=)(?:\+|%2B)?$", re.IGNORECASE
)
_CALL_MOST = 100  # characters of an address before the number that it calls
_AROUND = 36  # an IBAN of 34 characters and a space
_MOST_GROUPS = 8
_FEWEST_DIGITS, _MOST_DIGITS = 7, 34  # the longest: an IBAN
_PHONE_DIGITS = range(7, 16)  # E.164: at most 15
Group = tuple[int, int, str]


def may_hold(text: str) -> bool:
    """Whether a text holds one of the signs without which there is no private number or address in it."""
    return _HINT.search(text) is not None or "://" in text


class NumberFinder:
    """Finds the numbers of some countries and those without a country."""

    def __init__(self, regions: Sequence[str]) -> None:
        chosen = [item for item in items() if not item.regions or set(item.regions) & set(regions)]
        kinds = {kind: ContextWords(words) for kind, words in context_words().items()}
        self._plans = [phone_plans()[region] for region in regions if region in phone_plans()]
        self._all_plans = list(phone_plans().values())
        self._digits = sorted((item for item in chosen if not item.has_letters), key=_rank)
        self._letters = [(item, re.compile(rf"(?<![^\W_])(?:{item.pattern.pattern})(?![^\W_])")) for item in chosen if item.has_letters]
        self._context = {item.name: ContextWords(item.words) if item.words else kinds[item.kind] for item in chosen if item.needs_context}
        self._phone_words = kinds[PHONE]
        national = [f"{plan.trunk and plan.trunk + '?'}(?:{plan.mobile.pattern}|{plan.fixed.pattern})" for plan in self._plans]
        self._any_national = re.compile("|".join(national) or "(?!)")
        self._groupings = {sizes for item in chosen for sizes in item.grouped} | {sizes for plan in self._plans for sizes in plan.grouped}
        self._phone_lengths = set(_PHONE_DIGITS) if self._plans else set()

    def find(self, text: str) -> Iterator[Found]:
        """Yield the numbers found, in no particular order; they may overlap where one holds another."""
        for run in _RUN.finditer(text):
            start = _after_address(text, run.start(), run.end())
            if start == run.end():
                continue
            lettered = list(self._with_letters(text, start, run.end()))
            yield from lettered
            groups = [(each.start(), each.end(), each[0].translate(TO_ASCII)) for each in _GROUP.finditer(text, start, run.end())]
            yield from self._in_groups(text, [group for group in groups if not any(one.start <= group[0] < one.end for one in lettered)])
        if "/" in text or "PESA" in text:
            yield from self._short_with_letters(text)

    def _with_letters(self, text: str, start: int, end: int) -> Iterator[Found]:
        """Yield numbers with letters in them that touch a run."""
        lowest, highest = max(0, start - _AROUND), min(len(text), end + _AROUND)
        if text[start:end].isascii() and not _has_capital(text[lowest:highest]):
            return
        for item, pattern in self._letters:
            for match in pattern.finditer(text, lowest, highest):
                if match.start() < end and match.end() > start and self._passes(item, _WORDLESS.sub("", match[0]), text, match.start()):
                    yield Found(match.start(), match.end(), item.kind)

    def _short_with_letters(self, text: str) -> Iterator[Found]:
        """Yield numbers whose digits are too few in a row to be a run: parted by strokes, or mixed with letters near a name."""
        for item, pattern in self._letters:
            if "/" in item.pattern.pattern or (item.needs_context and "PESA" in text):
                for match in pattern.finditer(text):
                    if self._passes(item, _WORDLESS.sub("", match[0]), text, match.start()):
                        yield Found(match.start(), match.end(), item.kind)

    def _in_groups(self, text: str, groups: list[Group]) -> Iterator[Found]:
        """Yield what spans of neighbouring groups are, longest first; no group is used twice."""
        first = 0
        while first < len(groups):
            end = first + 1
            if _may_begin(text, groups, first):
                found, end = self._longest(text, groups, first)
                if found:
                    yield found
            first = end

    def _longest(self, text: str, groups: list[Group], first: int) -> tuple[Found | None, int]:
        """Return the longest span of groups from ``first`` on that is something, and where it ends."""
        start = groups[first][0]
        is_marked = _with_sign(text, start) < start or groups[first][2].startswith("00") or _is_called(text, start)
        sizes = [len(digits) for _, _, digits in groups[first : first + _MOST_GROUPS]]
        for count in range(len(sizes), 0, -1):
            if not _FEWEST_DIGITS <= sum(sizes[:count]) <= _MOST_DIGITS or not (is_marked or self._may_be_written_so(tuple(sizes[:count]))):
                continue
            end = first + count
            span = groups[first:end]
            if not _may_end(text, groups, end) or _opens_only(text[start : span[-1][1]]):
                continue
            kind = self._kind_of(text, span)
            if kind:
                return Found(_with_sign(text, start), span[-1][1], kind), end
        return None, first + 1

    def _may_be_written_so(self, sizes: tuple[int, ...]) -> bool:
        """Whether anything is written in groups of these sizes: what is certainly nothing costs little in tables of numbers."""
        if len(sizes) == 1 or sizes in self._groupings or (len(sizes) == 4 and max(sizes) <= 3):
            return True
        return _is_even(sizes) and sum(sizes) in self._phone_lengths

    def _kind_of(self, text: str, span: list[Group]) -> str:
        """Return what a span of groups is, or an empty text."""
        digits = "".join(each for _, _, each in span)
        sizes = tuple(len(each) for _, _, each in span)
        start, end = span[0][0], span[-1][1]
        has_plus = _with_sign(text, start) < start and "+" in text[_with_sign(text, start) : start]
        if _is_ip_address(text, span):
            in_pairs = sizes == (2, 2, 2, 2) and self._is_national(text, digits, sizes, start, end)
            return PHONE if in_pairs else "IP-ADDRESS"
        may_be_phone = len(digits) in _PHONE_DIGITS or (digits.startswith("00") and len(digits) <= 17)
        if may_be_phone and _is_called(text, start) and not _SPACE.search(text, start, end):
            return PHONE
        if may_be_phone and self._is_international(digits, sizes, has_plus, "." in text[start:end]):
            return PHONE
        if _is_date_or_years(span) or has_plus or set(digits) == {"0"}:
            return ""
        is_phone = len(digits) in _PHONE_DIGITS and self._is_national(text, digits, sizes, start, end)
        for item in self._digits:
            if is_phone and item.needs_context and item.kind != "ID-NUMBER":
                continue
            written_so = len(sizes) == 1 or sizes in item.grouped
            if written_so and item.pattern.fullmatch(digits) and self._passes(item, digits, text, start):
                return item.kind
        return PHONE if is_phone else ""

    def _passes(self, item: Item, number: str, text: str, start: int) -> bool:
        if item.check is not None and not item.check(number):
            return False
        return not item.needs_context or self._context[item.name].before(text, start)

    def _is_international(self, digits: str, sizes: tuple[int, ...], has_plus: bool, has_point: bool) -> bool:
        """Whether digits are a number with a country code: after + or 00 of any country, otherwise of a chosen one and mobile only."""
        marked = has_plus or digits.startswith("00")
        if marked:
            digits = digits.removeprefix("00")
        for plan in self._all_plans if marked else self._plans:
            if not digits.startswith(plan.code):
                continue
            national = digits[len(plan.code) :]
            forms = [national, national.removeprefix(plan.trunk)] if plan.trunk else [national]
            if any(plan.mobile.fullmatch(form) or (marked and plan.fixed.fullmatch(form)) for form in forms):
                return marked or len(sizes) == 1 or (sizes[0] == len(plan.code) and not has_point)
        return has_plus and 9 <= len(digits) <= 15 and digits[0] != "0" and min(sizes[1:], default=2) >= 2

    def _is_national(self, text: str, digits: str, sizes: tuple[int, ...], start: int, end: int) -> bool:
        if not self._any_national.fullmatch(digits):
            return False
        return any(self._fits_plan(plan, text, digits, sizes, start, end) for plan in self._plans)

    def _fits_plan(self, plan: PhonePlan, text: str, digits: str, sizes: tuple[int, ...], start: int, end: int) -> bool:
        trunk = plan.trunk
        with_trunk = bool(trunk) and digits.startswith(trunk)
        national = digits[len(trunk) :] if with_trunk else digits
        is_mobile, is_fixed = bool(plan.mobile.fullmatch(national)), bool(plan.fixed.fullmatch(national))
        if not (is_mobile or is_fixed):
            return False
        even = _is_even(sizes)
        if with_trunk and even and (is_mobile or (len(sizes) > 1 and sizes[0] > 2 and len(digits) >= 9)):
            return True
        shaped = sizes in plan.grouped and set(sizes[1:]) != {3}  # groups of three are how large amounts are written
        if trunk and not with_trunk and not is_mobile:
            return False
        return (shaped and not with_trunk) or (even and (self._phone_words.before(text, start) or self._phone_words.after(text, end)))


def _is_even(sizes: tuple[int, ...]) -> bool:
    """Whether groups are of sizes in which people write telephone numbers."""
    return len(sizes) == 1 or (min(sizes) >= 2 and max(sizes) <= 8 and len(sizes) <= 5)


def _rank(item: Item) -> int:
    """Return the order in which kinds are tried: those that name themselves, then checked ones of a country, then checked ones, then the others."""
    if item.needs_context and item.words:
        return 0
    if item.check is not None:
        return 1 if item.regions else 2
    return 4 if item.needs_context else 3


def _has_capital(window: str) -> bool:
    return window.lower() != window


def _after_address(text: str, start: int, end: int) -> int:
    """Return where a run begins that does not stand in a web address: behind the next space where it begins in one, else at its end."""
    if not _in_address(text, start):
        return start
    space = _SPACE.search(text, start, end)
    return space.end() if space else end


def _in_address(text: str, start: int) -> bool:
    """Whether a run stands in a web address that calls nobody: what comes before it without a space holds the signs of one."""
    before = text[max(0, start - 200) : start]
    token = before[max(before.rfind(each) for each in " \n\t\"'<(") + 1 :]
    return bool(token) and _URL_TOKEN.search(token) is not None and not _is_called(text, start)


def _is_called(text: str, start: int) -> bool:
    """Whether a number stands where an address names whom to call: ``tel:``, ``wa.me/``."""
    return text[start - 1 : start] in ":/=+bB" and _CALL.search(text, max(0, start - _CALL_MOST), start) is not None


def _with_sign(text: str, start: int) -> int:
    """Return where a number begins when a bracket or plus sign right before it is its own."""
    while start and text[start - 1] in "+(＋":
        start -= 1
    return start


def _may_begin(text: str, groups: list[Group], first: int) -> bool:
    """Whether a number may begin at a group: it is not the rest of a word, an amount or a decimal."""
    start = _with_sign(text, groups[first][0])
    before = text[start - 1 : start]
    if first:
        return not (before in ".,-" and text[start - 2 : start - 1].isdigit()) or len(groups[first][2]) >= 9
    if not before or before.isspace():
        nearest = text[max(0, start - 4) : start].rstrip()[-1:]
        return not nearest or unicodedata.category(nearest) != "Sc"
    if before in ".,:" and text[start - 2 : start - 1].isdigit():
        return False
    is_in_word = before.isascii() and before.isalpha() and len(groups[first][2]) < 10 and not groups[first][2].startswith("0")
    return not (is_in_word or before == "_" or unicodedata.category(before) == "Sc")


def _may_end(text: str, groups: list[Group], end: int) -> bool:
    """Whether a number may end before a group: no letter of the Latin script, sign of per cent or decimal follows."""
    last = groups[end - 1][1]
    after = text[last : last + 1]
    if end < len(groups):
        return after.isspace() or after in ")-" or len(groups[end - 1][2]) >= 9
    if after and (after in "%_@" or (after.isascii() and after.isalpha())):
        return False
    return not (after in ".," and text[last + 1 : last + 2].isdigit() and after)


def _opens_only(number: str) -> bool:
    """Whether a bracket opens in a number and does not close: something else begins there."""
    return number.count("(") > number.count(")")


def _is_date_or_years(span: list[Group]) -> bool:
    """Whether groups are a date (12.05.2024, 2024-05-12) or a row of years (2019-2020)."""
    values = [int(digits) for _, _, digits in span]
    sizes = [len(digits) for _, _, digits in span]
    if all(size == 4 and 1000 <= value <= 2100 for size, value in zip(sizes, values, strict=True)):
        return True
    if len(span) not in (3, 4, 5):
        return False
    day_first = sizes[0] <= 2 and sizes[1] <= 2 and sizes[2] in (2, 4) and values[0] <= 31 and values[1] <= 31
    year_first = sizes[0] == 4 and 1000 <= values[0] <= 2100 and sizes[1] <= 2 and values[1] <= 12 and sizes[2] <= 2 and values[2] <= 31
    return (day_first and len(span) == 3) or year_first


def _is_ip_address(text: str, span: list[Group]) -> bool:
    """Whether groups are an address of version 4 (RFC 791 in the dotted form of RFC 3986)."""
    if len(span) != 4 or any(len(digits) > 3 or int(digits) > 255 for _, _, digits in span):
        return False
    return all(text[left[1] : right[0]] == "." for left, right in pairwise(span))
