"""Windows' Energy Meter Interface (EMI): counters of energy that the firmware or a driver of the processor publishes, since Windows 10.

Formats and numbers are those of Microsoft's emi.h. What a device answers is read by plain functions from bytes; the calls of the system are
in ``devices`` and ``ask`` alone. Many computers have no such device, or one that names no processor package; then there is no meter.
"""

from __future__ import annotations

import ctypes
import re
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass

from mbegu.ledger.energy.value import COUNTER, Energy

COUNTED = "processor packages, with all that ran on this computer meanwhile; without screen, memory, disk and power supply"
# As for Linux's counter, which on most computers is the same one.
RELATIVE_ERROR = 0.10
GET_VERSION, GET_METADATA_SIZE, GET_METADATA, GET_MEASUREMENT = 0x224000, 0x224004, 0x224008, 0x22400C
PICOWATT_HOURS = 0  # the only unit that emi.h knows
_PICOWATT_HOURS_PER_KWH = 1e15
_GUID_DEVICE_ENERGY_METER = struct.pack("<IHH8s", 0x45BD8344, 0x7ED6, 0x49CF, bytes.fromhex("A440C276C933B053"))
# RAPL_Package0_PKG, "Current Socket Power". Cores (PP0), graphics (PP1) and memory (DRAM) are parts of a package or stand beside it.
_PACKAGE = re.compile(r"(?<![a-z])(pkg|socket)(?![a-z])", re.IGNORECASE)
_PART = re.compile(r"(?<![a-z0-9])(pp\d|dram)(?![a-z0-9])", re.IGNORECASE)
_NAMES_BYTES = 2 * 2 * 16  # the maker's and the model's name, 16 characters of UTF-16 each

Ask = Callable[[str, int, int], bytes]


@dataclass(frozen=True)
class Channel:
    """One counter of a device: where it stands among the device's counters, and what it is called."""

    index: int
    name: str


def read_version(answer: bytes) -> int:
    """Read the answer to ``GET_VERSION``. Raises ``ValueError`` when it is cut short."""
    return int(_unpack("<H", answer, 0)[0])


def read_channels(version: int, metadata: bytes) -> list[Channel]:
    """Read the channels from the answer to ``GET_METADATA``.

    Args:
        version: of the interface, 1 (one channel) or 2 (several).
        metadata: the bytes.

    Raises:
        ValueError: another version, another unit than picowatt-hours, or bytes that are cut short.
    """
    if version == 1:
        unit, size = _unpack("<I", metadata, 0)[0], _unpack("<H", metadata, 4 + _NAMES_BYTES + 2)[0]
        return [Channel(0, _name(unit, metadata, 4 + _NAMES_BYTES + 4, size))]
    if version != 2:
        raise ValueError(f"version {version} of the energy meter interface is not known")
    channels, start = [], _NAMES_BYTES + 4
    for index in range(_unpack("<H", metadata, _NAMES_BYTES + 2)[0]):
        unit, size = _unpack("<IH", metadata, start)
        channels.append(Channel(index, _name(unit, metadata, start + 6, size)))
        start += 6 + size
    return channels


def read_energies(measurement: bytes, channels: int) -> list[int]:
    """Read the picowatt-hours of each channel from the answer to ``GET_MEASUREMENT``. Raises ``ValueError`` when it is cut short."""
    return [int(_unpack("<QQ", measurement, 16 * index)[0]) for index in range(channels)]


def package_channels(channels: list[Channel]) -> list[Channel]:
    """Return the channels that count whole processor packages, each once."""
    return [each for each in channels if _PACKAGE.search(each.name.replace("_", " ")) and not _PART.search(each.name.replace("_", " "))]


class Emi:
    """Sums the package channels of all devices.

    Args:
        paths: the devices; those of this computer when left out.
        ask_device: puts a question (a control code) to a device and returns at most so many bytes of answer.
    """

    def __init__(self, paths: list[str] | None = None, ask_device: Ask | None = None) -> None:
        self.trouble = ""
        self._ask = ask_device or ask
        self._meters = [meter for path in (devices() if paths is None else paths) if (meter := self._packages(path))]
        self._start = 0

    @property
    def is_available(self) -> bool:
        """Whether a device counts a processor package and answers."""
        try:
            return bool(self._meters) and self._sum() >= 0
        except (OSError, ValueError):
            return False

    def start(self) -> None:
        """Begin to count at zero."""
        self.trouble = ""
        self._start = self._sum()

    def read(self) -> Energy | None:
        """Return the energy of all packages since ``start``; ``None`` once a device does not answer, or began again at zero (after sleep)."""
        try:
            used = self._sum() - self._start
        except (OSError, ValueError) as error:
            self.trouble = f"the energy meter of Windows could not be read any more: {error}"
            return None
        if used < 0 or self.trouble:
            self.trouble = "the energy meter of Windows began again at zero during the run"
            return None
        kwh = used / _PICOWATT_HOURS_PER_KWH
        return Energy(kwh, kwh * (1 - RELATIVE_ERROR), kwh * (1 + RELATIVE_ERROR), COUNTER, COUNTED, counts_idle=True)

    def _packages(self, path: str) -> tuple[str, int, list[Channel]] | None:
        """Return device, number of channels and those of packages; nothing when it has none or does not answer."""
        try:
            version = read_version(self._ask(path, GET_VERSION, 2))
            size = _unpack("<I", self._ask(path, GET_METADATA_SIZE, 4), 0)[0]
            channels = read_channels(version, self._ask(path, GET_METADATA, size))
        except (OSError, ValueError):
            return None
        found = package_channels(channels)
        return (path, len(channels), found) if found else None

    def _sum(self) -> int:
        total = 0
        for path, count, packages in self._meters:
            energies = read_energies(self._ask(path, GET_MEASUREMENT, 16 * count), count)
            total += sum(energies[each.index] for each in packages)
        return total


def devices() -> list[str]:
    """Return the paths of the energy meters of this computer; none on other systems than Windows."""
    if sys.platform != "win32":
        return []
    manager = ctypes.WinDLL("CfgMgr32")
    guid, length = ctypes.create_string_buffer(_GUID_DEVICE_ENERGY_METER, 16), ctypes.c_ulong()
    if manager.CM_Get_Device_Interface_List_SizeW(ctypes.byref(length), guid, None, 0) or length.value < 2:
        return []
    names = ctypes.create_unicode_buffer(length.value)
    if manager.CM_Get_Device_Interface_ListW(guid, None, names, length, 0):
        return []
    return [name for name in "".join(names[:]).split("\0") if name]


def ask(path: str, code: int, most_bytes: int) -> bytes:
    """Put a question to a device.

    Args:
        path: of the device, from ``devices``.
        code: ``GET_VERSION`` and so on.
        most_bytes: how long the answer may be.

    Raises:
        OSError: the device cannot be opened or does not answer.
    """
    if sys.platform != "win32":
        raise OSError("the energy meter interface is a part of Windows")
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)
    kernel.CreateFileW.restype = wintypes.HANDLE
    kernel.CreateFileW.argtypes = [wintypes.LPCWSTR, *[wintypes.DWORD] * 2, wintypes.LPVOID, *[wintypes.DWORD] * 2, wintypes.HANDLE]
    kernel.DeviceIoControl.argtypes = [
        *(wintypes.HANDLE, wintypes.DWORD, wintypes.LPVOID, wintypes.DWORD),
        *(wintypes.LPVOID, wintypes.DWORD, wintypes.LPDWORD, wintypes.LPVOID),
    ]
    kernel.CloseHandle.argtypes = [wintypes.HANDLE]
    read, share, open_existing = 0x80000000, 3, 3
    handle = kernel.CreateFileW(path, read, share, None, open_existing, 0, None)
    if handle == wintypes.HANDLE(-1).value:
        raise ctypes.WinError(ctypes.get_last_error())
    try:
        answer, length = ctypes.create_string_buffer(most_bytes), wintypes.DWORD()
        if not kernel.DeviceIoControl(handle, code, None, 0, answer, most_bytes, ctypes.byref(length), None):
            raise ctypes.WinError(ctypes.get_last_error())
        return answer.raw[: length.value]
    finally:
        kernel.CloseHandle(handle)


def _name(unit: int, metadata: bytes, start: int, size: int) -> str:
    if unit != PICOWATT_HOURS:
        raise ValueError(f"an energy meter counts in a unit that is not known: {unit}")
    if start + size > len(metadata):
        raise ValueError("the answer of an energy meter is cut short")
    return metadata[start : start + size].decode("utf-16-le", errors="replace").rstrip("\0")


def _unpack(form: str, data: bytes, start: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(form, data, start)
    except struct.error as error:
        raise ValueError("the answer of an energy meter is cut short") from error
