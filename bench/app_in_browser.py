"""The app and the pack in a real browser, with models of several sizes: how soon the page and the first letters are there, and how much memory.

    npm pack @wllama/wllama@3.8.1
    python -m bench.app_in_browser --engine wllama-wllama-3.8.1.tgz --model A.gguf --model B.gguf

Claim: the app opens from a disk without any server and asks the network for nothing; what the page with its engine and model takes stays under
the rule of ``contents.memory_bytes``. Memory is proportional set size (PSS, /proc/PID/smaps_rollup, ten times a second), each the highest less
that of an empty page: "renderer" is the process that holds page and engine ("at rest": a second after the answer), "browser" the browser's own,
which keeps the fetched parts; their sum is to be held against the rule. Needs Chromium and Linux.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
from tests.browser import Browser, browser
from tests.serve.pack.packs import served

from mbegu.core import artifacts
from mbegu.core.report import Say, format_table
from mbegu.model.gguf_file import read_gguf_head
from mbegu.serve.pack.app import build_app
from mbegu.serve.pack.build import build_web_pack
from mbegu.serve.pack.contents import APP_COPIES, WEB_COPIES, memory_bytes

PHONE = (390, 800)
DESKTOP = (1200, 800)
TICK_S = 0.1
COLUMNS = ("model", "form", "file", "page there", "first letters", "renderer", "at rest", "browser", "rule", "to elsewhere", "errors")


class Memory:
    """The highest memory of a browser's processes by their kind, in bytes, while it is watched."""

    def __init__(self, page: Browser) -> None:
        self._process = psutil.Process(page._process.pid)
        self._is_over = threading.Event()
        self.peak: dict[str, int] = {}
        self.last: dict[str, int] = {}

    def look(self) -> None:
        """Look once."""
        self.last = {}
        for each in [self._process, *self._process.children(recursive=True)]:
            try:
                kind = next((part[7:] for part in each.cmdline() if part.startswith("--type=")), "browser")
                lines = Path(f"/proc/{each.pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
            except (psutil.Error, OSError):
                continue
            pss = next((int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:")), 0)
            self.last[kind] = max(pss, self.last.get(kind, 0))
        for kind, pss in self.last.items():
            self.peak[kind] = max(pss, self.peak.get(kind, 0))

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Look again and again."""

        def watch() -> None:
            while not self._is_over.wait(TICK_S):
                self.look()

        thread = threading.Thread(target=watch)
        thread.start()
        try:
            yield
        finally:
            self._is_over.set()
            thread.join()


def main() -> None:
    """Make an app and a pack of each model, open them, let them write; print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", type=Path, required=True)
    parser.add_argument("--model", type=Path, action="append", required=True)
    parser.add_argument("--prompt", default="a")
    arguments = parser.parse_args()
    rows = []
    for model in arguments.model:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "release").mkdir()
            shutil.copyfile(model, folder / "release" / "model-X.gguf")
            artifacts.seal(folder / "release", kind="release", version=1, key="", parents={}, facts={})
            head = read_gguf_head(model)
            app_rule, web_rule = (f"{memory_bytes(model, head, copies) / 1e6:.0f} MB" for copies in (APP_COPIES, WEB_COPIES))
            size = f"{model.stat().st_size / 1e6:.1f} MB"
            app = build_app(folder / "release", folder / "app", arguments.engine, Say(quiet=True))
            for screen in (DESKTOP, PHONE):
                seen = _visit(folder / f"profile-{screen[0]}", (app.folder / app.file).as_uri(), screen, arguments.prompt)
                rows.append((size, f"app {screen[0]} px", f"{app.file_bytes / 1e6:.1f} MB", *seen[:-2], app_rule, *seen[-2:]))
            pack = build_web_pack(folder / "release", folder / "web", arguments.engine, Say(quiet=True))
            with served(pack.folder) as server:
                seen = _visit(folder / "profile", server.address, PHONE, arguments.prompt)
            rows.append((size, "pack", f"{(pack.page_bytes + pack.model_bytes) / 1e6:.1f} MB", *seen[:-2], web_rule, *seen[-2:]))
            print(format_table(COLUMNS, rows[-3:]), flush=True)
    print(format_table(COLUMNS, rows))


def _visit(profile: Path, address: str, screen: tuple[int, int], prompt: str) -> tuple[str, ...]:
    with browser(profile, *screen) as page:
        memory = Memory(page)
        memory.look()
        empty = memory.last
        with memory.watched():
            began_s = time.monotonic()
            page.call("Page.navigate", url=address)
            page.wait_for("document.getElementById('send')?.textContent && document.getElementById('language').options.length")
            there_s = time.monotonic() - began_s
            page.wait_for("!document.getElementById('send').disabled || !document.getElementById('fetch').hidden", 300)
            page.run("document.getElementById('fetch').hidden || document.getElementById('fetch').click()")
            page.wait_for("!document.getElementById('send').disabled", 300)
            page.write("#question", prompt)
            page.click("#send")
            page.wait_for("document.querySelector('#turns > li:last-child .answer').textContent.length > 4", 300)
            first_s = time.monotonic() - began_s
            page.wait_for("document.getElementById('stop').hidden", 600)
        time.sleep(1)
        memory.look()
        elsewhere = [each for each in page.requests if not each.startswith((address, "blob:", "data:"))]
        errors = [each for each in page.problems if "favicon" not in each]
    used = (memory.peak["renderer"] - empty["renderer"], memory.last["renderer"] - empty["renderer"], memory.peak["browser"] - empty["browser"])
    return f"{there_s:.2f} s", f"{first_s:.2f} s", *(f"{each / 1e6:.0f} MB" for each in used), str(len(elsewhere)), str(len(errors))


if __name__ == "__main__":
    main()
