from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.end_to_end.project import CommandLine, blocking, last_line, mbegu_process
from tests.model.own_hash import with_own_hash

TEXT = "Ọjọ́ kan ni ìjàpá lọ sí oko.\n"


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "ọ̀rọ̀ 🌱.txt"
    path.write_text(TEXT, encoding="utf-8")
    return path


def gguf_of(project: Path, form: str = "Q8_0") -> Path:
    return project / "release" / f"tiny-{form}.gguf"


@pytest.mark.parametrize("model", ["project", "release", "gguf", "hf"])
def test_complete_takes_any_kind_of_model(mbegu: CommandLine, grown: Path, model: str) -> None:
    path = {"project": grown, "release": grown / "release", "gguf": gguf_of(grown), "hf": grown / "release" / "hf"}[model]
    said = mbegu("complete", path, "Ọjọ́", "-n", "8", "--json")
    assert said.code == 0
    value = json.loads(said.out)
    assert value["text"] == "Ọjọ́"
    assert value["completion"]
    assert value["engine"] == ("torch" if model == "hf" else "llama.cpp")


def test_the_same_seed_writes_the_same(mbegu: CommandLine, grown: Path) -> None:
    def written(*options: str) -> str:
        return mbegu("complete", grown, "Ọjọ́", "-n", "12", *options).out

    assert written("--seed", "3") == written("--seed", "3")
    assert len({written("--seed", str(seed)) for seed in range(4)}) > 1
    assert written("--temperature", "0", "--seed", "1") == written("--temperature", "0", "--seed", "2")
    assert written().startswith("Ọjọ́")


@pytest.mark.parametrize("prompt", ["", "ሰላም ለዓለም", "ߒߞߏ", "سلام", "សួស្តី", "<|endoftext|> x", "🌱" * 50, "a\nb\tc", "x " * 2000])
def test_any_prompt(mbegu: CommandLine, grown: Path, prompt: str) -> None:
    said = mbegu("complete", grown, prompt, "-n", "2", "--json")
    assert said.code == 0
    assert json.loads(said.out)["text"] == prompt


def test_models_run_without_the_libraries_that_grow_them(grown: Path, text: Path, tmp_path: Path) -> None:
    block = blocking(tmp_path / "block", modules="torch numpy pyarrow tokenizers transformers safetensors gguf lxml filelock pyppmd rensa")
    said = mbegu_process("complete", grown, "Ọjọ́", "-n", "5", "--json", extra=block)
    assert (said.code, said.err) == (0, "")
    assert json.loads(said.out)["engine"] == "llama.cpp"
    scored = mbegu_process("score", grown, text, "--json", extra=block)
    assert json.loads(scored.out)["engine"] == "llama.cpp"
    assert mbegu_process("chat", grown, "-n", "3", given="Ọjọ́\n", extra=block).code == 0
    for command in ("label", "verify"):
        assert mbegu_process(command, grown, extra=block).code == 0
    refused = mbegu_process("complete", grown / "release" / "hf", "x", extra=block)
    assert refused.code == 8
    assert last_line(refused.err).startswith("mbegu: this needs '")


def test_score(mbegu: CommandLine, grown: Path, text: Path) -> None:
    said = mbegu("score", grown, text, "--json")
    value = json.loads(said.out)
    assert set(value) >= {"bits_per_byte", "interval", "bytes", "tokens", "documents", "engine"}
    assert (value["bytes"], value["documents"]) == (len(TEXT.encode()), 1)
    assert 0 < value["bits_per_byte"] < 8
    by_torch = json.loads(mbegu("score", grown / "release" / "hf", text, "--json").out)
    assert by_torch["engine"] == "torch"
    assert by_torch["tokens"] == value["tokens"]
    assert by_torch["bits_per_byte"] == pytest.approx(value["bits_per_byte"], rel=0.005)
    assert f"{value['bits_per_byte']:.3f} bits per byte" in mbegu("score", grown, text).out


def test_score_counts_each_file_as_a_document(mbegu: CommandLine, grown: Path) -> None:
    files = sorted((grown / "text").glob("*.txt"))[:8]
    value = json.loads(mbegu("score", grown, *files, "--json").out)
    assert value["documents"] == 8
    low, high = value["interval"]
    assert low < value["bits_per_byte"] < high


def test_chat_writes_on_until_the_input_ends(mbegu: CommandLine, grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("Ọjọ́\r\nẸyẹ\n\nnever\n".encode()), encoding="utf-8"))
    said = mbegu("chat", grown, "-n", "4")
    assert said.code == 0
    assert "This model was not made for conversation" in said.err
    assert "never" not in said.out
    assert [line[:3] for line in said.out.splitlines() if line.startswith(("Ọjọ́", "Ẹyẹ"))] == ["Ọjọ́"[:3], "Ẹyẹ"[:3]]


def test_a_model_commands_no_terminal(mbegu: CommandLine, grown: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = [b"\x1b", b"]0;x\x07", "\u202e\x9b2J".encode(), "a\nمی\u200cخ\u200d".encode()]
    taken = iter([*parts, *parts])
    monkeypatch.setattr("mbegu.model.llama_cpp.LlamaCpp._bytes", lambda *_: next(taken))
    expected = "\ufffd]0;x\ufffd\ufffd\ufffd2Ja\nمی\u200cخ\u200d\n"
    assert mbegu("complete", grown, "é\x1b", "-n", "4").out == f"é\ufffd{expected}"
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO("é\n\n".encode()), encoding="utf-8"))
    assert mbegu("chat", grown, "-n", "4").out == f"é{expected}"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("arguments", [["label"], ["complete", "-n", "2"]])
def test_a_full_disk_behind_stdout_is_one_line(grown: Path, arguments: list[str]) -> None:
    command, *options = arguments
    words = [sys.executable, "-m", "mbegu", command, str(grown), *(["x"] if command == "complete" else []), *options]
    with open("/dev/full", "w", encoding="utf-8") as full:
        done = subprocess.run(words, stdout=full, stderr=subprocess.PIPE, encoding="utf-8", check=False, timeout=100)
    assert done.returncode == 6
    assert done.stderr.startswith("mbegu: the disk is full (standard output).")
    assert done.stderr.count("\n") == 1


def test_a_gguf_of_weights_that_are_no_numbers_has_no_score(mbegu: CommandLine, grown: Path, text: Path, tmp_path: Path) -> None:
    data = bytearray(gguf_of(grown, "F16").read_bytes())
    data[-2000:] = b"\x00\x7e" * 1000
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(data)
    with_own_hash(broken)
    for arguments in (["score", broken, text], ["complete", broken, "x"]):
        assert "the model is damaged: it gives values that are no numbers" in mbegu.fails(5, *arguments)


def test_models_that_are_none(mbegu: CommandLine, grown: Path, tmp_path: Path, text: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    nothing = tmp_path / "nothing.gguf"
    nothing.write_bytes(b"")
    cut = tmp_path / "cut.gguf"
    whole = gguf_of(grown).read_bytes()
    cut.write_bytes(whole[: len(whole) // 2])
    head = tmp_path / "head.gguf"
    head.write_bytes(whole[:100])
    not_json = tmp_path / "not-json"
    not_json.mkdir()
    (not_json / "config.json").write_bytes(b"\xff{")
    other = tmp_path / "other"
    other.mkdir()
    (other / "config.json").write_text('{"model_type": "gpt2"}', encoding="utf-8")
    half = tmp_path / "half"
    shutil.copytree(grown / "release" / "hf", half)
    (half / "model.safetensors").write_bytes((half / "model.safetensors").read_bytes()[:1000])
    without = tmp_path / "without"
    shutil.copytree(grown / "release" / "hf", without)
    (without / "model.safetensors").unlink()
    for path, code, words in [
        (tmp_path / "nowhere", 4, "no such file or folder"),
        (empty, 4, "no model here yet"),
        (text, 4, "this is not a GGUF file"),
        (nothing, 4, "this is not a GGUF file"),
        (cut, 5, "the GGUF file is cut short"),
        (head, 5, "the GGUF file is cut short"),
        (not_json, 5, "not JSON"),
        (other, 4, "'gpt2' model cannot be run here"),
        (half, 5, "the weights cannot be read"),
        (without, 4, "model.safetensors"),
    ]:
        for arguments in (["complete", path, "x"], ["score", path, text], ["chat", path]):
            line = mbegu.fails(code, *arguments)
            assert words in line
            assert str(path) in line


@pytest.mark.parametrize("place", range(12))
def test_a_gguf_with_a_damaged_head_never_ends_in_a_crash(grown: Path, tmp_path: Path, place: int) -> None:
    data = bytearray(gguf_of(grown).read_bytes()[:])
    for offset in range(4 + 8 * place, 12 + 8 * place):
        data[offset] ^= 0xFF
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(bytes(data))
    said = mbegu_process("complete", broken, "x", "-n", "1")
    if said.code:
        assert said.code in (4, 5, 6), said
        last_line(said.err)
    assert "Traceback" not in said.err


def test_a_project_that_has_not_grown_yet(mbegu: CommandLine, tmp_path: Path) -> None:
    assert mbegu("new", tmp_path / "p", "--language", "yor").code == 0
    assert f"Run `mbegu grow {tmp_path / 'p'}` first" in mbegu.fails(4, "complete", tmp_path / "p", "x")


def test_files_that_cannot_be_scored(mbegu: CommandLine, grown: Path, tmp_path: Path) -> None:
    empty, latin, missing = tmp_path / "empty.txt", tmp_path / "latin.txt", tmp_path / "missing.txt"
    empty.write_bytes(b" \n")
    latin.write_bytes("é".encode("latin-1"))
    line = mbegu.fails(4, "score", grown, empty, latin, missing, tmp_path)
    for part in (f"{empty} holds no text", f"{latin} is not UTF-8 (byte 0)", f"{missing}: no such file or folder", f"{tmp_path} is a folder"):
        assert part in line
    assert line.endswith("Give text files in UTF-8; each counts as one document.")
