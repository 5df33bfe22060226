"""The counter and the battery, read from folders that look like Linux's."""

import dataclasses
from pathlib import Path

import pytest

from mbegu.core.steps import ProjectSettings
from mbegu.ledger.energy.battery import Battery
from mbegu.ledger.energy.calibration import idle_watts, work_watts
from mbegu.ledger.energy.choose import choose_meter
from mbegu.ledger.energy.processor_model import ProcessorModel, beside_idle, modelled_energy
from mbegu.ledger.energy.rapl import Rapl
from mbegu.ledger.energy.value import BATTERY, Energy


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


def test_model_is_core_hours_times_calibrated_watts_and_idle_stands_apart(laptop):
    energy, watts, idle = modelled_energy(7200, 3600, laptop), work_watts("laptop"), idle_watts("laptop")
    assert (energy.low_kwh, energy.kwh, energy.high_kwh) == pytest.approx([2 * each / 1000 for each in (watts.low, watts.central, watts.high)])
    assert (energy.idle.low_kwh, energy.idle.kwh, energy.idle.high_kwh) == pytest.approx(
        [each / 1000 for each in (idle.low, idle.central, idle.high)]
    )
    assert not energy.counts_idle and energy.total().kwh == pytest.approx(energy.kwh + energy.idle.kwh)


def test_two_threads_of_a_core_draw_its_watts_once(laptop):
    assert modelled_energy(4 * 3600, 3600, laptop).kwh == pytest.approx(modelled_energy(2 * 3600, 3600, laptop).kwh)


def test_few_busy_cores_raise_the_high_end_only(laptop):
    one, two = modelled_energy(3600, 3600, laptop), modelled_energy(7200, 3600, laptop)
    assert one.kwh == pytest.approx(two.kwh / 2) and one.high_kwh == pytest.approx(two.high_kwh / 2 * 2**0.5)
    many = dataclasses.replace(laptop, physical_cores=64, logical_cores=128, usable_cores=128.0)
    assert modelled_energy(3600, 3600, many).high_kwh == pytest.approx(2 * work_watts("laptop").high / 1000)


def test_of_a_server_only_the_cores_that_may_be_used_are_idle(laptop):
    server = dataclasses.replace(laptop, kind="server", physical_cores=2, logical_cores=2, usable_cores=2.0)
    energy = modelled_energy(7200, 3600, server)
    assert energy.idle.kwh == pytest.approx(2 * idle_watts("server").central / 1000)
    assert energy.low_kwh == pytest.approx(2 * work_watts("server").low / 2 / 1000)  # a rented core may be half a core
    threads = dataclasses.replace(server, logical_cores=4)
    assert modelled_energy(7200, 3600, threads).low_kwh == pytest.approx(2 * energy.low_kwh)


def test_no_time_no_energy(laptop):
    assert modelled_energy(0, 0, laptop).total().high_kwh == 0


def test_of_what_was_measured_the_work_can_be_told(tmp_path, powercap, laptop):
    meter = Rapl(powercap)
    meter.start()
    write(powercap / "intel-rapl:0", energy_uj=4_600_000)
    counter = beside_idle(meter.read(), 1.0, laptop)
    assert counter.counts_idle and counter.idle.low_kwh == 0  # the package's part of the idle computer is not known
    assert counter.work().high_kwh == pytest.approx(counter.high_kwh) and counter.work().low_kwh == 0
    battery = beside_idle(Energy(0.02, 0.019, 0.021, BATTERY, "all", counts_idle=True), 3600, laptop)
    assert battery.work().high_kwh == pytest.approx(0.021 - idle_watts("laptop").low / 1000)


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
