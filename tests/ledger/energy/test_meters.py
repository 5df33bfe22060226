"""The counter and the battery, read from folders that look like Linux's."""

from pathlib import Path

import pytest

from mbegu.core.steps import ProjectSettings
from mbegu.ledger.energy.battery import Battery
from mbegu.ledger.energy.choose import choose_meter
from mbegu.ledger.energy.processor_model import BUSY_THREAD_W, ProcessorModel, modelled_energy
from mbegu.ledger.energy.rapl import Rapl


def write(folder: Path, **values: object) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name).write_text(f"{value}\n", encoding="utf-8")
    return folder


@pytest.fixture
def powercap(tmp_path: Path) -> Path:
    root = tmp_path / "powercap"
    write(root / "intel-rapl:0", name="package-0", energy_uj=1_000_000, max_energy_range_uj=10_000_000)
    write(root / "intel-rapl:1", name="package-1", energy_uj=0, max_energy_range_uj=10_000_000)
    write(root / "intel-rapl:2", name="psys", energy_uj=5, max_energy_range_uj=10_000_000)
    write(root / "intel-rapl:0:0", name="core", energy_uj=7, max_energy_range_uj=10_000_000)
    return root


def test_counter_sums_packages_only(powercap):
    meter = Rapl(powercap)
    assert meter.is_available
    meter.start()
    write(powercap / "intel-rapl:0", energy_uj=4_600_000)
    write(powercap / "intel-rapl:0:0", energy_uj=9_000_000)
    write(powercap / "intel-rapl:2", energy_uj=9_000_000)
    energy = meter.read()
    assert energy.kwh == pytest.approx(3.6 / 3_600_000)
    assert energy.low_kwh < energy.kwh < energy.high_kwh
    assert "counter" in energy.method and "all that ran" in energy.what_is_counted


def test_counter_that_wraps_is_added_right(powercap):
    meter = Rapl(powercap)
    meter.start()
    for value in (9_000_000, 2_000_000, 1_500_000):
        write(powercap / "intel-rapl:0", energy_uj=value)
        energy = meter.read()
    assert energy.kwh * 3.6e12 == pytest.approx(8_000_000 + 3_000_000 + 9_500_000)


def test_counter_that_only_root_reads_is_not_available(tmp_path, powercap):
    (powercap / "intel-rapl:1" / "energy_uj").unlink()
    assert not Rapl(powercap).is_available
    assert not Rapl(tmp_path / "none").is_available


def test_counter_that_goes_away_says_so(powercap):
    meter = Rapl(powercap)
    meter.start()
    (powercap / "intel-rapl:1" / "energy_uj").unlink()
    assert meter.read() is None and "could not be read" in meter.trouble


def test_battery_difference(tmp_path):
    folder = write(tmp_path / "BAT0", type="Battery", status="Discharging", energy_now=40_000_000)
    write(tmp_path / "AC", type="Mains", online=0)
    meter = Battery(tmp_path)
    assert meter.is_available
    meter.start()
    write(folder, energy_now=30_000_000)
    energy = meter.read()
    assert energy.kwh == pytest.approx(0.010)
    assert (energy.low_kwh, energy.high_kwh) == pytest.approx((0.0095, 0.0105))
    assert "screen" in energy.what_is_counted


def test_battery_that_counts_charge(tmp_path):
    folder = write(tmp_path / "BAT1", type="Battery", status="Discharging", charge_now=4_000_000, voltage_min_design=11_000_000, voltage_now=9)
    meter = Battery(tmp_path)
    meter.start()
    write(folder, charge_now=3_000_000)
    assert meter.read().kwh == pytest.approx(0.011)


def test_a_charger_ends_the_measurement_for_good(tmp_path):
    folder = write(tmp_path / "BAT0", type="Battery", status="Discharging", energy_now=40_000_000)
    meter = Battery(tmp_path)
    meter.start()
    write(folder, status="Charging")
    assert meter.read() is None
    write(folder, status="Discharging", energy_now=39_000_000)
    assert meter.read() is None and "charger" in meter.trouble


@pytest.mark.parametrize("values", [{"status": "Full", "energy_now": 1}, {"status": "Discharging"}, {"status": "Discharging", "capacity": 50}])
def test_battery_without_capacity_or_on_the_charger_is_not_available(tmp_path, values):
    write(tmp_path / "BAT0", type="Battery", **values)
    assert not Battery(tmp_path).is_available


def test_model_range_is_wide_and_idle_stands_apart(laptop):
    energy = modelled_energy(3600, 1800, laptop)
    assert (energy.low_kwh, energy.kwh, energy.high_kwh) == pytest.approx([watts / 1000 for watts in BUSY_THREAD_W["laptop"]])
    assert energy.high_kwh > 2 * energy.low_kwh
    assert energy.idle_subtracted_kwh == pytest.approx(0.004)


def test_model_counts_this_process(laptop):
    meter = ProcessorModel(laptop)
    meter.start()
    sum(range(3_000_000))
    assert meter.read().kwh > 0


def test_the_best_meter_is_chosen_and_the_reason_said(tmp_path, powercap, laptop):
    project, none = ProjectSettings(language="yor"), tmp_path / "none"
    write(tmp_path / "power" / "BAT0", type="Battery", status="Discharging", energy_now=40_000_000)
    (tmp_path / "meter.csv").write_text("time;kWh\n2026-01-01T00:00:00;1,5\n", encoding="utf-8")
    named = ProjectSettings(language="yor", meter_file="meter.csv")
    both = {"powercap": powercap, "power_supply": tmp_path / "power"}
    assert "meter file" in choose_meter(named, laptop, tmp_path, **both).why
    assert isinstance(choose_meter(project, laptop, **both).meter, Rapl)
    assert isinstance(choose_meter(project, laptop, powercap=none, power_supply=tmp_path / "power").meter, Battery)
    last = choose_meter(project, laptop, powercap=none, power_supply=none)
    assert isinstance(last.meter, ProcessorModel) and "model is what is left" in last.why
