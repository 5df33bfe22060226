"""A file that is one line of 100 MB: cleaning ends, in bounded memory, and says in one line what it left out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

LINE_BYTES = 100_000_000
MOST_BYTES = 1_000_000_000
WORDS = "ọmọ náà lọ sí ọjà ó sì ra iṣu "

CLEAN = """
import io, json, sys
from pathlib import Path
from mbegu.core.report import Say
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.ledger.memory import peak_memory_bytes
facts = clean(CleanSettings(paths=(sys.argv[1],), language="yor", document=sys.argv[3]), Path(sys.argv[2]), Say(io.StringIO(), quiet=True))
print(json.dumps({"peak": peak_memory_bytes(), "kept": facts["documents_kept"], "problems": facts["problems"]}))
"""


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("document", ["auto", "file"])
@pytest.mark.parametrize(("name", "begin", "piece"), [("c.jsonl", '{"text": "', WORDS), ("b.txt", "", "a"), ("a.txt", "", WORDS)])
def test_a_line_of_100_mb_ends_in_bounded_memory(tmp_path: Path, name: str, begin: str, piece: str, document: str) -> None:
    text = tmp_path / "text"
    text.mkdir()
    (text / name).write_text(begin + piece * (LINE_BYTES // len(piece.encode("utf-8"))), encoding="utf-8")
    (text / "z.txt").write_text("Ọjà ti ṣí. Àwọn ènìyàn ń bọ̀ láti ìlú gbogbo.\n", encoding="utf-8")
    command = [sys.executable, "-c", CLEAN, str(text), str(tmp_path / "out"), document]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["peak"] < MOST_BYTES
    assert {problem["source"].partition("#")[0] for problem in told["problems"]} <= {name}
    assert told["kept"] >= 1  # the other file is read all the same
