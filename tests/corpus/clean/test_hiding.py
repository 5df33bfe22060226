"""Private items and blocked text: nothing that cleaning writes holds any of them, wherever they stood; who withdrew stays out."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import sentence, story

from mbegu.cli.main import run as command
from mbegu.core.documents import read_documents
from mbegu.core.errors import InputError
from mbegu.core.report import Say
from mbegu.corpus.clean import measure, run
from mbegu.corpus.clean.hiding import BlockedError, Hiding
from mbegu.corpus.clean.settings import CleanSettings

EMAIL, PHONE, NAME, BLOCKED = "ade.olu@example.org", "0803 123 4567", "Adékúnlé Ọ̀ṣun", "orò inú igbó"
SECRETS = (EMAIL, "ade.olu", PHONE, "123 4567", NAME, "Adékúnlé", BLOCKED, BLOCKED.upper())
ITEMS = f"{EMAIL} {PHONE} {NAME}"


def written(folder: Path) -> dict[str, str]:
    """All that a folder's files say, Parquet decoded, other files byte by byte."""
    found = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix == ".parquet":
            metadata = json.dumps({k.decode(): v.decode("utf-8", "replace") for k, v in (pq.read_schema(path).metadata or {}).items()})
            found[path.name] = json.dumps(pq.read_table(path).to_pylist(), ensure_ascii=False, default=str) + metadata
        elif path.is_file():
            found[path.name] = path.read_bytes().decode("utf-8", "replace")
            if path.suffix == ".json":
                found[path.name] += json.dumps(json.loads(found[path.name]), ensure_ascii=False)
    return found


def planted() -> dict[str, str]:
    """Texts with the items in lines that are kept, dropped for each kind of reason, doubled and rewritten, and blocked documents."""
    passage = " ".join(sentence(900 + i, words=16) for i in range(4)) + f" {ITEMS} {sentence(991)}"
    line = f"{sentence(800, words=20)} {ITEMS} {sentence(801)}"
    files = {
        "kept.txt": story(1, sentences=12) + f"{sentence(1)} {ITEMS} {sentence(2)}\n" + f"{sentence(3)} Adékúnlé\nỌ̀ṣun {sentence(4)}\n",
        "table.txt": story(2, sentences=12) + f"| {ITEMS} | 1 |\n- **Ìlú**: {ITEMS}\n",
        "exact1.txt": story(3, sentences=20) + f"{ITEMS}\n",
        "exact2.txt": story(3, sentences=20).upper() + f"{EMAIL} {PHONE} {NAME}\n",
        "near.txt": story(3, sentences=20).replace("ọjà", "ìlú", 2) + f"{ITEMS}\n",
        "passage1.txt": story(4, sentences=12) + passage + "\n",
        "passage2.txt": story(5, sentences=12) + f"{sentence(992, words=16)} {passage}" + "\n" + story(6, sentences=9),
        "line1.txt": story(7, sentences=12) + line + "\n",
        "line2.txt": story(8, sentences=12) + line + "\n",
        "markup.txt": story(9, sentences=12) + f"<b>{NAME}</b> Adékúnlé <i>Ọ̀ṣun</i> ade.olu<b>@example.org</b> 0803&nbsp;123&nbsp;4567\n",
        "split.txt": f"<b>Ẹ</b> Adékúnlé<i> Ọ̀ṣun</i> {sentence(6)}\n" + story(17, sentences=12),
        "first-markup.txt": f"<b>{NAME}</b> {sentence(6)}\n" + story(10, sentences=12),
        "blocked.txt": story(11, sentences=12) + f"{sentence(7)} {BLOCKED} {sentence(8)}\n",
        "blocked-table.txt": story(12, sentences=12) + f"| {BLOCKED.upper()} | 1 |\n",
        "blocked-copy.txt": story(11, sentences=12) + f"{sentence(7)} {BLOCKED} {sentence(8)}\n",
        "blocked-markup.txt": story(13, sentences=12) + "orò <b>inú</b> igbó\n",
        "rows.jsonl": json.dumps({"text": story(14)}) + f'\n{{"text": "{ITEMS}\n{BLOCKED}\n',
        "short.txt": EMAIL,
        "hyphen.txt": story(15, sentences=12) + f"Adé\u00adkúnlé Ọ̀ṣun ade.olu\u00ad@example.org {BLOCKED[:6]}\u00ad{BLOCKED[6:8]}ba\n",
        "blocked-hyphen.txt": story(16, sentences=12) + f"{sentence(9)} {BLOCKED[:6]}\u00ad{BLOCKED[6:]}\n",
        "nothing.txt": f"| {ITEMS} |\n| {PHONE} |\n",
    }
    return files | {f"menu{i}.txt": f"{NAME}\n{PHONE}\n" + story(30 + i, sentences=12) for i in range(6)}


def cleaned(folder: Path, rules: tuple[str, ...] = ()) -> Path:
    put(folder / "text", planted())
    names, blocked = folder / "names.txt", folder / "blocked.txt"
    names.write_text(NAME + "\n", encoding="utf-8")
    blocked.write_text(f"# a remark\nohun mìíràn tí kò sí\n{BLOCKED}\n", encoding="utf-8")
    lists = CleanSettings(paths=(str(folder / "text"),), language="yor", names=str(names), blocked=str(blocked))
    run.clean(replace(lists, private=True, regions=("NG",), rules=rules), folder / "out", Say(io.StringIO(), quiet=True))
    return folder / "out"


def test_nothing_written_holds_what_is_hidden(tmp_path: Path) -> None:
    out = cleaned(tmp_path, rules=("soft-hyphens",))
    for name, text in written(out).items():
        assert [secret for secret in SECRETS if secret in text] == [], name
    facts = json.loads((out / "clean.json").read_bytes())
    dropped = pq.read_table(out / "dropped.parquet").to_pylist()
    blocked = {row["source"]: (row["detail"], row["text"]) for row in dropped if row["reason"] == measure.BLOCKED}
    assert set(blocked) == {"blocked.txt", "blocked-table.txt", "blocked-copy.txt", "blocked-markup.txt", "blocked-hyphen.txt"}
    assert set(blocked.values()) == {("entry 2 of the list", "")}
    whole = {"exact duplicate", "near duplicate"}
    assert {row["reason"] for row in dropped} >= whole | {
        "table",
        "infobox",
        "exact duplicate",
        "near duplicate",
        "repeated passage",
        "repeated line",
        "boilerplate",
    }
    assert {pair["kind"] for pair in facts["pairs"]} == {"exact", "near", "passage", "line"}
    assert set(facts["private"]) == {"EMAIL", "PHONE", "NAME"}
    kept = {document.source: document.text for document in read_documents(out / "kept.parquet")}
    assert "[EMAIL] [PHONE] [NAME]" in kept["kept.txt"]
    assert "[NAME]\n" in kept["kept.txt"]  # a name over the end of a line leaves the line end, so that lines keep their numbers


def test_without_a_list_everything_stays(tmp_path: Path) -> None:
    """The planted items are there to be found: without the settings the same search finds each of them."""
    put(tmp_path / "text", planted())
    run.clean(CleanSettings(paths=(str(tmp_path / "text"),), language="yor"), tmp_path / "out", Say(io.StringIO(), quiet=True))
    found = written(tmp_path / "out")
    for name in ("kept.parquet", "dropped.parquet", "clean.json"):
        assert all(secret in found[name] for secret in (EMAIL, PHONE, "Adékúnlé")), name
    assert BLOCKED in found["kept.parquet"]


def test_blocked_alone_replaces_nothing(tmp_path: Path) -> None:
    path = tmp_path / "blocked.txt"
    path.write_text(BLOCKED, encoding="utf-8")
    hiding = Hiding(CleanSettings(paths=(), language="yor", blocked=str(path)))
    assert hiding.document(ITEMS) == ITEMS
    assert hiding.remark(f"{ITEMS} {BLOCKED}") == ""
    with pytest.raises(BlockedError, match=r"^entry 1 of the list$"):
        hiding.document(f"Ọmọ {BLOCKED}")
    assert Hiding(CleanSettings(paths=(), language="yor")).remark(ITEMS) == ITEMS


def test_a_list_that_is_gone_is_said_before_anything_is_read(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"the list cannot be read"):
        Hiding(CleanSettings(paths=(), language="yor", names=str(tmp_path / "gone.txt")))


def test_who_withdrew_from_a_cleaned_folder_stays_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    papers = '[[source]]\nfiles = "ada/"\nlicence = "CC-BY-4.0"\ncontributor = "Ada of Kibao"\n'
    own = {f"ada/{i}.txt": story(100 + i, sentences=12) + f"| {sentence(600 + i, words=9)} | 1 |\n" for i in range(4)}
    rest = {f"b{i}.txt": story(i, sentences=12) for i in range(4)}
    put(tmp_path / "text", {"sources.toml": papers, **own, **rest})
    arguments = ["corpus", "clean", str(tmp_path / "text"), "--out", str(tmp_path / "out"), "--language", "yor", "--private", "-q"]
    sentences = [line for text in own.values() for line in text.split("\n") if line]

    assert command([*arguments, "--workers", "1"]) == 0
    assert all(line.strip("| 1") in written(tmp_path / "out")["kept.parquet"] + written(tmp_path / "out")["dropped.parquet"] for line in sentences)
    assert command(["corpus", "withdraw", "Ada of Kibao", "--project", str(tmp_path / "out"), "-q"]) == 0
    for again in range(2):
        for name, text in written(tmp_path / "out").items():
            assert not [line for line in sentences if line.strip("| 1") in text], (again, name)
        assert command([*arguments, "--workers", "1"]) == 0
    capsys.readouterr()
    facts = json.loads((tmp_path / "out" / "clean.json").read_bytes())
    assert facts["dropped"]["withdrawn"] == {"documents": 4, "lines": 0, "bytes": 0}
    assert {document.source for document in read_documents(tmp_path / "out" / "kept.parquet")} == set(rest)


def test_of_a_giver_whom_only_the_settings_name_nothing_is_written_after_withdrawing(tmp_path: Path) -> None:
    papers = '[[source]]\nfiles = "bisi/"\ncontributor = "Bisi"\n'
    put(
        tmp_path / "text",
        {"sources.toml": papers, "bisi/a.txt": story(1, sentences=12), "ada/a.txt": story(2, sentences=12), "ada/n.txt": "12 / 1958 / 7\n"},
    )
    settings = CleanSettings(paths=(str(tmp_path / "text"),), language="yor", contributor="Ada of Kibao")
    run.clean(settings, tmp_path / "out", Say(io.StringIO(), quiet=True))
    assert "12 / 1958 / 7" in written(tmp_path / "out")["dropped.parquet"]
    assert command(["corpus", "withdraw", "Ada of Kibao", "--project", str(tmp_path / "out"), "-q"]) == 0
    run.clean(settings, tmp_path / "out", Say(io.StringIO(), quiet=True))
    assert [name for name, text in written(tmp_path / "out").items() if "1958" in text] == []
    dropped = pq.read_table(tmp_path / "out" / "dropped.parquet").to_pylist()
    assert {(row["source"], row["reason"], row["text"]) for row in dropped} >= {("ada/a.txt", "withdrawn", ""), ("ada/n.txt", "no letters", "")}
