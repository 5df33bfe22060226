"""Times as a person reads them off the clock: the hours of the day to work in, and the time to stop.

Everything goes by the local wall clock, read anew at each question. So a computer that slept, a clock that was set by hand and the
change to summer time need no care of their own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cached_property

from mbegu.core.errors import SettingsError
from mbegu.core.settings import shown

DAY_MINUTES = 24 * 60
LONGEST_AHEAD = timedelta(days=366)
_WINDOW = re.compile(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", re.ASCII)
_LOOSE_TIME = re.compile(r"(\d{1,2})(?:\s*[:.h]\s*(\d{2}))?\s*h?\s*(am|pm)?", re.ASCII)  # 7, 7.30, 19h, 19h30, 7 pm: to guess what was meant
_LOOSE_DASH = re.compile(r"\s*(?:-|–|—|\bto\b)\s*")
_TIME_FORMATS = ("%H:%M", "%H:%M:%S")
_MOMENT_FORMATS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M")


@dataclass(frozen=True)
class Hours:
    """Hours of every day: the text they were written as, and the minutes of the day (0 to 1439) that they hold."""

    text: str
    minutes: frozenset[int]

    @cached_property
    def _changes(self) -> list[time]:
        changes = [each for each in range(DAY_MINUTES) if (each in self.minutes) != ((each - 1) % DAY_MINUTES in self.minutes)]
        return [time(each // 60, each % 60) for each in changes]

    def is_open(self, now: datetime) -> bool:
        """Whether a local time lies in these hours."""
        return now.hour * 60 + now.minute in self.minutes

    def next_change(self, now: datetime) -> datetime | None:
        """Return when the clock next shows a time at which the hours begin or end; ``None`` for the whole day."""
        return min((_next(each, now) for each in self._changes), default=None)


def parse_hours(text: str) -> Hours:
    """Read hours such as ``19:00-06:00`` or ``12:00-13:30, 19:00-06:00``; an end before the beginning is on the next day.

    Raises:
        SettingsError: it is not that; names the nearest right form.
    """
    minutes: set[int] = set()
    for piece in text.split(","):
        match = _WINDOW.fullmatch(piece.strip())
        begin, end = (_minute(match[1], match[2]), _minute(match[3], match[4])) if match else (None, None)
        if begin is None or end is None:
            raise SettingsError(f"{shown(text)} is not hours of the day", fix=f"write {_nearest_hours(text)}")
        if begin == end:
            raise SettingsError(f"{shown(piece.strip())} begins and ends at the same time", fix="write 00:00-24:00 for the whole day")
        minutes.update((begin + each) % DAY_MINUTES for each in range((end - begin) % DAY_MINUTES or DAY_MINUTES))
    return Hours(text.strip(), frozenset(minutes))


def parse_until(text: str, now: datetime) -> datetime:
    """Read a time to stop: ``17:30``, today or, when that is past, tomorrow; or ``2026-11-25 06:00``.

    Args:
        text: what was typed.
        now: the local time now, naive.

    Raises:
        SettingsError: it is not a time, it is past, or it is more than a year away.
    """
    written = text.strip()
    moment = _read(written, _MOMENT_FORMATS)
    if moment is None:
        at = _read(written, _TIME_FORMATS)
        if at is None:
            guess = _loose_minute(written)
            fix = f"write {_clock(guess % DAY_MINUTES)}" if guess is not None else "write a time such as 17:30, or a day with it: 2026-11-25 06:00"
            raise SettingsError(f"{shown(text)} is not a time to stop at", fix=fix)
        moment = _next(at.time(), now)
    if moment <= now:
        raise SettingsError(f"{shown(text)} is past: it is {now:%Y-%m-%d %H:%M}", fix="give a time to come")
    if moment - now > LONGEST_AHEAD:
        raise SettingsError(f"{shown(text)} is more than a year away", fix="leave it out, or give a nearer time")
    return moment


def seconds_until(moment: datetime, now: datetime) -> float:
    """Return how long it is in truth until the clock shows a time; below zero when it is past.

    Where the clock shows it twice or never, in the night when summer time ends or begins, the earlier meaning counts: rather
    stop an hour early than late.
    """
    return min(moment.replace(fold=fold).timestamp() for fold in (0, 1)) - now.timestamp()


def spoken(moment: datetime, now: datetime) -> str:
    """Write a time to come as people say it: ``17:30``, ``06:00 tomorrow``, ``2026-11-27 06:00``."""
    days = (moment.date() - now.date()).days
    return f"{moment:%H:%M}" if days == 0 else f"{moment:%H:%M} tomorrow" if days == 1 else f"{moment:%Y-%m-%d %H:%M}"


def _next(at: time, now: datetime) -> datetime:
    moment = datetime.combine(now.date(), at)
    return moment if moment > now.replace(fold=0) else moment + timedelta(days=1)


def _read(text: str, formats: tuple[str, ...]) -> datetime | None:
    for each in formats:
        try:
            return datetime.strptime(text, each)
        except ValueError:
            continue
    return None


def _minute(hour: str, minute: str) -> int | None:
    """Return the minute of the day, 24:00 being the last; ``None`` when no clock shows it."""
    found = int(hour) * 60 + int(minute)
    return found if int(minute) < 60 and found <= DAY_MINUTES else None


def _loose_minute(text: str) -> int | None:
    match = _LOOSE_TIME.fullmatch(text.strip().lower().replace("a.m.", "am").replace("p.m.", "pm"))
    if not match:
        return None
    hour = int(match[1])
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if match[3] == "pm" else 0)
    return _minute(str(hour), match[2] or "00")


def _nearest_hours(text: str) -> str:
    """Guess what hours were meant: ``19-6`` is ``19:00-06:00``; an example where there is no guess."""
    pieces = []
    for piece in text.split(","):
        ends = [_loose_minute(each) for each in _LOOSE_DASH.split(piece.strip().lower())]
        if len(ends) != 2 or ends[0] is None or ends[1] is None or ends[0] == ends[1]:
            return "them as 19:00-06:00, several apart by commas"
        pieces.append(f"{_clock(ends[0])}-{_clock(ends[1])}")
    return ",".join(pieces)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
