"""Windows' energy meters, from bytes laid out as in emi.h. The calls of the system themselves run on Windows only."""

import struct
import sys

import pytest

from mbegu.core.steps import ProjectSettings
from mbegu.ledger.energy.choose import choose_meter
from mbegu.ledger.energy.emi import (
    GET_MEASUREMENT,
    GET_METADATA,
    GET_METADATA_SIZE,
    GET_VERSION,
    Channel,
    Emi,
    ask,
    devices,
    package_channels,
    read_channels,
    read_energies,
    read_version,
)

INTEL = ["RAPL_Package0_PKG", "RAPL_Package0_PP0", "RAPL_Package0_PP1", "RAPL_Package0_DRAM"]
AMD = ["VDDCR_VDD Power", "VDDCR_SOC Power", "Current Socket Power", "Apu Power"]


def text(value: str, characters: int = 0) -> bytes:
    return value.encode("utf-16-le").ljust(2 * characters, b"\0")


def metadata_1(name: str, unit: int = 0) -> bytes:
    named = text(name + "\0")
    return struct.pack("<I", unit) + text("Maker", 16) + text("Model", 16) + struct.pack("<HH", 1, len(named)) + named


def metadata_2(names: list[str], unit: int = 0) -> bytes:
    channels = b"".join(struct.pack("<IH", unit, len(text(name + "\0"))) + text(name + "\0") for name in names)
    return text("Maker", 16) + text("Model", 16) + struct.pack("<HH", 1, len(names)) + channels


class Devices:
    """Answers as devices do; ``energies`` are picowatt-hours of each channel."""

    def __init__(self, names: dict[str, list[str]]) -> None:
        self.names = names
        self.energies = {path: [10**12 * (index + 1) for index in range(len(each))] for path, each in names.items()}
        self.is_gone = False

    def __call__(self, path: str, code: int, most_bytes: int) -> bytes:
        if self.is_gone:
            raise OSError("the device is gone")
        answers = {
            GET_VERSION: struct.pack("<H", 2),
            GET_METADATA_SIZE: struct.pack("<I", len(metadata_2(self.names[path]))),
            GET_METADATA: metadata_2(self.names[path]),
            GET_MEASUREMENT: b"".join(struct.pack("<QQ", energy, 77) for energy in self.energies[path]),
        }
        return answers[code][:most_bytes]


def test_the_numbers_of_the_questions_are_those_of_ctl_code():
    made = [(0x22 << 16) | (1 << 14) | (function << 2) for function in range(4)]  # an unknown device, read access, buffered
    assert made == [GET_VERSION, GET_METADATA_SIZE, GET_METADATA, GET_MEASUREMENT]


def test_reads_version_channels_and_energies():
    assert read_version(b"\2\0") == 2
    assert read_channels(1, metadata_1("RAPL_Package0_PKG")) == [Channel(0, "RAPL_Package0_PKG")]
    assert [each.name for each in read_channels(2, metadata_2(AMD))] == AMD
    assert read_channels(2, metadata_2(INTEL))[3] == Channel(3, "RAPL_Package0_DRAM")
    assert read_energies(struct.pack("<QQQQ", 2**63, 1, 5, 2), 2) == [2**63, 5]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda: read_version(b"\2"), "cut short"),
        (lambda: read_channels(2, metadata_2(INTEL)[:-3]), "cut short"),
        (lambda: read_channels(1, metadata_1("RAPL_Package0_PKG")[:-3]), "cut short"),
        (lambda: read_channels(2, metadata_2(INTEL, unit=1)), "unit that is not known: 1"),
        (lambda: read_channels(3, metadata_2(INTEL)), "version 3"),
        (lambda: read_energies(b"\0" * 31, 2), "cut short"),
    ],
)
def test_answers_that_are_not_understood_are_refused(answer, message):
    with pytest.raises(ValueError, match=message):
        answer()


def test_only_whole_packages_count_and_each_once():
    def found(names: list[str]) -> list[str]:
        return [each.name for each in package_channels([Channel(index, name) for index, name in enumerate(names)])]

    assert found([*INTEL, "RAPL_Package1_PKG"]) == ["RAPL_Package0_PKG", "RAPL_Package1_PKG"]
    assert found(AMD) == ["Current Socket Power"]
    assert found(["Battery", "Display", "CPU_CLUSTER_0"]) == []


def test_sums_the_packages_of_all_devices():
    computer = Devices({"a": INTEL, "b": AMD, "c": ["Display"]})
    meter = Emi(["a", "b", "c"], computer)
    assert meter.is_available
    meter.start()
    computer.energies["a"][0] += 2 * 10**12  # 2 Wh
    computer.energies["a"][1] += 9 * 10**12
    computer.energies["b"][2] += 10**12
    computer.energies["c"][0] += 9 * 10**12
    energy = meter.read()
    assert energy.kwh == pytest.approx(0.003) and energy.low_kwh < energy.kwh < energy.high_kwh
    assert "counter" in energy.method and energy.counts_idle


def test_a_counter_that_begins_again_ends_the_measurement_for_good():
    computer = Devices({"a": INTEL})
    meter = Emi(["a"], computer)
    meter.start()
    computer.energies["a"][0] = 5
    assert meter.read() is None and "began again" in meter.trouble
    computer.energies["a"][0] = 10**13
    assert meter.read() is None
    meter.start()
    assert meter.read().kwh == 0


def test_a_device_that_goes_away_says_so():
    computer = Devices({"a": INTEL})
    meter = Emi(["a"], computer)
    meter.start()
    computer.is_gone = True
    assert meter.read() is None and "gone" in meter.trouble and not meter.is_available


def test_is_chosen_before_the_battery_and_the_model(tmp_path, laptop):
    none = {"powercap": tmp_path / "none", "power_supply": tmp_path / "none"}
    project = ProjectSettings(language="yor")
    choice = choose_meter(project, laptop, **none, emi=Emi(["a"], Devices({"a": INTEL})))
    assert isinstance(choice.meter, Emi) and "Windows" in choice.why
    assert not isinstance(choose_meter(project, laptop, **none, emi=Emi(["a"], Devices({"a": ["Display"]}))).meter, Emi)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows may have such devices")
def test_other_systems_have_none():
    assert devices() == [] and not Emi().is_available
    with pytest.raises(OSError, match="part of Windows"):
        ask("a", GET_VERSION, 2)
