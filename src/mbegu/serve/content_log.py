"""What was asked and answered, where the owner of the server wants it kept: sealed at once, a file a day, for so many days.

Each record is one line: base64 of a libsodium sealed box, which can be opened only with the private key (`mbegu.serve.content_keys`). A line that
a power cut has torn is one record lost and hides no other. Records are filled up to a multiple of 256 bytes, so that their lengths tell little;
how many there are, and on which day, can be seen without the key. Keys are never written here.
"""

from __future__ import annotations

import base64
import binascii
import json
import queue
import re
import threading
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.core import durable
from mbegu.core.errors import MbeguError, explain_os_error
from mbegu.serve.content_keys import KEY_FILE, key_bytes, read_public_key
from mbegu.serve.logs import safe

if TYPE_CHECKING:
    from nacl.public import PrivateKey

SUFFIX = ".sealed"
MOST_CHARACTERS = 20_000  # of a question, and of an answer; what is longer is cut, and its length told
FILLED_TO_BYTES = 256
MOST_WAITING = 1_000  # records that wait for a slow disk; more are lost, and that is said
WAKES_EVERY_S = 600.0  # to delete what is too old while nobody asks anything
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)\.sealed")


@dataclass(frozen=True)
class Record:
    """One question with its answer. ``end`` is ``whole``, or ``cut off`` where the client left or the engine failed."""

    time: str
    client: str
    path: str
    question: str
    answer: str
    end: str


class ContentLog:
    """Keeps questions and answers in a folder.

    Args:
        folder: has the key, see ``make_key``.
        keep_days: how many days are kept, today the last of them; files of days before are deleted, at once and then every day.
        warn: told once when records cannot be kept, and why.
        now: the time in UTC.

    Raises:
        InputError: the folder has no key.
        DamageError: the key is damaged.
        MissingDependencyError: PyNaCl is not installed.
    """

    def __init__(
        self, folder: Path, keep_days: int, warn: Callable[[str], None], now: Callable[[], datetime] = lambda: datetime.now(timezone.utc)
    ) -> None:
        public = read_public_key(folder)
        from nacl.public import SealedBox

        self.keep_days = keep_days
        self._folder = folder
        self._warn = warn
        self._now = now
        self._box = SealedBox(public)
        self._key = key_bytes(folder)
        self._warned = ""
        self._waiting: queue.Queue[bytes | None] = queue.Queue(MOST_WAITING)
        self._cleared: date | None = None
        self._clear()
        self._writer = threading.Thread(target=self._write, name="content log", daemon=True)
        self._writer.start()

    def note(self, scope: MutableMapping[str, Any], question: str, answer: str, is_whole: bool) -> None:
        """Keep a question with its answer; returns at once.

        Args:
            scope: of the request, whose client and path are kept too.
            question: what was asked.
            answer: what was shown.
            is_whole: whether the answer came to its end.
        """
        client, path = safe(str(scope.get("mbegu.client", "-")), 64), safe(str(scope.get("path", "")))
        time = self._now().strftime("%Y-%m-%dT%H:%M:%SZ")
        record = Record(time, client, path, _bounded(question), _bounded(answer), "whole" if is_whole else "cut off")
        data = json.dumps(vars(record), ensure_ascii=False).encode("utf-8", "backslashreplace")
        sealed = self._box.encrypt(data + b" " * (-len(data) % FILLED_TO_BYTES))
        try:
            self._waiting.put_nowait(base64.b64encode(sealed))
        except queue.Full:
            self._warn_once("the disk is too slow to keep every question and answer")

    def close(self) -> None:
        """Write what waits, and end."""
        self._waiting.put(None)
        self._writer.join()

    def _write(self) -> None:
        while True:
            try:
                line = self._waiting.get(timeout=WAKES_EVERY_S)
            except queue.Empty:
                line = b""
            if line is None:
                return
            try:
                self._clear()
                if line:
                    self._append(line)
            except MbeguError as error:
                self._warn_once(error.one_line())

    def _append(self, line: bytes) -> None:
        """Write a line. It begins with an end of line too: the line before may be torn."""
        if key_bytes(self._folder) != self._key:
            self._warn_once("its key was deleted or changed: start the server again")
            return
        durable.append(self._folder / f"{self._now():%Y-%m-%d}{SUFFIX}", b"\n" + line + b"\n")
        self._warned = ""

    def _clear(self) -> None:
        """Delete what is too old, once a day."""
        today = self._now().date()
        if today != self._cleared:
            for day, path in sealed_files(self._folder):
                if day <= today - timedelta(days=self.keep_days):  # the first record of that day is so old now
                    durable.remove_file(path)
            self._cleared = today

    def _warn_once(self, why: str) -> None:
        if why != self._warned:
            self._warned = why
            self._warn(f"questions and answers are not kept: {why}")


def sealed_files(folder: Path) -> list[tuple[date, Path]]:
    """Return day and path of each file of records, oldest first. Raises ``InputError`` where there is no such folder."""
    found = []
    try:
        for path in folder.iterdir():
            match = _DAY.fullmatch(path.name)
            if match and path.is_file():
                try:
                    found.append((date.fromisoformat(match[1]), path))
                except ValueError:  # a thirteenth month: not ours
                    continue
    except OSError as error:
        raise explain_os_error(error, folder) from error
    return sorted(found)


def read_records(folder: Path, key: PrivateKey) -> Iterator[Record | None]:
    """Yield the records of a folder, oldest first; ``None`` for each line that cannot be opened: torn, damaged, or sealed with another key.

    Raises:
        InputError: there is no such folder.
    """
    from nacl.exceptions import CryptoError
    from nacl.public import SealedBox

    box = SealedBox(key)
    for _, path in sealed_files(folder):
        try:
            with open(path, "rb") as file:
                for line in file:
                    if not line.strip():
                        continue
                    try:
                        yield Record(**json.loads(box.decrypt(base64.b64decode(line.strip(), validate=True))))
                    except (binascii.Error, CryptoError, ValueError, TypeError):
                        yield None
        except OSError as error:
            raise explain_os_error(error, path) from error


def wipe(folder: Path) -> int:
    """Delete all records and the keys of a folder, the keys first: what a disk keeps of them then stays closed. Return how many."""
    paths = [path for _, path in sealed_files(folder)]
    durable.remove_file(folder / KEY_FILE)
    durable.sync_folder(folder)
    for path in paths:
        durable.remove_file(path)
    durable.sync_folder(folder)
    return len(paths)


def _bounded(text: str) -> str:
    return text if len(text) <= MOST_CHARACTERS else f"{text[:MOST_CHARACTERS]}… ({len(text):,} characters)"
