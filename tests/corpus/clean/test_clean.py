"""The pipeline from files to kept and dropped text."""

from __future__ import annotations

import gzip
import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.corpus.conftest import put
from tests.corpus.material import WORDS, sentence, story

from mbegu.core import durable
from mbegu.core.documents import Document, read_documents
from mbegu.core.errors import BusyError, InputError, MissingDependencyError, SettingsError
from mbegu.core.lock import hold_folder
from mbegu.core.report import Say
from mbegu.corpus.clean import decide, drops, engine, kinds, measure, parts, run
from mbegu.corpus.clean.explain import explain, restore
from mbegu.corpus.clean.run import clean
from mbegu.corpus.clean.settings import CleanSettings
from mbegu.corpus.clean.tables import Kept


@dataclass
class Cleaned:
    """What a run made."""

    facts: dict[str, Any]
    kept: list[Document]
    dropped: list[dict[str, Any]]
    out: Path

    def texts(self) -> dict[str, str]:
        return {document.source: document.text for document in self.kept}

    def dropped_for(self, reason: str) -> list[tuple[str, int, str]]:
        return [(row["source"], row["line"], row["text"]) for row in self.dropped if row["reason"] == reason]


Run = Callable[..., Cleaned]


@pytest.fixture
def cleaned(tmp_path: Path) -> Run:
    def make(files: Mapping[str, bytes | str], name: str = "out", workers: int = 1, engine_name: str = "local", **settings: Any) -> Cleaned:
        if not (tmp_path / "text").exists():  # else the files would look changed to a run that goes on
            put(tmp_path / "text", files)
        out = tmp_path / name
        values = {"paths": (str(tmp_path / "text"),), "language": "yor", **settings}
        facts = clean(CleanSettings(**values), out, Say(io.StringIO(), quiet=True), engine_name, workers)
        return Cleaned(facts, list(read_documents(out / "kept.parquet")), pq.read_table(out / "dropped.parquet").to_pylist(), out)

    return make


def page(seed: int, language: str = "yor") -> str:
    """A page as a download leaves it: menu, table, infobox, prose."""
    prose = [sentence(seed * 100 + i, language, 16) for i in range(6)]
    return "\n".join(
        [
            "Ilé\n\nÌròyìn\n\nÀwòrán\n",
            f"https://example.org/{seed}",
            f"| ọdún | {seed} |",
            "| --- | --- |",
            f"- **Ìlú**: {WORDS['yor'][seed % 20]}",
            *prose,
        ]
    )


def test_menus_tables_and_addresses_go_and_prose_stays(cleaned: Run) -> None:
    made = cleaned({f"p{i:02}.txt": page(i) for i in range(12)})
    assert made.facts["documents_in"] == made.facts["documents_kept"] == 12
    for i in range(12):
        assert made.texts()[f"p{i:02}.txt"] == "\n".join(page(i).split("\n")[-6:])
    assert {(source, line) for source, line, _ in made.dropped_for("table")} == {(f"p{i:02}.txt", line) for i in range(12) for line in (8, 9)}
    assert {text for _, _, text in made.dropped_for("boilerplate")} == {"Ilé", "Ìròyìn", "Àwòrán"}
    assert json.loads((made.out / "clean.json").read_bytes()) == made.facts
    assert not (made.out / "work").exists()


@pytest.mark.parametrize("language", list(WORDS))
def test_clean_prose_comes_out_as_it_went_in_whatever_the_script(cleaned: Run, language: str) -> None:
    files = {f"{i}.txt": story(i, language, 12) for i in range(8)}
    made = cleaned(files, document="file")
    assert made.texts() == {name: text.strip() for name, text in files.items()}
    assert made.dropped == []


def test_every_line_is_kept_or_dropped_with_a_reason(cleaned: Run) -> None:
    files = {f"p{i:02}.txt": page(i) for i in range(12)} | {"copy.txt": page(3).upper()}
    made = cleaned(files)
    for name, text in files.items():
        lines = [line for line in text.split("\n") if line.strip()]
        found = [line for line in made.texts().get(name, "").split("\n") if line.strip()]
        found += [line for row in made.dropped if row["source"] == name for line in row["text"].split("\n") if line.strip()]
        assert sorted(found) == sorted(lines)


def test_copies_go_and_name_the_first(cleaned: Run) -> None:
    text = story(1, sentences=30)
    near = text.replace("ọjà", "ìlú", 2)
    files = {"a.txt": text, "b.txt": text.upper().replace(" ", "  "), "c.txt": near, "d.txt": story(2, sentences=30)}
    made = cleaned(files, document="file")
    assert sorted(made.texts()) == ["a.txt", "d.txt"]
    details = {row["source"]: (row["reason"], row["detail"]) for row in made.dropped}
    assert details["b.txt"] == ("exact duplicate", "same as a.txt")
    assert details["c.txt"][0] == "near duplicate"
    assert details["c.txt"][1].endswith("like a.txt")
    assert made.facts["duplicates"] == {"exact": 1, "near": 1, "passage": 0, "line": 0}
    assert {(pair["kind"], pair["first"], pair["second"]) for pair in made.facts["pairs"]} == {
        ("exact", "a.txt", "b.txt"),
        ("near", "a.txt", "c.txt"),
    }


def test_a_repeated_passage_is_cut_out_by_sentences_and_the_rest_of_the_line_stays(cleaned: Run) -> None:
    passage = " ".join(sentence(900 + i, words=16) for i in range(5))
    own = sentence(950, words=16)
    host = story(4, sentences=12) + f"{own} {passage}\n" + story(5, sentences=12)
    made = cleaned({"a.txt": story(3, sentences=12) + passage + "\n", "b.txt": host}, document="file")
    ((source, line, text),) = made.dropped_for("repeated passage")
    assert (source, line) == ("b.txt", 13)
    assert text == passage
    assert made.texts()["b.txt"].split("\n")[12] == own
    assert passage in made.texts()["a.txt"]


def test_what_is_dropped_of_one_large_file_is_not_held_until_its_end(cleaned: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.dumps({"text": f"{story(i, sentences=6)}| ọdún | {i} |\n| ìlú | {i} |"}) for i in range(60)]
    whole = cleaned({"rows.jsonl.gz": gzip.compress("\n".join(rows).encode(), mtime=0)}, "whole")
    held: list[int] = []
    real = drops.Drops.add
    monkeypatch.setattr(drops, "FLUSH_BYTES", 100)
    monkeypatch.setattr(drops.Drops, "add", lambda own, *row: (real(own, *row), held.append(own._held_bytes))[0])
    made = cleaned({}, "made")
    assert len(held) == len(made.dropped) == 120
    assert max(held) < 100
    assert made.dropped == whole.dropped
    assert made.kept == whole.kept


@pytest.mark.parametrize("workers", [1, 2])
def test_what_stands_first_in_a_document_that_repeats_itself_stays_in_the_next(cleaned: Run, monkeypatch: pytest.MonkeyPatch, workers: int) -> None:
    monkeypatch.setattr(parts, "MIN_PART_BYTES", 4_000)
    line, passage = sentence(700, words=16), " ".join(sentence(900 + i, words=16) for i in range(5))
    refrain = f"{sentence(1, words=12)} " * 25
    files = {"a.txt": f"{refrain}\n{line}\n{passage}\n", "b.txt": f"{story(2)}{line}\n{story(3)}{sentence(4)} {passage}\n", "c.txt": story(5) + line}
    made = cleaned(files, workers=workers, document="file")
    assert [source for source, _, _ in made.dropped_for("repeats itself")] == ["a.txt"]
    assert made.texts()["b.txt"] == files["b.txt"].strip()
    assert [row[:2] for row in made.dropped_for("repeated line")] == [("c.txt", 9)]
    assert made.dropped_for("repeated passage") == []
    left = cleaned(files, name="left", document="file", leave_in=("repeats itself",))
    assert sorted(row[:2] for row in left.dropped_for("repeated line")) == [("b.txt", 9), ("c.txt", 9)]
    assert [source for source, _, _ in left.dropped_for("repeated passage")] == ["b.txt"]


def test_lines_are_numbered_as_in_the_file_also_in_blocks_and_after_blank_lines(cleaned: Run) -> None:
    long = "\n\n\n\n".join(story(i, sentences=10) for i in range(60))
    lines = long.split("\n")
    lines[400] = "| tábìlì | 1 |"
    made = cleaned({"long.txt": "\n".join(lines)})
    ((source, line, _),) = made.dropped_for("table")
    assert line == 401
    assert source.startswith("long.txt#")
    fates = explain(made.out, "long.txt:401")
    assert [(fate.outcome, fate.reason, fate.line) for fate in fates if fate.line] == [("dropped", "table", 401)]


def test_what_happened_to_a_line_is_told(cleaned: Run) -> None:
    made = cleaned({f"p{i:02}.txt": page(i) for i in range(12)} | {"z-copy.txt": page(3).upper()})
    assert [(fate.outcome, fate.reason) for fate in explain(made.out, "p04.txt:8")] == [("dropped", "table")]
    assert [fate.outcome for fate in explain(made.out, "p04.txt:12")] == ["kept"]
    assert [(fate.outcome, fate.reason, fate.line) for fate in explain(made.out, "z-copy.txt:12")][-1] == ("dropped", "exact duplicate", 0)
    with pytest.raises(InputError, match=r"nothing is known of 'none.txt:3'"):
        explain(made.out, "none.txt:3")
    with pytest.raises(InputError, match="no folder that text was cleaned into"):
        explain(made.out / "text", "p04.txt")


def test_a_sign_in_the_name_of_a_folder_is_no_line(cleaned: Run) -> None:
    text = story(1, sentences=30)
    made = cleaned({"a.txt": text, "Ìwé #9/b.txt": text, "z #9.txt": text})
    for name in ("z #9.txt", "Ìwé #9/b.txt"):
        assert [fate.reason for fate in explain(made.out, f"{name}:1")] == ["exact duplicate"]
    places = frozenset({("Ìwé #9/b.txt", 3)})
    assert Kept(places=places).has("Ìwé #9/b.txt#1", 3)
    assert not Kept(places=places).has("Ìwé #8/b.txt#1", 3)


@pytest.mark.parametrize("what", ["infobox", "p04.txt:10", "p04.txt"])
def test_what_was_brought_back_stays_in_the_next_run(cleaned: Run, what: str) -> None:
    files = {f"p{i:02}.txt": page(i) for i in range(12)}
    line = page(4).split("\n")[9]
    assert line.startswith("- **")
    first = cleaned(files)
    assert line not in first.texts()["p04.txt"]
    restore(first.out, what)
    second = cleaned(files)
    assert line in second.texts()["p04.txt"]
    assert ("| --- | --- |" in second.texts()["p04.txt"]) == (what == "p04.txt")
    assert len(second.dropped_for("infobox")) == (0 if what == "infobox" else 11)


def test_a_line_that_went_with_its_whole_document_comes_back_with_it(cleaned: Run) -> None:
    files = {"a.txt": story(1, sentences=12), "b.txt": story(1, sentences=12).upper(), "c.bin": b"\x00\x01\x02\x03" * 50}
    first = cleaned(files)
    assert [(fate.line, fate.reason) for fate in explain(first.out, "b.txt:4")] == [(0, "exact duplicate")]
    restore(first.out, "b.txt:4")
    assert story(1, sentences=12).upper().split("\n")[3] in cleaned({}).texts()["b.txt"]
    for what in ("c.bin", "format not read"):
        with pytest.raises(InputError, match=r"cannot be brought back, it was left out for: format not read: .*Mend the file"):
            restore(first.out, what)


def test_only_what_was_dropped_can_be_brought_back(cleaned: Run) -> None:
    made = cleaned({f"p{i:02}.txt": page(i) for i in range(12)})
    with pytest.raises(InputError, match=r"'bad words' is no reason and no place of anything dropped.*The reasons are: address, boilerplate"):
        restore(made.out, "bad words")


def test_leave_in_drops_nothing_for_the_reason(cleaned: Run) -> None:
    made = cleaned({f"p{i:02}.txt": page(i) for i in range(12)}, leave_in=("table", "infobox"))
    assert "| --- | --- |" in made.texts()["p03.txt"]
    assert not made.dropped_for("infobox")
    assert next(row["why"] for row in made.facts["filters"] if row["name"] == "table") == "left in, as asked"


def test_poems_are_kept_where_poems_are_what_there_is(cleaned: Run) -> None:
    poems = {f"{i}.txt": "\n".join(sentence(i * 10 + j, words=4).rstrip(".") for j in range(9)) for i in range(8)}
    made = cleaned(poems)
    assert made.texts() == poems
    assert any(row["name"] == "list or menu in ./*.txt" and row["threshold"] is None for row in made.facts["filters"])


def test_several_processes_give_the_same_as_one(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MIN_PART_BYTES", 4_000)
    files = {f"p{i:02}.txt": page(i) + "\n" + story(i % 7, sentences=8) for i in range(30)}
    one, two = cleaned(files, "one"), cleaned(files, "two", workers=2)
    assert one.kept == two.kept
    assert one.dropped == two.dropped
    hidden = ("seconds", "peak_memory_bytes")
    assert {k: v for k, v in one.facts.items() if k not in hidden} == {k: v for k, v in two.facts.items() if k not in hidden}


def test_parts_do_not_change_the_result(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    files = {f"p{i:02}.txt": page(i) + "\n" + story(i % 7, sentences=8) for i in range(30)}
    whole = cleaned(files, "whole")
    monkeypatch.setattr(parts, "MIN_PART_BYTES", 3_000)
    monkeypatch.setattr(measure, "BATCH_CHARACTERS", 2_000)
    divided = cleaned(files, "divided")
    assert whole.texts() == divided.texts()
    assert {(row["source"], row["line"], row["reason"]) for row in whole.dropped} == {
        (row["source"], row["line"], row["reason"]) for row in divided.dropped
    }


def test_a_large_file_of_lines_is_worked_on_in_slices_with_its_own_numbers(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [json.dumps({"text": story(i, sentences=6)}, ensure_ascii=False) for i in range(60)]
    monkeypatch.setattr(parts, "PART_BYTES", 9_000)
    monkeypatch.setattr(parts, "BLOCK_BYTES", 1_000)
    made = cleaned({"rows.jsonl": "\n".join(rows) + "\n"}, document="file")
    assert len(made.kept) == 60
    assert [document.source for document in made.kept] == [f"rows.jsonl#{i}" for i in range(1, 61)]
    assert [document.text for document in made.kept] == [story(i, sentences=6).strip() for i in range(60)]


def test_an_interrupted_run_goes_on_from_the_parts_that_are_done(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "MIN_PART_BYTES", 4_000)
    files = {f"p{i:02}.txt": page(i) for i in range(30)}
    whole = cleaned(files, "whole")
    real, done = measure.measure_part, []

    def dies(task: Any) -> dict[str, Any]:
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(task.part.number)
        return real(task)

    monkeypatch.setattr(run, "measure_part", dies)
    with pytest.raises(KeyboardInterrupt):
        cleaned(files, "cut")
    again: list[int] = []
    monkeypatch.setattr(run, "measure_part", lambda task: (again.append(task.part.number), real(task))[1])
    work = next((whole.out.parent / "cut" / "work").glob("000001.exact"))
    durable.write_bytes(work, work.read_bytes()[:-8])  # a file that is not what it was is made again
    finished = cleaned(files, "cut")
    assert 1 in again
    assert 0 not in again
    assert 2 not in again
    assert finished.kept == whole.kept
    assert finished.dropped == whole.dropped


def test_work_of_other_settings_is_not_used(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = decide.decide_part
    monkeypatch.setattr(run, "decide_part", lambda task: (_ for _ in ()).throw(KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        cleaned({"a.txt": page(1)})
    monkeypatch.setattr(run, "decide_part", real)
    assert "| --- | --- |" in cleaned({"a.txt": page(1)}, leave_in=("table",)).texts()["a.txt"]


def test_work_from_before_the_papers_changed_is_not_used_wherever_they_lie(cleaned: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = decide.decide_part
    for folder in ("", "ada/", "b/"):
        monkeypatch.setattr(run, "decide_part", lambda task: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            cleaned({"ada/a.txt": page(1), "b/b.txt": page(2)})
        for path in (tmp_path / "text").rglob("sources.toml"):
            path.unlink()  # the same papers in another folder are for other files
        put(tmp_path / "text" / folder, {"sources.toml": '[[source]]\nfiles = "**"\ncontributor = "Ada"\n'})
        monkeypatch.setattr(run, "decide_part", real)
        given = {document.source for document in cleaned({}).kept if document.contributor == "Ada"}
        assert given == {source for source in ("ada/a.txt", "b/b.txt") if source.startswith(folder)}


def test_what_is_wrong_is_said_before_anything_is_read(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "text_files", lambda *arguments: pytest.fail("it was read"))
    with pytest.raises(SettingsError):
        cleaned({"a.txt": "Ọmọ"}, language="xx-not")


def test_no_text_is_an_error_that_says_what_was_left_out(cleaned: Run) -> None:
    with pytest.raises(InputError, match=r"there is no text: looked at 2 files; left out: 1 format not read, 1 papers, not text"):
        cleaned({"a.bin": b"\x00\x01\x02\x03" * 50, "LICENCE.txt": "x"})


def test_two_at_once_in_one_folder(cleaned: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with hold_folder(tmp_path / "out"), pytest.raises(BusyError, match="another `mbegu` is at work in this folder"):
        cleaned({"a.txt": page(1)})
    assert cleaned({}).facts["documents_kept"] == 1


def test_a_run_that_fails_leaves_the_result_of_before_as_it_was(cleaned: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = cleaned({"a.txt": page(1)})
    names = ("kept.parquet", "dropped.parquet", "clean.json", "report.html")
    before = {name: (made.out / name).read_bytes() for name in names}
    (tmp_path / "text" / "a.txt").write_bytes(b"\x00\x01\x02\x03" * 50)
    with pytest.raises(InputError, match="there is no text"):
        cleaned({})
    assert {name: (made.out / name).read_bytes() for name in names} == before


def test_a_run_that_is_cut_while_results_take_their_places_goes_on(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    real = durable.move_file
    monkeypatch.setattr(durable, "move_file", lambda source, target: real(source, target) if target.name == "kept.parquet" else 1 / 0)
    with pytest.raises(ZeroDivisionError):
        cleaned({"a.txt": page(1)})
    monkeypatch.setattr(durable, "move_file", real)
    assert cleaned({}).facts["documents_kept"] == 1


def test_the_text_in_the_folder_written_to_is_not_read_again(tmp_path: Path) -> None:
    put(tmp_path, {"a.txt": story(1)})
    settings = CleanSettings(paths=(str(tmp_path),), language="yor")
    for _ in range(2):
        facts = clean(settings, tmp_path / "out", Say(io.StringIO(), quiet=True))
        assert facts["documents_in"] == 1


def test_ray_missing_is_said_in_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    import builtins

    real = builtins.__import__

    def without(name: str, *arguments: Any, **more: Any) -> Any:
        if name == "ray":
            raise ModuleNotFoundError(name="ray")
        return real(name, *arguments, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(MissingDependencyError, match=r"--engine ray needs 'ray', which is not installed. Install it: pip install 'mbegu\[ray\]'"):
        list(engine.run_tasks(str, ["x"], "ray", 1))  # type: ignore[arg-type,type-var]


@pytest.mark.slow
def test_ray_gives_the_same_line_for_line(cleaned: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("ray", reason="ray is not installed")
    monkeypatch.setattr(parts, "MIN_PART_BYTES", 4_000)
    files = {f"p{i:02}.txt": page(i) + "\n" + story(i % 7, sentences=8) for i in range(30)}
    local, ray = cleaned(files, "local"), cleaned(files, "ray", engine_name="ray")
    assert local.kept == ray.kept
    assert local.dropped == ray.dropped


NOISE = ("ksjdhf kjsdf lkjhsdf kjhsdfg skdjfh skjdhf", "aaaaaaa", "????", "qwpfjgbv zxmcnvb qpwfjgbv zmxncbv qpwfjgbvty")
_CLICKS = "iqhude ingxangxasi gqirha umqhagi uqhushumbo isixhobo umxhelo iqhekeza igqabi umgxobhozo inxhala uxolo iqhwa amanqwanqwa"


def rare(count: int, seed: int) -> list[str]:
    """Lines of isiXhosa, whose letters follow each other otherwise than in Yoruba."""
    chance = random.Random(seed)
    return [" ".join(chance.choice(_CLICKS.split()) for _ in range(8)) + f" {seed}{number}." for number in range(count)]


@pytest.mark.parametrize(("lines", "why"), [(3, "off: only 3 lines are long enough"), (260, "median")])
def test_a_rare_language_is_no_noise_and_noise_is(cleaned: Run, monkeypatch: pytest.MonkeyPatch, lines: int, why: str) -> None:
    files = {f"yor/{i:02}.txt": story(i, sentences=100) for i in range(80)}
    files["yor/07.txt"] += "\n".join(NOISE) + "\n"
    files["xho/a.txt"] = "\n".join(rare(lines, 1)) + "\n"
    made = cleaned(files)
    assert {text for _, _, text in made.dropped_for("keyboard noise")} == {NOISE[0], NOISE[1], NOISE[3]}
    assert {text for _, _, text in made.dropped_for("numbers and signs")} == {NOISE[2]}
    assert made.texts()["xho/a.txt"] == files["xho/a.txt"].strip()
    assert next(row["why"] for row in made.facts["filters"] if row["name"] == "keyboard noise in xho/*.txt (yor)").startswith(why)
    if lines == 3:  # it is the second look that keeps them
        monkeypatch.setattr(kinds.OwnModels, "are_noise", lambda self, lines, kinds: np.ones(len(lines), dtype=bool))
        assert {source for source, _, _ in cleaned(files, "without").dropped_for("keyboard noise")} == {"yor/07.txt", "xho/a.txt"}


def test_short_utterances_stay_where_no_sentence_has_an_end(cleaned: Run) -> None:
    speech = {}
    for i in range(8):
        long = [sentence(i * 10 + j, words=30).rstrip(".") for j in range(6)]
        speech[f"{i}.txt"] = "\n".join([*long, *(sentence(i * 10 + j, words=3).rstrip(".") for j in range(4))])
    made = cleaned(speech, document="file")
    assert made.texts() == speech
    assert next(row["why"] for row in made.facts["filters"] if row["name"] == "list or menu in ./*.txt").startswith(
        "off: 100 % of the letters of long lines"
    )
