"""The server gives the same figures as the library, also for tokens that end inside a character."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests import tiny_model
from tests.model.own_hash import with_own_hash

from mbegu.core.errors import DamageError, InputError, MissingDependencyError
from mbegu.model import llama_cpp
from mbegu.model.llama_cpp import LlamaCpp, open_gguf
from mbegu.model.llama_server import LlamaServer
from mbegu.release.gguf import About, read_model_folder, write_gguf

TEXT = "Ọ̀rọ̀ rere 🙂 ߒߞߏ ሰላም"


@pytest.fixture(scope="module")
def gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("server") / "ìwé.gguf"
    write_gguf(read_model_folder(tiny_model.make_model_folder(path.parent / "model")), path, "F32", About("tiny"))
    return path


@pytest.fixture(scope="module")
def server(gguf: Path) -> LlamaServer:
    return LlamaServer(gguf, threads=1)


def test_tokens_and_figures_are_those_of_the_library(server: LlamaServer, gguf: Path) -> None:
    with LlamaCpp(gguf, threads=1) as library:
        for text in tiny_model.SCRIPTS.values():
            assert server.encode(text) == library.encode(text)
        assert (server.context, server.start_token, server.end_token) == (library.context, library.start_token, library.end_token)
        assert server.vocabulary_size == library.vocabulary_size
        tokens = [0, *library.encode(TEXT), 0]
        assert any("\ufffd" in library.decode([token]) for token in tokens)
        assert server.log2_probabilities(tokens, 1) == pytest.approx(library.log2_probabilities(tokens, 1), abs=1e-3)
        assert server.decode(tokens[1:-1]) == TEXT
        mine, theirs = server.score([TEXT])[0], library.score([TEXT])[0]
        assert (mine.bytes, mine.tokens) == (theirs.bytes, theirs.tokens)


def test_the_same_seed_writes_the_same_text(server: LlamaServer) -> None:
    first = "".join(server.complete(TEXT, 20, seed=3))
    assert first
    assert first == "".join(server.complete(TEXT, 20, seed=3))
    assert "".join(server.complete(TEXT * 20, 200, seed=3))


def test_greedy_writing_is_that_of_the_library(server: LlamaServer, gguf: Path) -> None:
    with LlamaCpp(gguf, threads=1) as library:
        assert "".join(server.complete("ẹ", 8, temperature=0)).rstrip("\ufffd") == "".join(library.complete("ẹ", 8, temperature=0)).rstrip("\ufffd")


def test_weights_that_are_no_numbers_have_no_score(gguf: Path, tmp_path: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(gguf.read_bytes()[:-4000] + b"\xff" * 4000)
    with (
        LlamaServer(with_own_hash(path), threads=1) as broken,
        pytest.raises(DamageError, match=r"values that are no numbers \(.*x\.gguf\)"),
    ):
        broken.score([TEXT])


def test_a_model_that_writes_on_does_not_converse(server: LlamaServer) -> None:
    with pytest.raises(InputError, match="writes on, it does not converse"):
        server.chat([("user", "Ẹ káàárọ̀")])


def test_a_conversation_is_answered(gguf: Path, tmp_path: Path) -> None:
    (gguf.parent / "model" / "chat_template.jinja").write_text("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", encoding="utf-8")
    write_gguf(read_model_folder(gguf.parent / "model"), tmp_path / "x.gguf", "F16", About("tiny"))
    with LlamaServer(tmp_path / "x.gguf", threads=1) as engine:
        assert "".join(engine.chat([("user", "ሰላም")], 12, seed=1))


def test_a_conversation_that_grew_too_long_goes_on_without_its_oldest_turns(gguf: Path, tmp_path: Path) -> None:
    (gguf.parent / "model" / "chat_template.jinja").write_text("{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}", encoding="utf-8")
    write_gguf(read_model_folder(gguf.parent / "model"), tmp_path / "x.gguf", "F16", About("tiny"))
    with LlamaServer(tmp_path / "x.gguf", threads=1) as engine:
        asked: list[list[dict[str, str]]] = []
        stream = engine._stream
        engine._stream = lambda method, request: asked.append(request["messages"]) or stream(method, request)  # type: ignore[method-assign]
        turns = [("system", "!"), *[(role, f"{number}") for number in range(8) for role in ("user", "assistant")], ("user", "ẹ")]
        assert "".join(engine.chat(turns, 12, seed=1))
        sent = [(each["role"], each["content"]) for each in asked[-1]]
        assert sent[0] == turns[0]
        assert sent[1:] == turns[-len(sent) + 1 :]
        assert [role for role, _ in sent] == ["system", "user", "assistant", "user", "assistant", "user"]
        with pytest.raises(InputError, match=r"llama\.cpp refused: request \(\d+ tokens\) exceeds"):
            list(engine.chat([("user", TEXT * 40)], 12))


def test_the_library_is_preferred_and_the_server_takes_its_place(gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open_gguf(gguf, threads=1) as engine:
        assert isinstance(engine, LlamaCpp)

    def refuse(*_: object) -> None:
        raise MissingDependencyError("this build offers nothing")

    monkeypatch.setattr(llama_cpp, "LlamaCpp", refuse)
    with open_gguf(gguf, threads=1) as engine:
        assert isinstance(engine, LlamaServer)
        assert engine.encode("a")


def test_a_model_that_llama_cpp_does_not_know_is_refused(tmp_path: Path, gguf: Path) -> None:
    path = tmp_path / "x.gguf"
    path.write_bytes(gguf.read_bytes().replace(b"qwen3", b"qwenX").replace(b"mbegu.file_sha256", b"other.file_sha256"))
    with pytest.raises(InputError, match=r"llama\.cpp cannot open this model"):
        LlamaServer(path)
