from datetime import datetime, timezone

import pytest

from mbegu.core.errors import InputError
from mbegu.ledger.energy.meter_file import MeterFile, energy_between, read_meter_file

TEN = datetime(2026, 3, 1, 10, tzinfo=timezone.utc).timestamp()
TEXT = "time,kWh\n2026-03-01T10:00:00Z,100\n2026-03-01T12:00:00+01:00,101\n\n2026-03-01T12:00:00Z,103\n"


def test_reads_times_of_any_zone_and_passes_over_the_heads(tmp_path):
    path = tmp_path / "قياس 🔌.csv"
    path.write_text("\ufeff" + TEXT, encoding="utf-8")
    assert read_meter_file(path) == [(TEN, 100), (TEN + 3600, 101), (TEN + 7200, 103)]


def test_reads_semicolons_with_decimal_commas(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("Zeit;Zähler\n2026-03-01T10:00:00Z;1,25\n", encoding="utf-8")
    assert read_meter_file(path) == [(TEN, 1.25)]


def test_interpolates_at_both_ends_with_an_honest_range(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text(TEXT, encoding="utf-8")
    energy = energy_between(read_meter_file(path), TEN + 1800, TEN + 5400)
    assert energy.kwh == pytest.approx(1.5)
    assert energy.low_kwh == 0.0
    assert energy.high_kwh == pytest.approx(3 * 1.02)
    exact = energy_between(read_meter_file(path), TEN, TEN + 7200)
    assert (exact.low_kwh, exact.kwh, exact.high_kwh) == pytest.approx((2.94, 3, 3.06))


@pytest.mark.parametrize(("start", "end", "word"), [(-10, 60, "before"), (60, 9999, "after")])
def test_a_time_that_is_not_covered_is_refused(tmp_path, start, end, word):
    path = tmp_path / "m.csv"
    path.write_text(TEXT, encoding="utf-8")
    with pytest.raises(InputError, match=f"no reading {word} 2026-03-01T"):
        energy_between(read_meter_file(path), TEN + start, TEN + end)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("2026-03-01T10:00:00Z,100\nyesterday,101\n", "line 2 .*yesterday"),
        ("2026-03-01T10:00:00Z\n", "line 1 "),
        ("2026-03-01T10:00:00Z,nan\n", "line 1 "),
        ("2026-03-01T10:00:00Z,5\n2026-03-01T11:00:00Z,4\n", "line 2 .*goes back"),
        ("2026-03-01T10:00:00Z,5\n2026-03-01T09:00:00Z,6\n", "line 2 .*goes back"),
    ],
)
def test_wrong_lines_are_named(tmp_path, text, message):
    path = tmp_path / "m.csv"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        read_meter_file(path)


def test_a_file_that_is_not_text_or_not_there(tmp_path):
    (tmp_path / "m.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not UTF-8"):
        read_meter_file(tmp_path / "m.csv")
    with pytest.raises(InputError, match="no such file"):
        read_meter_file(tmp_path / "other.csv")


def test_meter_over_a_run(tmp_path):
    path, clock = tmp_path / "m.csv", [TEN]
    path.write_text(TEXT, encoding="utf-8")
    meter = MeterFile(path, now=lambda: clock[0])
    meter.start()
    clock[0] = TEN + 3600
    assert meter.read().kwh == pytest.approx(1)
    clock[0] = TEN + 72_000
    assert meter.read() is None and "no reading after" in meter.trouble
