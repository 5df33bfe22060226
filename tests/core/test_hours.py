"""Hours by the clock on the wall: midnight, summer time, and what people type instead."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone

import pytest

from mbegu.core.errors import SettingsError
from mbegu.core.hours import parse_hours, parse_until, seconds_until, spoken

EVENING = datetime(2026, 11, 24, 18, 0)


@pytest.fixture
def berlin(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Summer time from 29 March to 25 October in 2026, at 2 and at 3 in the night."""
    if not hasattr(time, "tzset"):
        pytest.skip("the system's time zone cannot be set by a program")
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def open_hours(text: str) -> list[int]:
    hours = parse_hours(text)
    return [hour for hour in range(24) if hours.is_open(datetime(2026, 11, 24, hour, 0))]


def test_hours_within_a_day_over_midnight_and_several() -> None:
    assert open_hours("09:00-12:00") == [9, 10, 11]
    assert open_hours("22:00-02:00") == [0, 1, 22, 23]
    assert open_hours(" 12:00-13:30,22:00 - 1:00 ") == [0, 12, 13, 22, 23]
    assert open_hours("20:00-24:00") == [20, 21, 22, 23]
    assert open_hours("00:00-24:00") == list(range(24))


def test_hours_hold_their_beginning_and_not_their_end() -> None:
    hours = parse_hours("19:00-06:00")
    at = datetime(2026, 11, 24, 19, 0)
    assert hours.is_open(at)
    assert not hours.is_open(at - timedelta(seconds=1))
    assert hours.is_open(datetime(2026, 11, 25, 5, 59, 59))
    assert not hours.is_open(datetime(2026, 11, 25, 6, 0))


@pytest.mark.parametrize(
    ("text", "now", "change"),
    [
        ("19:00-06:00", datetime(2026, 11, 24, 18, 0), datetime(2026, 11, 24, 19, 0)),
        ("19:00-06:00", datetime(2026, 11, 24, 19, 0), datetime(2026, 11, 25, 6, 0)),
        ("19:00-06:00", datetime(2026, 12, 31, 23, 0), datetime(2027, 1, 1, 6, 0)),
        ("19:00-06:00", datetime(2026, 11, 25, 5, 59, 59), datetime(2026, 11, 25, 6, 0)),
        ("19:00-24:00,00:00-06:00", datetime(2026, 11, 24, 20, 0), datetime(2026, 11, 25, 6, 0)),  # nothing ends at midnight
        ("08:00-10:00,09:00-11:00", datetime(2026, 11, 24, 9, 30), datetime(2026, 11, 24, 11, 0)),
        ("00:00-24:00", EVENING, None),
    ],
)
def test_the_next_change(text: str, now: datetime, change: datetime | None) -> None:
    assert parse_hours(text).next_change(now) == change


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("19-6", "'19-6' is not hours of the day. Write 19:00-06:00."),
        ("19:00–06:00", "'19:00–06:00' is not hours of the day. Write 19:00-06:00."),
        ("7 pm to 6 a.m.", "'7 pm to 6 a.m.' is not hours of the day. Write 19:00-06:00."),
        ("12am-12pm", "'12am-12pm' is not hours of the day. Write 00:00-12:00."),
        ("19h30-6h", "'19h30-6h' is not hours of the day. Write 19:30-06:00."),
        ("12:00-13:00,19-6", "'12:00-13:00,19-6' is not hours of the day. Write 12:00-13:00,19:00-06:00."),
        ("at night", "'at night' is not hours of the day. Write them as 19:00-06:00, several apart by commas."),
        ("25:00-06:00", "'25:00-06:00' is not hours of the day. Write them as 19:00-06:00, several apart by commas."),
        ("19:60-06:00", "'19:60-06:00' is not hours of the day. Write them as 19:00-06:00, several apart by commas."),
        ("19:00-06:00,", "'19:00-06:00,' is not hours of the day. Write them as 19:00-06:00, several apart by commas."),
        ("13pm-6am", "'13pm-6am' is not hours of the day. Write them as 19:00-06:00, several apart by commas."),
        ("", "'' is not hours of the day. Write them as 19:00-06:00, several apart by commas."),
        ("٠٩:00-12:00", "'٠٩:00-12:00' is not hours of the day. Write them as 19:00-06:00, several apart by commas."),
        ("06:00-06:00", "'06:00-06:00' begins and ends at the same time. Write 00:00-24:00 for the whole day."),
    ],
)
def test_what_are_no_hours(text: str, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_hours(text)
    assert caught.value.one_line() == line


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("18:01", datetime(2026, 11, 24, 18, 1)),
        ("17:30", datetime(2026, 11, 25, 17, 30)),
        ("18:00", datetime(2026, 11, 25, 18, 0)),
        ("7:05", datetime(2026, 11, 25, 7, 5)),
        ("18:00:05", datetime(2026, 11, 24, 18, 0, 5)),
        ("2026-11-25 06:00", datetime(2026, 11, 25, 6, 0)),
        (" 2027-01-01T06:00 ", datetime(2027, 1, 1, 6, 0)),
    ],
)
def test_the_time_to_stop_is_the_next_one(text: str, moment: datetime) -> None:
    assert parse_until(text, EVENING) == moment


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("17.30", "'17.30' is not a time to stop at. Write 17:30."),
        ("5pm", "'5pm' is not a time to stop at. Write 17:00."),
        ("24:00", "'24:00' is not a time to stop at. Write 00:00."),
        ("soon", "'soon' is not a time to stop at. Write a time such as 17:30, or a day with it: 2026-11-25 06:00."),
        ("", "'' is not a time to stop at. Write a time such as 17:30, or a day with it: 2026-11-25 06:00."),
        ("2026-11-24 17:59", "'2026-11-24 17:59' is past: it is 2026-11-24 18:00. Give a time to come."),
        ("9999-12-31 23:59", "'9999-12-31 23:59' is more than a year away. Leave it out, or give a nearer time."),
    ],
)
def test_what_is_no_time_to_stop(text: str, line: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse_until(text, EVENING)
    assert caught.value.one_line() == line


def test_times_to_come_as_people_say_them() -> None:
    assert spoken(datetime(2026, 11, 24, 19, 0), EVENING) == "19:00"
    assert spoken(datetime(2026, 11, 25, 6, 0), EVENING) == "06:00 tomorrow"
    assert spoken(datetime(2026, 11, 27, 6, 0), EVENING) == "2026-11-27 06:00"


HOUR_S = 3600.0


@pytest.mark.usefixtures("berlin")
@pytest.mark.parametrize(
    ("now", "moment", "seconds"),
    [
        (datetime(2026, 6, 1, 22, 0), datetime(2026, 6, 2, 6, 0), 8 * HOUR_S),
        (datetime(2026, 3, 28, 22, 0), datetime(2026, 3, 29, 6, 0), 7 * HOUR_S),  # the clock leaps from 2 to 3
        (datetime(2026, 10, 24, 22, 0), datetime(2026, 10, 25, 6, 0), 9 * HOUR_S),  # from 3 back to 2
        (datetime(2026, 10, 25, 1, 0), datetime(2026, 10, 25, 2, 30), 1.5 * HOUR_S),  # shown twice: the first
        (datetime(2026, 10, 25, 2, 45, fold=1), datetime(2026, 10, 25, 6, 0), 3.25 * HOUR_S),
        (datetime(2026, 3, 29, 1, 0), datetime(2026, 3, 29, 2, 30), 0.5 * HOUR_S),  # never shown: rather early, as 3:00 comes in an hour
    ],
)
def test_how_long_it_is_when_summer_time_begins_and_ends(now: datetime, moment: datetime, seconds: float) -> None:
    assert seconds_until(moment, now) == seconds


@pytest.mark.usefixtures("berlin")
def test_the_clock_that_shows_a_time_twice_is_read_right() -> None:
    now = datetime.fromtimestamp(datetime(2026, 10, 25, 1, 30, tzinfo=timezone.utc).timestamp())
    assert (now.hour, now.minute, now.fold) == (2, 30, 1)
    assert parse_hours("02:00-06:00").next_change(now) == datetime(2026, 10, 25, 6, 0)
    assert parse_until("02:45", now) == datetime(2026, 10, 25, 2, 45)
    assert seconds_until(parse_until("02:45", now), now) < 0, "it was 02:45 an hour ago already"
