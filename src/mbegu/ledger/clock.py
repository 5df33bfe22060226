"""The one clock that records and papers go by, so that a test can set it."""

from __future__ import annotations

from datetime import date, datetime, timezone


def now() -> datetime:
    """Return the time, UTC."""
    return datetime.now(timezone.utc)


def today() -> date:
    """Return the day at this place: what a person means who writes that a consent ends on a date."""
    return now().astimezone().date()
