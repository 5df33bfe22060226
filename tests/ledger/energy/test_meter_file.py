from datetime import datetime, timezone

import pytest

from mbegu.core.errors import InputError
from mbegu.ledger.energy.meter_file import MeterFile, energy_between, read_meter_file, step_of

TEN = datetime(2026, 3, 1, 10, tzinfo=timezone.utc).timestamp()
TEXT = "time,kWh\n2026-03-01T10:00:00Z,100.001\n2026-03-01T12:00:00+01:00,101.001\n\n2026-03-01T12:00:00Z,103.001\n"


def test_reads_times_of_any_zone_and_passes_over_the_heads(tmp_path):
    path = tmp_path / "قياس 🔌.csv"
    path.write_text("\ufeff" + TEXT, encoding="utf-8")
    assert read_meter_file(path) == [(TEN, 100.001), (TEN + 3600, 101.001), (TEN + 7200, 103.001)]


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
    assert energy.high_kwh == pytest.approx(3.001 * 1.02)
    exact = energy_between(read_meter_file(path), TEN, TEN + 7200)
    assert (exact.low_kwh, exact.kwh, exact.high_kwh) == pytest.approx((2.999 * 0.98, 3, 3.001 * 1.02))


@pytest.mark.parametrize(
    ("totals", "step_kwh"),
    [(("12.3", "12.3"), 0.1), (("12", "13"), 1.0), (("100", "200"), 1.0), (("12.30", "12.35"), 0.01), (("0.1", "0.300000001"), 0.1)],
)
def test_the_last_digit_of_the_readings_is_in_the_range(tmp_path, totals, step_kwh):
    path = tmp_path / "m.csv"
    path.write_text(f"2026-03-01T10:00:00Z,{totals[0]}\n2026-03-01T11:00:00Z,{totals[1]}\n", encoding="utf-8")
    readings = read_meter_file(path)
    assert step_of(readings) == pytest.approx(step_kwh)
    energy, difference = energy_between(readings, TEN, TEN + 3600), float(totals[1]) - float(totals[0])
    assert energy.kwh == pytest.approx(difference)
    assert energy.high_kwh == pytest.approx((difference + step_kwh) * 1.02)
    assert energy.low_kwh == pytest.approx(max(difference - step_kwh, 0) * 0.98)


@pytest.mark.parametrize("names", ["time,kWh meter 1", "Zeit;Zähler 2 (kWh)", "# plug 3\ntime,kWh", '"time 1","kWh"'])
def test_names_may_have_digits(tmp_path, names):
    path = tmp_path / "m.csv"
    path.write_text(f"{names}\n2026-03-01T10:00:00Z;1,25\n", encoding="utf-8")
    assert read_meter_file(path) == [(TEN, 1.25)]


@pytest.mark.parametrize("rest", ["12,345", "12,345,9", "12,345.6", "12,5 kWh"])
def test_a_decimal_comma_among_separating_commas_is_not_guessed(tmp_path, rest):
    path = tmp_path / "m.csv"
    path.write_text(f"time,kWh\n2026-03-01T10:00:00Z,{rest}\n2026-03-01T11:00:00Z,12,900\n", encoding="utf-8")
    with pytest.raises(InputError, match="line 2 of the meter file may mean two numbers") as caught:
        read_meter_file(path)
    line = caught.value.one_line()
    assert "\n" not in line
    assert "rite 12.345 with a point, or a semicolon after the time" in line


def test_another_column_is_no_harm_where_it_cannot_be_taken_for_decimals(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("time,kWh,W\n2026-03-01T10:00:00Z,12.3,45\n2026-03-01T11:00:00Z,13,kWh\n", encoding="utf-8")
    assert read_meter_file(path) == [(TEN, 12.3), (TEN + 3600, 13)]


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
