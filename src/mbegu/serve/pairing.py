"""Devices on the local network: a code on the server's screen makes a token for each, which can be taken back.

The code has 40 bits. Who guesses wrong must wait, and after a number of wrong guesses from anywhere the code is changed, so
that trying on and on does not help: with the limits below a guesser has at most 20 tries in about 10^12 at one code.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
import unicodedata
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path

from mbegu.core import durable
from mbegu.core.errors import DamageError, InputError
from mbegu.serve.errors import ApiError

ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # without 0, 1, I, O, which look alike
CODE_LENGTH = 8
WRONG_PER_CODE = 20  # from anywhere; then there is a new code
WRONG_PER_ADDRESS = 5  # in WINDOW_S
WINDOW_S = 300.0
MOST_ADDRESSES = 1_000  # remembered; beyond, the oldest is forgotten
MOST_DEVICES = 1_000
LONGEST_NAME = 60


@dataclass(frozen=True)
class Device:
    """A paired device: a short id, the name it gave itself, the hash of its token and the day it was paired."""

    id: str
    name: str
    token_sha256: str
    paired: str


class Devices:
    """The paired devices, kept in a file of the user's; a change by another process is seen at the next request.

    Args:
        path: the file.
        show: called with each new code.
        clock: seconds that only grow.
    """

    def __init__(self, path: Path, show: Callable[[str], None] | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._path = path
        self._show = show
        self._clock = clock
        self._stamp = (0, 0)
        self._devices: list[Device] = []
        self._wrong_at_s: dict[str, list[float]] = {}
        self._wrong = 0
        self.code = ""
        self.renew_code()

    def renew_code(self) -> None:
        """Make a new code; the old one is worth nothing from now on."""
        self._wrong = 0
        self.code = "".join(secrets.choice(ALPHABET) for _ in range(CODE_LENGTH))
        if self._show is not None:
            self._show(self.code)

    def pair(self, code: str, name: str, address: str) -> str:
        """Pair a device and return its token.

        Args:
            code: what was typed; case, spaces and hyphens do not matter.
            name: what the device is called, for the list.
            address: where the request comes from.

        Raises:
            ApiError: 403 for a wrong code, 429 for too many of them, 409 when there are too many devices.
        """
        now_s = self._clock()
        recent = [each for each in self._wrong_at_s.get(address, []) if now_s - each < WINDOW_S]
        if len(recent) >= WRONG_PER_ADDRESS:
            wait_s = str(int(WINDOW_S - (now_s - recent[0])) + 1)
            raise ApiError(429, "too many wrong codes from this device: wait", "code", "pairing_limit", {"Retry-After": wait_s})
        typed = "".join(each for each in code.upper() if each not in " -")
        if not hmac.compare_digest(typed.encode("utf-8", "replace"), self.code.encode()):
            self._note_wrong(address, [*recent, now_s])
            raise ApiError(403, "this is not the code that the server shows", "code", "wrong_code")
        self._wrong_at_s.pop(address, None)
        return self._add(name)

    def find(self, token: str) -> str | None:
        """Return the id of the device that has a token, ``None`` for no such device."""
        self._read()
        given = _hash(token)
        found = [each.id for each in self._devices if hmac.compare_digest(each.token_sha256, given)]
        return found[0] if found else None

    def short(self, token: str) -> str:
        """Return the id of the device with this token, or a few characters of the token's hash."""
        return self.find(token) or _hash(token)[:8]

    def all(self) -> list[Device]:
        """Return the paired devices, oldest first."""
        self._read()
        return list(self._devices)

    def revoke(self, id: str) -> Device:
        """Take a device's token back; its next request is refused. Raises ``InputError`` when there is no such device."""
        self._read()
        found = next((each for each in self._devices if each.id == id), None)
        if found is None:
            raise InputError(f"no paired device has the id '{id}'", self._path, "`mbegu serve --devices` lists them")
        self._write([each for each in self._devices if each.id != id])
        return found

    def _note_wrong(self, address: str, times_s: list[float]) -> None:
        self._wrong_at_s.pop(address, None)
        self._wrong_at_s[address] = times_s
        while len(self._wrong_at_s) > MOST_ADDRESSES:
            del self._wrong_at_s[next(iter(self._wrong_at_s))]
        self._wrong += 1
        if self._wrong >= WRONG_PER_CODE:
            self.renew_code()

    def _add(self, name: str) -> str:
        self._read()
        if len(self._devices) >= MOST_DEVICES:
            raise ApiError(409, f"there are {MOST_DEVICES:,} paired devices: revoke some first", code="too_many_devices")
        token = secrets.token_urlsafe(32)
        shown = "".join(each for each in unicodedata.normalize("NFC", name) if unicodedata.category(each)[0] != "C")[:LONGEST_NAME].strip()
        taken = {each.id for each in self._devices}
        id = next(each for each in iter(lambda: secrets.token_hex(3), "") if each not in taken)
        today = datetime.now(timezone.utc).strftime("%Y-%m-%d")
        self._write([*self._devices, Device(id, shown or "?", _hash(token), today)])
        return token

    def _read(self) -> None:
        try:
            status = self._path.stat()
        except OSError:
            self._devices, self._stamp = [], (0, 0)
            return
        stamp = (status.st_mtime_ns, status.st_size)
        if stamp == self._stamp:
            return
        import json

        try:
            rows = json.loads(self._path.read_text(encoding="utf-8"))["devices"]
            self._devices, self._stamp = [Device(**row) for row in rows], stamp
        except (ValueError, KeyError, TypeError) as error:
            raise DamageError("the list of paired devices is damaged", self._path, "delete it and pair the devices again") from error

    def _write(self, devices: list[Device]) -> None:
        durable.write_json(self._path, {"version": 1, "devices": [asdict(each) for each in devices]})
        self._stamp = (0, 0)
        self._read()


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def shown_code(code: str) -> str:
    """Return a code in two groups, as people read it."""
    return f"{code[: CODE_LENGTH // 2]}-{code[CODE_LENGTH // 2 :]}"
