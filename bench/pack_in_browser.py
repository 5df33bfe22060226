"""The pack in a real browser: what a first visit fetches, how soon it writes, and that it goes on with its server switched off.

    npm pack @wllama/wllama@3.8.1
    python -m bench.pack_in_browser --release PROJECT/release --engine wllama-wllama-3.8.1.tgz

Claim: the page without engine and model is under 150 kB packed; the model writes in headless Chromium in one thread, without special
headers; after one visit a reload asks the network for nothing and still answers. Needs Chromium.
"""

from __future__ import annotations

import argparse
import gzip
import tempfile
import time
from pathlib import Path

from tests.browser import Browser, browser
from tests.serve.pack.packs import served

from mbegu.core.report import Say, format_table
from mbegu.serve.pack.build import build_web_pack
from mbegu.serve.page.files import page_files

PHONE = (390, 800)


def main() -> None:
    """Build a pack, visit it, switch its server off, visit it again; print what was seen."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--release", type=Path, required=True)
    parser.add_argument("--engine", type=Path, required=True)
    parser.add_argument("--prompt", default="a")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        pack = build_web_pack(arguments.release, Path(folder) / "web", arguments.engine, Say(quiet=True))
        rows = [
            ("page, packed with gzip", f"{len(gzip.compress(b''.join(page_files().values()))) / 1e3:.1f} kB"),
            ("first visit: page and engine", f"{pack.page_bytes / 1e6:.2f} MB"),
            ("first visit: model", f"{pack.model_bytes / 1e6:.2f} MB ({pack.form})"),
        ]
        with served(pack.folder) as server, browser(Path(folder) / "profile", *PHONE) as page:
            began_s = time.monotonic()
            page.open(server.address)
            rows.append(("page there after", f"{time.monotonic() - began_s:.2f} s"))
            rows += _answer(page, arguments.prompt, "first visit")
            server.stop()
            before = len(page.requests)
            page.open(server.address)
            rows += _answer(page, arguments.prompt, "server switched off")
            answered = [each for each in page.requests[before:] if not each.startswith((server.address, "blob:"))]
            rows.append(("requests to elsewhere", str(len(answered))))
            rows.append(("errors in the console", str(len([each for each in page.problems if "favicon" not in each]))))
    print(format_table(("what", "seen"), rows))


def _answer(page: Browser, prompt: str, when: str) -> list[tuple[str, str]]:
    """Start the engine where it is not started yet, let it write, and return how soon and how fast."""
    began_s = time.monotonic()
    page.run("document.getElementById('fetch').hidden || document.getElementById('fetch').click()")
    page.wait_for("document.getElementById('loading').hidden", 120)
    started_s = time.monotonic()
    page.write("#question", prompt)
    page.click("#send")
    page.wait_for("document.querySelector('#turns > li:last-child .answer').textContent.length > 4", 120)
    first_s = time.monotonic()
    page.wait_for("document.getElementById('stop').hidden", 300)
    letters = len(page.text("#turns > li:last-child .answer"))
    wrote_s = time.monotonic() - started_s
    return [
        (f"{when}: engine started", f"{started_s - began_s:.2f} s"),
        (f"{when}: first letters", f"{first_s - started_s:.2f} s"),
        (f"{when}: wrote", f"{letters} letters in {wrote_s:.2f} s"),
    ]


if __name__ == "__main__":
    main()
