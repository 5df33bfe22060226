"""schemathesis tries our own document against the server; slow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from tests.serve.running import Running

pytest.importorskip("schemathesis", reason="schemathesis is not installed")

SECONDS = 1500
EXAMPLES = 15


# How many tokens a text has no schema can say: a sound request may be too long for the context (400), or for a body (413).
CONFIG = """
seed = 1
[[operations]]
include-path-regex = "^/v1/(completions|chat/completions|embeddings)$"
checks.positive_data_acceptance.expected-statuses = ["2xx", "400", "413", "429"]
"""


@pytest.mark.slow
@pytest.mark.timeout(SECONDS + 60)
def test_schemathesis_finds_nothing(server: Running, tmp_path: Path) -> None:
    code = "from schemathesis.cli import schemathesis; schemathesis()"
    config = tmp_path / "schemathesis.toml"
    config.write_text(CONFIG, encoding="utf-8")
    options = ["--checks", "all", "--max-examples", str(EXAMPLES), "--request-timeout", "60", "--phases", "examples,coverage,fuzzing", "--no-color"]
    command = [sys.executable, "-c", code, "--config-file", str(config), "run", f"{server.url}/openapi.json", *options]
    done = subprocess.run(command, capture_output=True, encoding="utf-8", timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert server.ask("GET", "/health")[0] == 200
