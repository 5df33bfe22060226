"""How Mbegu speaks while it works: titles, notes, warnings, progress and tables, all to stderr; results go to stdout.

A step is handed a ``Say`` and prints nothing itself. Progress lines are drawn only on a terminal.
"""

from __future__ import annotations

import json
import math
import os
import sys
import time
import unicodedata
from collections.abc import Callable, Collection, Sequence
from typing import Any, TextIO

from mbegu.core.errors import explain_os_error
from mbegu.core.plain import COMMANDS, plain, plain_lines
from mbegu.core.power import Pauses
from mbegu.core.units import format_seconds

PROGRESS_INTERVAL_S = 0.5
__all__ = ["Say", "display_width", "format_table", "plain", "plain_lines", "write_out", "write_result"]


class Say:
    """Speaks to the person at the terminal.

    It also carries four things between a step and whoever runs it: a step that can stop by itself sets ``defers_stop`` and then
    asks ``pauses``, which knows of ``stop_requested`` too; ``cost_so_far`` tells the energy used, with its method; to ``leave_out`` a step
    names what draws energy that only these methods count.

    Args:
        stream: where to speak, ``sys.stderr`` when not given.
        quiet: say only warnings.
    """

    def __init__(self, stream: TextIO | None = None, quiet: bool = False) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.quiet = quiet
        self.stop_requested = False
        self.defers_stop = False
        self.pauses = Pauses(self)
        self.cost_so_far: Callable[[], str] = lambda: ""
        self.leave_out: Callable[[str, Collection[str]], None] = lambda what, known_to: None
        self._is_terminal = self.stream.isatty()
        self._drawn = 0
        self._next_draw_s = 0.0
        self._began_s = time.monotonic()
        self._began_share = 0.0
        self._last_done = math.inf

    def title(self, text: str) -> None:
        """Name what starts now; the next progress is a new one."""
        self._last_done = math.inf
        self._line(f"\n▸ {plain_lines(text)}")

    def note(self, text: str) -> None:
        """Say what was chosen and why, or what was found."""
        self._line(f"  {plain_lines(text)}")

    def done(self, text: str) -> None:
        """Say that something is complete and where it is."""
        self._line(f"  ✓ {plain_lines(text)}")

    def warn(self, text: str) -> None:
        """Say what the user should know; shown even when quiet."""
        self._erase()
        self._write(f"  ! {plain_lines(text)}\n")

    def progress(self, done: float, total: float, unit: str, share: float | None = None) -> None:
        """Draw how far it is, with the time left; call it as often as you like. Here ``--until`` stops a step that cannot save itself.

        Args:
            done: how much is done; a smaller value than at the last call begins a new progress.
            total: how much there is, 0 where unknown.
            unit: what is counted, for example ``documents``.
            share: how much of the work is done, 0 to 1, where the things counted do not all take as long; ``done / total`` if not given.
        """
        share = share if share is not None else done / total if total else 0.0
        if not self.defers_stop:
            self.pauses.heed_deadline()
        now = time.monotonic()
        if done < self._last_done:
            self._began_s, self._began_share, self._next_draw_s = now, share, 0.0
        self._last_done = done
        if self.quiet or not self._is_terminal or now < self._next_draw_s:
            return
        self._next_draw_s = now + PROGRESS_INTERVAL_S
        text = f"  {done:,.0f} {unit}"
        if total:
            rate = (share - self._began_share) / max(now - self._began_s, 1e-9)
            left = f", {format_seconds(max(1 - share, 0) / rate)} left" if rate > 0 else ""
            text = f"  {100 * share:3.0f} %  {done:,.0f} of {total:,.0f} {unit}{left}"
        self._erase()
        self._write(text)
        self._drawn = len(text)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Print an aligned table; see ``format_table``."""
        for line in format_table(columns, rows).splitlines():
            self._line("  " + line)

    def _line(self, text: str) -> None:
        if not self.quiet:
            self._erase()
            self._write(text + "\n")

    def _erase(self) -> None:
        if self._drawn:
            self._write("\r" + " " * self._drawn + "\r")
            self._drawn = 0

    def _write(self, text: str) -> None:
        try:
            self.stream.write(text)
        except UnicodeEncodeError:
            encoding = self.stream.encoding or "ascii"
            self.stream.write(text.encode(encoding, "replace").decode(encoding))
        self.stream.flush()


def format_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Return a table as lines of text: numbers right, words left, a rule under the head.

    Args:
        columns: the heads.
        rows: cells in the order of the heads; floats are written with three decimals.
    """
    texts = [[_cell_text(cell) for cell in row] for row in rows]
    is_number = [bool(rows) and all(isinstance(row[i], (int, float)) and not isinstance(row[i], bool) for row in rows) for i in range(len(columns))]
    widths = [max(display_width(line[i]) for line in [list(columns), *texts]) for i in range(len(columns))]

    def draw(line: Sequence[str]) -> str:
        cells = []
        for cell, width, right in zip(line, widths, is_number, strict=True):
            padding = " " * (width - display_width(cell))
            cells.append(padding + cell if right else cell + padding)
        return "  ".join(cells).rstrip()

    return "\n".join([draw(columns), "  ".join("─" * width for width in widths), *(draw(line) for line in texts)])


def display_width(text: str) -> int:
    """Return how many terminal cells ``text`` takes: marks that sit on a letter take none, wide East Asian characters two."""
    marks = sum(unicodedata.category(character) in ("Mn", "Me", "Cf") for character in text)
    return len(text) - marks + sum(unicodedata.east_asian_width(character) in "WF" for character in text)


def _cell_text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.3f}"
    return f"{cell:,}" if isinstance(cell, int) else plain(str(cell))


def write_result(value: Any, as_json: bool, text: str) -> None:
    """Write a command's result to stdout: ``value`` as JSON when asked, else ``text``, each of its lines ``plain``. Raises as ``write_out``."""
    write_out((_plain_json(value) if as_json else plain_lines(text)) + "\n")


def write_out(text: str) -> None:
    """Write text to stdout at once, as it is.

    Raises:
        ResourceError: there is no room, or stdout cannot be written for another reason. A reader that went away stays a ``BrokenPipeError``.
    """
    try:
        sys.stdout.buffer.write(text.encode("utf-8", "backslashreplace"))  # a path may hold bytes that are no UTF-8
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or Python would try the rest again at its end
        raise explain_os_error(error, "standard output") from error


def _plain_json(value: Any) -> str:
    """Return JSON that is read back as it was and commands no terminal: what would is written as an escape."""
    lines = json.dumps(value, ensure_ascii=False, indent=2).split("\n")
    return "\n".join(COMMANDS.sub(lambda found: json.dumps(found[0])[1:-1], line) for line in lines)
