"""A giver withdraws from a grown project: no span of eight words of hers is left in any file, and an interrupted withdrawal goes on."""

from __future__ import annotations

import gzip
import html
import io
import json
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from tests.corpus.material import story
from tests.end_to_end.project import CommandLine, _grown_template

from mbegu.cli.main import run
from mbegu.core import artifacts, durable
from mbegu.core.documents import Document, read_documents
from mbegu.core.errors import DamageError, UsageError
from mbegu.core.report import Say
from mbegu.core.steps import Project
from mbegu.corpus.leaks.words import bare_words
from mbegu.corpus.withdraw.names import Plan
from mbegu.corpus.withdraw.plan import Texts, load, save
from mbegu.corpus.withdraw.spans import Spans
from mbegu.corpus.withdraw.whole import withdraw
from mbegu.corpus.withdrawn import LIST_FILE, Withdrawn, kind_of, of_kind
from mbegu.ledger.verify import verify_ledger
from mbegu.recipes.recipe import read_recipe
from mbegu.recipes.runner import look_ahead
from mbegu.tokenizer.bpe import decode, open_tokenizer
from mbegu.tokenizer.encode import open_shard

ADA = [f"ada/{i}.txt" for i in range(12)]
SOURCES = """
[[source]]
files = "ada/"
licence = "CC-BY-4.0"
contributor = "Ada of Kibao"
consent = { purpose = "language models", date = 2025-03-01, version = "2" }

[[source]]
files = "*.txt"
contributor = "Mbegu"
licence = "CC0-1.0"
"""


def spans_of(text: str) -> set[tuple[str, ...]]:
    """Every run of eight words, computed here without the code under test but for what counts as a word."""
    words = bare_words(text)
    return {tuple(words[i : i + 8]) for i in range(len(words) - 7)}


def strings_in(path: Path) -> Iterator[str]:
    """All text in a file of the project, by ways of this test's own."""
    if path.suffix == ".parquet":
        for row in pq.read_table(path).to_pylist():
            yield from (str(each) for each in row.values())
    elif path.name.endswith(".tokens.npy"):
        tokenizer = open_tokenizer(path.parent)
        shard = open_shard(path.parent, path.name.partition(".")[0])
        for i in range(len(shard)):
            yield decode(tokenizer, shard.document(i).tolist())
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            yield from (archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    elif path.suffix == ".gz":
        yield gzip.decompress(path.read_bytes()).decode("utf-8", "replace")
    elif path.suffix == ".npy":
        np.load(path, allow_pickle=False)
    else:
        data = path.read_bytes()
        yield data.decode("utf-8", "replace")
        yield html.unescape(re.sub("<[^>]*>", "", data.decode("utf-8", "replace")))
        if path.suffix == ".json":
            yield json.dumps(json.loads(data), ensure_ascii=False)


def files_with_spans(root: Path, spans: set[tuple[str, ...]]) -> set[str]:
    found = set()
    for path in sorted(root.rglob("*")):
        if path.is_file() and any(spans & spans_of(text) for text in strings_in(path)):
            found.add(path.relative_to(root).as_posix())
    return found


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with Ada's text in it, grown up to the evaluation."""
    folder = tmp_path_factory.mktemp("withdraw") / "radio"
    shutil.copytree(_grown_template(), folder)
    for number, name in enumerate(ADA):
        path = folder / "text" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(story(7000 + number, sentences=10), encoding="utf-8")
    shared = next(path for path in sorted((folder / "text").iterdir()) if path.suffix == ".txt").read_text(encoding="utf-8")
    (folder / "text" / "ada" / "shared.txt").write_text(story(7100) + shared, encoding="utf-8")
    (folder / "text" / "ada" / "copy.txt").write_text(story(7001, sentences=10), encoding="utf-8")
    (folder / "text" / "sources.toml").write_text(SOURCES, encoding="utf-8")
    assert run(["evaluate", str(folder), "--quiet"]) == 0
    return folder


@pytest.fixture
def radio(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "radio"))


@pytest.fixture
def own_spans(template: Path) -> set[tuple[str, ...]]:
    """The spans that stand in Ada's text and in nobody else's."""
    hers, others = set(), set()
    for path in (template / "text").rglob("*.txt"):
        (hers if path.parent.name == "ada" else others).update(spans_of(path.read_text(encoding="utf-8")))
    assert hers & others
    return hers - others


def plant(root: Path) -> None:
    """Put her text where an index, a report, a pack and a killed run would leave it."""
    text = story(7003, sentences=10)
    tokenizer = root / "grown" / "tokenizer"
    manifest = dict(artifacts.read_manifest(tokenizer).manifest)
    (tokenizer / "index.sqlite").write_bytes(b"\x00\x01" + text.encode() + b"\xff\xfe")
    (tokenizer / "samples.json").write_text(json.dumps({"shown": [text, "kept words"]}), encoding="utf-8")
    escaped = "".join(f"&#{ord(each)};" if ord(each) > 127 else each for each in text.split("\n")[0]).replace(" ", " <b></b>", 3)
    (tokenizer / "report.html").write_text(f"<p>kept</p>\n<p>{text.split(chr(10))[1]}</p>\n<p>{escaped}</p>\n", encoding="utf-8")
    artifacts.seal(tokenizer, **{name: manifest[name] for name in ("kind", "version", "key", "parents", "facts")})
    (root / "grown" / "corpus" / "read.parquet.partial").write_text(text, encoding="utf-8")
    with zipfile.ZipFile(root / "release" / "pack.zip", "w") as archive:
        archive.writestr("documents.txt", text)
    release = root / "release"
    manifest = dict(artifacts.read_manifest(release).manifest)
    artifacts.seal(release, **{name: manifest[name] for name in ("kind", "version", "key", "parents", "facts")})
    ledger = sorted((root / "ledger").glob("*.json"))
    from dataclasses import replace

    from mbegu.ledger.record import read_record, write_record
    from mbegu.ledger.store import file_hash

    for before, path in zip([None, *ledger[:-1]], ledger, strict=True):
        record = read_record(path)
        facts = {**record.facts, "sample": text} if path == ledger[1] else record.facts
        write_record(root / "ledger", replace(record, facts=facts, previous=file_hash(before) if before else ""))


def test_nothing_of_a_withdrawn_giver_is_left_in_any_file(radio: Path, own_spans: set[tuple[str, ...]], mbegu: CommandLine) -> None:
    plant(radio)
    before = files_with_spans(radio, own_spans)
    assert {"grown/corpus/train.parquet", "grown/tokenizer/train.tokens.npy", "grown/tokenizer/index.sqlite", "release/pack.zip"} <= before
    assert any(name.startswith("ledger/") for name in before)
    said = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--delete-originals", "--yes", "--json")
    assert said.code == 0, said.err
    assert files_with_spans(radio, own_spans) == set()
    result = json.loads(said.out)
    assert result["kind"] == "contributor"
    assert result["documents"] == 14
    # The ledger does not list all files of the reading before hers, and papers may have come later than the text.
    models = [(model["why"], model["folders"]) for model in result["models"]]
    assert models == [("perhaps trained on it", ["grown/export", "release"]), ("trained on it", ["grown/train"])]
    assert verify_ledger(radio / "ledger") == []
    assert mbegu("verify", radio).code == 0
    samples = json.loads((radio / "grown" / "tokenizer" / "samples.json").read_bytes())
    assert samples == {"shown": ["[withdrawn]", "kept words"]}
    assert (radio / "grown" / "tokenizer" / "report.html").read_text(encoding="utf-8") == "<p>kept</p>\n[withdrawn]\n[withdrawn]\n"
    states = {state.step.name: state.action for state in look_ahead(Project(radio), read_recipe(radio / "mbegu.toml"), Say(quiet=True))}
    assert set(states.values()) == {"run"}
    kept = {document.contributor for side in ("train", "heldout") for document in read_documents(radio / "grown" / "corpus" / f"{side}.parquet")}
    assert kept == {"Mbegu"}


def test_an_index_a_pack_and_the_reports_of_a_project_that_cleans_hold_nothing_either(
    radio: Path, own_spans: set[tuple[str, ...]], mbegu: CommandLine
) -> None:
    recipe = radio / "mbegu.toml"
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace("[corpus]\n", "[corpus]\nclean = true\n") if "[corpus]" in text else text + "[corpus]\nclean = true\n", "utf-8")
    assert mbegu("corpus", radio, "--quiet").code == 0
    assert mbegu("corpus", "report", radio).code == 0
    assert mbegu("documents", "index", radio / "text", "--no-embeddings", "--quiet").code == 0
    (radio / "web").mkdir()
    (radio / "web" / "pack.json").write_text("{}", encoding="utf-8")
    (radio / "web" / "SHA256SUMS").write_text("0  pack.json\n0  passages.json\n", encoding="utf-8")
    (radio / "web" / "passages.json").write_text(json.dumps({"passages": [story(7003, sentences=10)]}), encoding="utf-8")
    mine = radio / "notes.txt"
    mine.write_text(story(7003, sentences=10), encoding="utf-8")
    before = files_with_spans(radio, own_spans)
    assert {"grown/corpus/cleaned/kept.parquet", "grown/corpus/cleaned/dropped.parquet", "text.mbegu-index", "web/passages.json"} <= before
    said = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--delete-originals", "--yes", "--json")
    assert said.code == 0, said.err
    result = json.loads(said.out)
    assert {"text.mbegu-index", "web/passages.json"} <= set(result["removed"])
    assert result["other_files_to_look_at"] == ["notes.txt"]  # a file of the user's own is named, never touched
    assert files_with_spans(radio, own_spans) == {"notes.txt"}
    assert (radio / "web" / "pack.json").is_file()
    assert mbegu("verify", radio).code == 0


def test_a_giver_of_text_of_the_related_language_is_taken_out_too(radio: Path, own_spans: set[tuple[str, ...]], mbegu: CommandLine) -> None:
    (radio / "text" / "ada").rename(radio / "near")
    hers, others = SOURCES.split("[[source]]")[1:]
    (radio / "near" / "sources.toml").write_text("[[source]]" + hers.replace('"ada/"', '"*.txt"'), encoding="utf-8")
    (radio / "text" / "sources.toml").write_text("[[source]]" + others, encoding="utf-8")
    recipe = radio / "mbegu.toml"
    own = recipe.read_text(encoding="utf-8")
    assert own.count("[corpus]") == 1
    plan = (radio / "plan.toml").read_text(encoding="utf-8")
    (radio / "plan.toml").write_text(plan.replace("[training]\n", "[training]\nrelated_steps = 3\n"), encoding="utf-8")
    recipe.write_text(own.replace("[corpus]\n", '[corpus]\nrelated = ["near"]\nrelated_language = "swh"\n'), encoding="utf-8")
    said = mbegu("release", radio, "--quiet")
    assert said.code == 0, said.err
    before = files_with_spans(radio, own_spans)
    assert {"grown/corpus/related.parquet", "grown/tokenizer/related.tokens.npy"} <= before
    assert "grown/corpus/train.parquet" not in before
    label = (radio / "release" / "README.md").read_text(encoding="utf-8")
    assert "Read beside its own text: Swahili" in label
    assert "Ada of Kibao" in label
    assert '"language": "swh"' in (radio / "release" / "sources.json").read_text(encoding="utf-8")
    assert "CC-BY-4.0" in mbegu("corpus", "licences", radio).out
    (radio.parent / "test.txt").write_text(story(7003, sentences=10), encoding="utf-8")
    assert mbegu("corpus", "leaks", radio, radio.parent / "test.txt", "--quiet").code == 13
    result = json.loads(mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--delete-originals", "--yes", "--json").out)
    assert result["kind"] == "contributor"
    assert [model["why"] for model in result["models"]] == ["perhaps trained on it", "trained on it", "trained on it"]
    assert result["models"][-1]["folders"] == ["grown/train", "grown/export", "release"]
    assert files_with_spans(radio, own_spans) == set()
    assert mbegu("verify", radio).code == 0


def test_the_shards_still_follow_the_documents(radio: Path, mbegu: CommandLine) -> None:
    assert mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio).code == 0
    folder = radio / "grown" / "tokenizer"
    tokenizer = open_tokenizer(folder)
    for side in ("train", "heldout"):
        shard = open_shard(folder, side)
        texts = [document.text for document in read_documents(radio / "grown" / "corpus" / f"{side}.parquet")]
        assert [decode(tokenizer, shard.document(i).tolist()[:-1]) for i in range(len(shard))] == texts


def test_originals_are_only_read_and_every_later_reading_leaves_them_out(radio: Path, mbegu: CommandLine) -> None:
    said = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio)
    assert "delete them, and their copies, by hand or with --delete-originals" in said.out
    assert all(f"text/{name}" in said.out for name in ADA)
    assert all((radio / "text" / name).is_file() for name in ADA)
    (radio / "text" / "ada" / "3.txt").rename(radio / "text" / "renamed.txt")
    (radio / "text" / "sources.toml").unlink()
    assert mbegu("corpus", radio, "--quiet").code == 0
    sources = {d.source for side in ("train", "heldout") for d in read_documents(radio / "grown" / "corpus" / f"{side}.parquet")}
    assert not any(source.startswith("ada/") or source == "renamed.txt" for source in sources)
    report = json.loads((radio / "grown" / "corpus" / "report.json").read_bytes())
    assert report["dropped"]["withdrawn"]["count"] == 14
    assert all(example["excerpt"] == "" for example in report["dropped"]["withdrawn"]["examples"])
    listed = (radio / LIST_FILE).read_text(encoding="utf-8")
    assert "Ada" not in listed


def test_a_dry_run_changes_nothing(radio: Path, mbegu: CommandLine) -> None:
    before = {path: path.read_bytes() for path in radio.rglob("*") if path.is_file() and path.name != ".mbegu.lock"}
    said = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--dry-run", "--delete-originals")
    assert "14 documents" in said.out
    assert "These files of yours would be deleted:" in said.out
    after = {path: path.read_bytes() for path in radio.rglob("*") if path.is_file() and path.name != ".mbegu.lock"}
    assert after == before


def test_an_interrupted_withdrawal_goes_on(radio: Path, own_spans: set[tuple[str, ...]], mbegu: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stops after some durable writes, before and after the plan is saved; at the end the result is that of an uncut withdrawal."""
    plant(radio)
    real = durable.disk.rename
    stops = 0
    for limit in (1, 3, 4, 6, 1000):
        count = 0

        def cut(source: Path, target: Path, limit: int = limit) -> None:
            nonlocal count
            count += 1
            if count > limit:
                raise KeyboardInterrupt
            real(source, target)

        monkeypatch.setattr(durable.disk, "rename", cut)
        code = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--delete-originals", "--yes").code
        monkeypatch.setattr(durable.disk, "rename", real)
        if code == 0:
            break
        assert code == 130
        stops += 1
        if limit == 4:
            assert load(Project(radio)) is not None
    assert stops >= 3
    assert files_with_spans(radio, own_spans) == set()
    assert not (radio / ".withdrawal").exists()
    assert verify_ledger(radio / "ledger") == []
    assert mbegu("verify", radio).code == 0
    assert [entry.done for entry in Withdrawn.read(radio).entries] == [True]


def test_a_single_document_a_folder_and_a_wrong_name(radio: Path, mbegu: CommandLine) -> None:
    line = mbegu.fails(4, "corpus", "withdraw", "Ada of Kibo", "--project", radio)
    assert "no contributor, document or source is called 'Ada of Kibo' (did you mean 'Ada of Kibao'" in line
    document = next(d for d in read_documents(radio / "grown" / "corpus" / "train.parquet") if d.source.startswith("ada/"))
    assert json.loads(mbegu("corpus", "withdraw", document.id, "--project", radio, "--json").out)["kind"] == "document"
    result = json.loads(mbegu("corpus", "withdraw", "ada", "--project", radio, "--json").out)
    assert result["kind"] == "source"
    assert not any(d.source.startswith("ada/") for d in read_documents(radio / "grown" / "corpus" / "train.parquet"))


def test_a_damaged_list_stops_every_reading(radio: Path, mbegu: CommandLine) -> None:
    assert mbegu("corpus", "withdraw", "ada/3.txt", "--project", radio).code == 0
    path = radio / LIST_FILE
    path.write_text(path.read_text(encoding="utf-8").replace('"source"', '"souRce"'), encoding="utf-8")
    with pytest.raises(DamageError, match="the list of what was withdrawn is damaged"):
        Withdrawn.read(radio)
    assert "the list of what was withdrawn is damaged" in mbegu.fails(5, "corpus", radio)
    assert "the list of what was withdrawn is damaged" in mbegu("verify", radio).out


def test_a_cleaned_folder_is_no_project_and_is_cleaned_all_the_same(radio: Path, tmp_path: Path, mbegu: CommandLine) -> None:
    clean = tmp_path / "clean"
    clean.mkdir()
    shutil.copy(radio / "grown" / "corpus" / "train.parquet", clean / "kept.parquet")
    shutil.copy(radio / "grown" / "corpus" / "dropped.parquet", clean / "dropped.parquet")
    assert "ada/copy.txt" in pq.read_table(clean / "dropped.parquet")["source"].to_pylist()
    said = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", clean)
    assert said.code == 0
    assert "of the contributor 'Ada of Kibao' were withdrawn" in said.out
    assert "Which models were trained on this folder's text is not known here" in said.out
    assert "No model of this project" not in said.out
    assert not any(d.contributor.startswith("Ada") for d in read_documents(clean / "kept.parquet"))


@pytest.mark.parametrize("name", ["", "  ", "\u00a0"])
def test_an_empty_name_is_nobody(tmp_path: Path, name: str, mbegu: CommandLine) -> None:
    line = mbegu.fails(2, "corpus", "withdraw", name, "--project", tmp_path, "--delete-originals", "--yes")
    assert "the ID is empty. Name a giver, a document or a source" in line
    nobody = Document("1", "Ọjọ́ dára.", "yor", "a.txt")
    assert not any(of_kind(nobody, kind, nobody.contributor) for kind in ("contributor", "document", "source"))
    assert kind_of(name, [nobody]) == ""
    with pytest.raises(UsageError, match="the ID is empty"):
        withdraw(Project(tmp_path), name, lambda: Texts((), lambda: iter(())), (), Say(quiet=True), delete_originals=True)


def test_an_interrupted_withdrawal_of_nobody_does_not_go_on(tmp_path: Path) -> None:
    save(Project(tmp_path), Plan("contributor", "", "2025-03-01", whole=["text/a.txt"], delete_originals=True), Spans(np.zeros(0, np.uint64)))
    with pytest.raises(DamageError, match=r"it names nobody .*Remove this folder"):
        load(Project(tmp_path))


def test_originals_are_deleted_only_after_a_yes(radio: Path, mbegu: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    command = ("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--delete-originals")
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert "asks before it deletes, and this is no terminal. Look with --dry-run, then add --yes" in mbegu.fails(2, *command)

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    said = mbegu(*command)
    assert said.code == 130
    assert all(f"  text/{name}\n" in said.err for name in ADA)
    assert all((radio / "text" / name).is_file() for name in ADA)
    assert not (radio / LIST_FILE).exists()
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert mbegu(*command).code == 0
    assert not any((radio / "text" / name).exists() for name in ADA)


def grown_before_papers(radio: Path, mbegu: CommandLine) -> None:
    """A radio whose text was read and learnt from before anybody wrote down that some of it is Ada's."""
    sources = radio / "text" / "sources.toml"
    later = sources.read_text(encoding="utf-8")
    sources.unlink()
    assert mbegu("train", radio, "--quiet").code == 0
    assert mbegu("documents", "index", radio / "text", "--no-embeddings", "--quiet").code == 0
    sources.write_text(later, encoding="utf-8")


def latest_model(result: dict[str, list[dict[str, object]]]) -> tuple[object, object]:
    return result["models"][-1]["why"], result["models"][-1]["folders"]


def test_papers_written_after_growing_are_heeded_in_one_pass(radio: Path, own_spans: set[tuple[str, ...]], mbegu: CommandLine) -> None:
    grown_before_papers(radio, mbegu)
    left = {"grown/corpus/train.parquet", "grown/tokenizer/train.tokens.npy", "text.mbegu-index"}
    assert left <= files_with_spans(radio, own_spans)
    said = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--delete-originals", "--yes", "--json")
    assert said.code == 0, said.err
    result = json.loads(said.out)
    assert result["documents"] == 14
    assert latest_model(result) == ("trained on it", ["grown/train"])
    assert files_with_spans(radio, own_spans) == set()
    assert mbegu("verify", radio).code == 0


def test_files_sorted_into_a_folder_of_their_giver_after_growing_are_known_by_their_text(
    radio: Path, own_spans: set[tuple[str, ...]], mbegu: CommandLine
) -> None:
    grown_before_papers(radio, mbegu)
    (radio / "text" / "ada").rename(radio / "text" / "kibao")
    sources = radio / "text" / "sources.toml"
    sources.write_text(sources.read_text(encoding="utf-8").replace('"ada/"', '"kibao/"'), encoding="utf-8")
    result = json.loads(mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--delete-originals", "--yes", "--json").out)
    assert result["documents"] == 14
    assert latest_model(result) == ("trained on it", ["grown/train"])
    assert files_with_spans(radio, own_spans) == set()


def test_a_model_of_an_earlier_reading_is_named_after_the_papers_were_read(radio: Path, mbegu: CommandLine) -> None:
    grown_before_papers(radio, mbegu)
    assert mbegu("corpus", radio, "--quiet").code == 0
    said = mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio)
    assert "No model of this project" not in said.out
    assert re.search(r"trained on it; in grown/train\n", said.out)
    assert "  removed: grown/tokenizer/train.tokens.npy\n" in said.out
    assert "perhaps trained on it; in grown/train" in mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio).out


def test_a_giver_whose_text_came_after_growing_is_in_no_model(grown: Path, mbegu: CommandLine) -> None:
    (grown / "text" / "obi.txt").write_text(story(7200, sentences=10), encoding="utf-8")
    (grown / "text" / "sources.toml").write_text('[[source]]\nfiles = "obi.txt"\ncontributor = "Obi"\n', encoding="utf-8")
    said = mbegu("corpus", "withdraw", "Obi", "--project", grown, "--dry-run")
    assert said.out.startswith("1 document (")
    assert "No model of this project was trained on it, as far as the ledger tells." in said.out
    assert mbegu("corpus", grown, "--quiet").code == 0
    assert "1 document was taken out" in mbegu("corpus", "withdraw", "Obi", "--project", grown).out


def test_a_report_in_a_step_is_cleaned_once(radio: Path, mbegu: CommandLine) -> None:
    recipe = radio / "mbegu.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8").replace("[corpus]\n", "[corpus]\nclean = true\n"), encoding="utf-8")
    assert mbegu("corpus", radio, "--quiet").code == 0
    result = json.loads(mbegu("corpus", "withdraw", "Ada of Kibao", "--project", radio, "--json").out)
    assert result["changed"].count("grown/corpus/cleaned/report.html") == 1
    assert mbegu("verify", radio).code == 0
