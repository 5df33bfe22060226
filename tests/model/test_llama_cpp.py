"""llama.cpp gives the figures of the weights, the tokens of the tokenizer, and whole characters."""

from __future__ import annotations

import math
import shutil
import subprocess
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests import tiny_model
from tests.model.own_hash import with_own_hash

from mbegu.core.errors import DamageError, InputError, MissingDependencyError, ResourceError
from mbegu.model import llama_cpp, llama_library
from mbegu.model.llama_cpp import LlamaCpp, draw
from mbegu.model.llama_library import ContextParams, check_layout, load_library
from mbegu.model.score import bits_per_byte
from mbegu.release.gguf import About, read_model_folder, write_gguf
from mbegu.tokenizer.bpe import END_OF_TEXT_ID, encode, open_tokenizer

PROMPT = "Ọ̀rọ̀ rere"


@pytest.fixture(scope="module")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_model.make_model_folder(tmp_path_factory.mktemp("llama") / "model")


@pytest.fixture(scope="module")
def gguf(model_folder: Path) -> Path:
    path = model_folder.parent / "ìwé 🙂.gguf"
    write_gguf(read_model_folder(model_folder), path, "F32", About("tiny"))
    return path


@pytest.fixture(scope="module")
def engine(gguf: Path) -> LlamaCpp:
    return LlamaCpp(gguf, threads=1)


@pytest.mark.parametrize("script", tiny_model.SCRIPTS)
def test_tokens_are_those_of_the_tokenizer_and_come_back_as_text(engine: LlamaCpp, model_folder: Path, script: str) -> None:
    text = tiny_model.SCRIPTS[script]
    tokens = engine.encode(text)
    assert tokens == encode(open_tokenizer(model_folder), text)
    assert END_OF_TEXT_ID not in tokens
    assert engine.decode(tokens) == unicodedata.normalize("NFC", text)


def test_text_that_is_no_unicode_does_not_stop_it(engine: LlamaCpp) -> None:
    assert engine.decode(engine.encode("a\ud800b\0c")) == "a?b\0c"


def test_log_probabilities_are_those_of_transformers(engine: LlamaCpp, model_folder: Path) -> None:
    torch = pytest.importorskip("torch")
    transformers = pytest.importorskip("transformers")
    model = transformers.AutoModelForCausalLM.from_pretrained(model_folder)
    assert type(model).__name__ == "Qwen3ForCausalLM"
    worst = 0.0
    for text in tiny_model.SCRIPTS.values():
        tokens = [engine.start_token, *engine.encode(text)][: engine.context]
        with torch.no_grad():
            logits = model(torch.tensor([tokens])).logits[0].double()
        expected = logits.log_softmax(-1)[torch.arange(len(tokens) - 1), torch.tensor(tokens[1:])] / math.log(2)
        worst = max(worst, float((torch.tensor(engine.log2_probabilities(tokens, 1)) - expected).abs().max()))
    assert worst < 1e-3


def test_only_the_targets_asked_for_are_scored(engine: LlamaCpp) -> None:
    tokens = [0, *engine.encode(PROMPT)]
    every = engine.log2_probabilities(tokens, 1)
    assert len(every) == len(tokens) - 1
    assert engine.log2_probabilities(tokens, 4) == pytest.approx(every[3:], abs=1e-6)


def test_small_batches_give_the_same_figures(gguf: Path, engine: LlamaCpp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_cpp, "LARGEST_BATCH", 7)
    tokens = [0, *engine.encode(tiny_model.SCRIPTS["Khmer"])][:60]
    with LlamaCpp(gguf, threads=1) as small:
        assert small.log2_probabilities(tokens, 20) == pytest.approx(engine.log2_probabilities(tokens, 20), abs=1e-4)


def test_figures_without_numpy_are_the_same(engine: LlamaCpp, monkeypatch: pytest.MonkeyPatch) -> None:
    tokens = [0, *engine.encode(PROMPT)]
    with_numpy = engine.log2_probabilities(tokens, 1)
    monkeypatch.setattr(llama_cpp.importlib.util, "find_spec", lambda name: None)
    assert engine.log2_probabilities(tokens, 1) == pytest.approx(with_numpy, abs=1e-5)


def test_long_documents_are_scored_in_windows(engine: LlamaCpp) -> None:
    text = " ".join(tiny_model.SCRIPTS.values())
    score = engine.score([text, "ߒߞߏ"])
    assert [each.tokens for each in score] == [len(engine.encode(text)) + 1, len(engine.encode("ߒߞߏ")) + 1]
    assert 0 < bits_per_byte(score) < 20


def test_the_same_seed_writes_the_same_text(engine: LlamaCpp) -> None:
    first = list(engine.complete(PROMPT, 40, seed=7))
    assert first == list(engine.complete(PROMPT, 40, seed=7))
    assert first != list(engine.complete(PROMPT, 40, seed=8))
    assert list(engine.complete(PROMPT, 5, temperature=0)) == list(engine.complete(PROMPT, 5, temperature=0, seed=99))


def test_the_prompt_is_read_in_its_nfc_form(engine: LlamaCpp) -> None:
    assert list(engine.complete("e\u0323\u0301", 20, seed=1)) == list(engine.complete(unicodedata.normalize("NFC", "e\u0323\u0301"), 20, seed=1))


def test_writing_goes_on_beyond_the_context(engine: LlamaCpp) -> None:
    long_prompt = " ".join(tiny_model.SCRIPTS.values())
    assert "".join(engine.complete(long_prompt, 3 * tiny_model.CONTEXT, seed=2))
    assert "".join(engine.complete("", 8, seed=2))


def test_characters_are_given_only_when_they_are_whole(engine: LlamaCpp, monkeypatch: pytest.MonkeyPatch) -> None:
    data = "ọ̀ሰ🙂".encode()
    pieces = iter([bytes([byte]) for byte in data] + [b"\xe1"])
    monkeypatch.setattr(engine, "_bytes", lambda token: next(pieces))
    assert list(engine.complete(PROMPT, len(data) + 1, seed=4)) == ["ọ", "\u0300", "ሰ", "🙂"]


def test_a_model_that_writes_on_does_not_converse(engine: LlamaCpp) -> None:
    assert not engine.can_chat
    with pytest.raises(InputError, match="writes on, it does not converse") as caught:
        engine.chat([("user", "Ẹ káàárọ̀")])
    assert "mbegu complete" in str(caught.value)


CHATML = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def test_a_conversation_keeps_to_its_template_and_special_tokens_of_people_stay_text(model_folder: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(model_folder, folder)
    (folder / "chat_template.jinja").write_text(CHATML, encoding="utf-8")
    write_gguf(read_model_folder(folder), tmp_path / "x.gguf", "F16", About("tiny"))
    with LlamaCpp(tmp_path / "x.gguf", threads=1) as engine:
        assert engine.can_chat
        turns = [("user", "ẹ <|im_end|>"), ("assistant", "bẹ́ẹ̀ ni"), ("user", "ሰላም")]
        tokens = engine._tokens_of(turns)
        assert [tokens.count(special) for special in (0, 1, 2)] == [1, 4, 3]
        assert engine.decode(tokens) == "user\nẹ <|im_end|>\nassistant\nbẹ́ẹ̀ ni\nuser\nሰላም\nassistant\n"
        assert list(engine.chat(turns, 10, seed=1)) == list(engine.chat(turns, 10, seed=1))


def test_likeliest_and_nucleus_drawing() -> None:
    chance = llama_cpp.random.Random(0)
    assert draw([0.0, 2.0, 2.0], 0, 1, chance) == 1
    logits = [math.log(0.6), math.log(0.3), math.log(0.1)]
    drawn = [draw(logits, 1, 1, chance) for _ in range(3000)]
    assert np.bincount(drawn) / 3000 == pytest.approx([0.6, 0.3, 0.1], abs=0.03)
    assert {draw(logits, 1, 0.85, chance) for _ in range(300)} == {0, 1}
    assert {draw(logits, 0.01, 1, chance) for _ in range(50)} == {0}


def test_a_damaged_file_is_refused_before_it_is_opened(tmp_path: Path, gguf: Path) -> None:
    data = bytearray(gguf.read_bytes())
    data[len(data) // 2] ^= 4
    path = tmp_path / "x.gguf"
    path.write_bytes(data)
    with pytest.raises(DamageError, match="SHA-256"):
        LlamaCpp(path)


@pytest.mark.parametrize("temperature", [0.0, 0.8])
def test_weights_that_are_no_numbers_are_said_to_be_damaged(tmp_path: Path, gguf: Path, temperature: float) -> None:
    data = bytearray(gguf.read_bytes())
    data[-4000:] = np.full(1000, np.nan, dtype="<f4").tobytes()
    path = tmp_path / "x.gguf"
    path.write_bytes(data)
    with LlamaCpp(with_own_hash(path), threads=1) as broken:
        for use in (lambda: list(broken.complete(PROMPT, 2, temperature)), lambda: broken.score([PROMPT])):
            with pytest.raises(DamageError, match=r"the model is damaged: it gives values that are no numbers \(.*x\.gguf\)\. Copy or download"):
                use()


def same_token_twice(data: bytes) -> bytes:
    one_letter = (1).to_bytes(8, "little")
    return data.replace(one_letter + b"b", one_letter + b"a", 1)


def last_norm_in_float16(data: bytes) -> bytes:
    at = data.index(b"output_norm.weight") + len(b"output_norm.weight") + 4 + 8  # behind its number of dimensions and its length stands its type
    return data[:at] + (1).to_bytes(4, "little") + data[at + 4 :]


@pytest.mark.parametrize("change", [same_token_twice, last_norm_in_float16])
def test_where_llama_cpp_ends_the_process_it_says_why_in_one_line(tmp_path: Path, gguf: Path, change: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(change(gguf.read_bytes()))
    code = "import sys, pathlib\nfrom mbegu.model.llama_cpp import LlamaCpp\nlist(LlamaCpp(pathlib.Path(sys.argv[1]), threads=2).complete('a', 3))"
    done = subprocess.run([sys.executable, "-c", code, str(with_own_hash(path))], capture_output=True, encoding="utf-8", check=False)
    assert (done.returncode, done.stdout) == (DamageError.exit_code, "")
    assert done.stderr.startswith("mbegu: llama.cpp cannot go on with this model: ")
    assert done.stderr.endswith(f" ({path}). Copy or download the file again, or use another model.\n")
    assert done.stderr.count("\n") == 1


def test_a_model_that_llama_cpp_does_not_know_is_refused_with_its_reason(tmp_path: Path, gguf: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(gguf.read_bytes().replace(b"qwen3", b"qwenX").replace(b"mbegu.file_sha256", b"other.file_sha256"))
    with pytest.raises(InputError, match="unknown model architecture") as caught:
        LlamaCpp(path)
    assert str(path) in str(caught.value)


def test_too_little_memory_is_said_before_opening(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import psutil

    monkeypatch.setattr(psutil, "virtual_memory", lambda: type("Memory", (), {"available": 1000})())
    with pytest.raises(ResourceError, match=r"the model needs 0\.0 GB of memory"):
        LlamaCpp(gguf)


def test_another_layout_of_llama_cpp_is_refused() -> None:
    params = load_library().c.llama_context_default_params()
    check_layout(params, {"n_ctx": 512})
    with pytest.raises(MissingDependencyError, match=r"n_batch is 2048, expected 77.*xllamacpp=="):
        check_layout(params, {"n_batch": 77})
    assert ContextParams.type_v.offset == 108


def test_a_library_without_the_functions_is_refused() -> None:
    import _ctypes

    with pytest.raises(MissingDependencyError, match="does not offer 'llama_backend_init'"):
        llama_library.Library(Path(_ctypes.__file__))


def test_a_missing_package_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llama_library, "PACKAGE", "a_package_that_is_not_there")
    with pytest.raises(MissingDependencyError, match="is not installed: it runs GGUF models"):
        llama_library.find_library()


def test_running_a_model_imports_neither_numpy_nor_torch(gguf: Path) -> None:
    code = (
        "import sys, pathlib\nfrom mbegu.model.llama_cpp import LlamaCpp\n"
        "print(''.join(LlamaCpp(pathlib.Path(sys.argv[1]), threads=1).complete('a', 5)).encode())\n"
        "print([name for name in ('numpy', 'torch', 'tokenizers', 'xllamacpp') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(gguf)], capture_output=True, encoding="utf-8", check=True)
    assert done.stdout.splitlines()[-1] == "[]"
    assert done.stderr == ""
