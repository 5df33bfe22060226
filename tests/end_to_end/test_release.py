"""What a grown project holds, and that its parts agree with each other."""

from __future__ import annotations

import hashlib
import json
import random
import re
from pathlib import Path

import pytest
from bench.kill_test import file_hashes, small_project
from tests.end_to_end.project import CommandLine, blocking, copy_grown, mbegu_process, sha256

from mbegu.core.documents import read_documents
from mbegu.model.llama_cpp import open_gguf
from mbegu.recipes.check import verify_folder
from mbegu.tokenizer.bpe import encode, open_tokenizer
from mbegu.tokenizer.measure import read_test_strings

MODEL_FILES = ("config.json", "generation_config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")
FORMS = ("F16", "Q8_0", "Q4_K_M")
FLIPS = 100


def read(path: Path) -> dict[str, object]:
    value: dict[str, object] = json.loads(path.read_text(encoding="utf-8"))
    return value


def test_the_release_holds_all_of_it(grown: Path) -> None:
    names = {path.relative_to(grown / "release").as_posix() for path in (grown / "release").rglob("*") if path.is_file()}
    expected = {f"hf/{name}" for name in MODEL_FILES} | {f"tiny-{form}.gguf" for form in FORMS}
    expected |= {"README.md", "CREDITS.md", "hf/README.md", "label.html", "label.json", "sources.json", "scores.json", "SHA256SUMS", "manifest.json"}
    assert names == expected


def test_nothing_half_done_is_left(grown: Path) -> None:
    leftovers = [path for path in grown.rglob("*") if path.name in ("started.json", "checkpoints") or path.name.endswith(".partial")]
    assert leftovers == []


def test_checksums_are_right_and_complete(grown: Path) -> None:
    release = grown / "release"
    lines = [line.split("  ", 1) for line in (release / "SHA256SUMS").read_text(encoding="utf-8").splitlines()]
    assert {name: expected for expected, name in lines} == {
        path.relative_to(release).as_posix(): sha256(path)
        for path in release.rglob("*")
        if path.is_file() and path.name not in ("SHA256SUMS", "manifest.json")
    }


def test_the_weights_are_the_same_all_along(grown: Path) -> None:
    for name in MODEL_FILES:
        assert len({sha256(grown / place / name) for place in ("grown/train/model", "grown/export/hf", "release/hf")}) == 1
    for form in FORMS:
        assert sha256(grown / "grown" / "export" / f"tiny-{form}.gguf") == sha256(grown / "release" / f"tiny-{form}.gguf")


def test_label_card_and_page_say_what_was_measured(grown: Path) -> None:
    release = grown / "release"
    results = json.dumps(read(grown / "grown" / "evaluate" / "results.json"))
    label = json.dumps(read(release / "label.json"))
    measured = sorted(set(re.findall(r'"bits_per_byte": (\d\.\d+)', results)))
    assert len(measured) >= 3  # the model and two that only count
    card, page = ((release / name).read_text(encoding="utf-8") for name in ("README.md", "label.html"))
    for value in measured:
        assert value[:8] in label
        assert f"{float(value):.3f}" in card
        assert f"{float(value):.3f}" in page
    for text in (card, page):
        assert "Yoruba" in text
        assert "counting" in text
    for step, named in dict(json.loads(label)["hashes"]).items():
        assert read(grown / "grown" / step / "manifest.json")["sha256"] == named
    assert card.startswith("---\n")
    assert not re.search(r'(src|href)="https?://[^"]*\.(js|css|woff2?|png)"', page)


def test_the_scores_of_each_form_are_close_to_torch(grown: Path) -> None:
    scores = read(grown / "release" / "scores.json")
    reference = scores["torch_bits_per_byte"]
    files = scores["files"]
    assert isinstance(reference, float)
    assert isinstance(files, list)
    assert [file["format"] for file in files] == list(FORMS)
    for file, allowed in zip(files, (0.002, 0.005, 0.03), strict=True):
        assert file["bits_per_byte"] == pytest.approx(reference, rel=allowed)
        assert file["bytes"] == (grown / "release" / file["file"]).stat().st_size


def test_gguf_cuts_text_as_the_tokenizer_does(grown: Path) -> None:
    tokenizer = open_tokenizer(grown / "release" / "hf")
    texts = [document.text for document in read_documents(grown / "grown" / "corpus" / "heldout.parquet")]
    texts += [string.text for string in read_test_strings()]
    for form in FORMS:
        with open_gguf(grown / "release" / f"tiny-{form}.gguf") as engine:
            for text in texts:
                assert engine.encode(text) == encode(tokenizer, text)


def test_transformers_opens_the_release(grown: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    from mbegu.model.torch_engine import TorchEngine

    folder = grown / "release" / "hf"
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, trust_remote_code=False, dtype=torch.float32).eval()
    assert type(model).__name__ == "Qwen3ForCausalLM"
    own = TorchEngine.open(folder)
    ids = torch.tensor([[0, *own.encode("Ọjọ́ kan ni ìjàpá lọ sí oko.")]])
    with torch.no_grad():
        difference = (model(ids).logits - own.model.logits(ids)).abs().max().item()
    assert difference < 1e-3
    assert transformers.AutoTokenizer.from_pretrained(folder)("Ọjọ́ kan").input_ids[-3:] == own.encode("Ọjọ́ kan")[-3:]


def test_verify_finds_every_flipped_bit(grown: Path) -> None:
    chance = random.Random(20_260_101)
    files = sorted(path for top in ("grown", "release") for path in (grown / top).rglob("*") if path.is_file() and path.stat().st_size)
    found = 0
    for number in range(FLIPS):
        path = files[number] if number < len(files) else chance.choice(files)  # every file at least once
        sound = path.read_bytes()
        data = bytearray(sound)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(data))
        check = verify_folder(grown)
        found += any(str(path) in problem.one_line() for problem in check.problems)
        path.write_bytes(sound)
    assert found == FLIPS
    assert verify_folder(grown).problems == []


def test_verify_finds_every_flipped_bit_of_the_ledger(grown: Path) -> None:
    chance = random.Random(1)
    for path in sorted((grown / "ledger").glob("*.json")):
        sound = path.read_bytes()
        data = bytearray(sound)
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(bytes(data))
        assert any(str(path) in problem.one_line() for problem in verify_folder(grown).problems)
        path.write_bytes(sound)


def test_verify_finds_a_file_that_is_missing_and_one_that_is_cut(grown: Path) -> None:
    for path in sorted(path for top in ("grown", "release") for path in (grown / top).rglob("*") if path.is_file())[::4]:
        sound = path.read_bytes()
        path.unlink()
        assert verify_folder(grown).problems
        path.write_bytes(sound[: len(sound) // 2])
        assert verify_folder(grown).problems
        path.write_bytes(sound)


def test_the_whole_of_grow_without_sockets(grown: Path, tmp_path: Path) -> None:
    project = small_project(tmp_path / "again")
    block = blocking(tmp_path / "block", sockets=True)
    said = mbegu_process("grow", project, "--quiet", extra=block)
    assert said.code == 0, said.err
    assert file_hashes(project) == file_hashes(grown)  # and growing twice gives the same files
    check = mbegu_process("samples", "get", "udhr-yor", "--to", tmp_path / "x", extra=block)
    assert check.code != 0  # sockets are refused indeed


@pytest.mark.parametrize("name", ["with blanks", "نصوص", "🌱 ọ̀rọ̀"])
def test_any_name_of_project_and_text(mbegu: CommandLine, tmp_path: Path, name: str) -> None:
    project = small_project(tmp_path / name, steps=3, documents=16, name=name, text=name)
    for number, path in enumerate(sorted((project / name).iterdir())):
        path.rename(path.with_name(f"{name} {number}.txt"))
    said = mbegu("grow", project, "--quiet")
    assert said.code == 0
    assert mbegu("verify", project).code == 0
    assert list((project / "release").glob("*-Q8_0.gguf"))
    assert name in (project / "release" / "README.md").read_text(encoding="utf-8")
    assert mbegu("complete", project, "Ọjọ́", "-n", "2").code == 0


def test_the_text_is_never_touched(tmp_path: Path, mbegu: CommandLine) -> None:
    project = small_project(tmp_path / "p", steps=3, documents=16)
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (project / "text").iterdir()}
    assert mbegu("corpus", project, "--quiet").code == 0
    assert {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (project / "text").iterdir()} == before


def test_no_path_of_this_computer_is_given_away(grown: Path) -> None:
    for path in (grown / "release").rglob("*"):
        if path.is_file():
            assert str(grown.parent).encode() not in path.read_bytes(), path


def test_the_ledger_tells_every_step_once(grown: Path) -> None:
    records = [read(path) for path in sorted((grown / "ledger").glob("*.json"))]
    assert [record["step"] for record in records] == ["corpus", "tokenizer", "plan", "train", "evaluate", "export", "release"]
    assert {record["status"] for record in records} == {"done"}


def test_the_copies_of_the_tests_are_their_own(tmp_path: Path) -> None:
    first, second = copy_grown(tmp_path / "a"), copy_grown(tmp_path / "b")
    (first / "plan.toml").unlink()
    assert hashlib.sha256((second / "plan.toml").read_bytes()).digest()
