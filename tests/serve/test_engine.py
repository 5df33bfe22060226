"""The engine alone: adapters by name, jobs, the key of its port, threads and signals."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
from tests.serve.conftest import SETTINGS

from mbegu.core.errors import DamageError, InputError
from mbegu.serve.engine import Engine, Job
from mbegu.serve.errors import ApiError


def make_adapter(path: Path, seed: int, size: float) -> Path:
    """Write a LoRA of rank 2 on the first layer's value projection."""
    import gguf

    writer = gguf.GGUFWriter(path, "qwen3")
    writer.add_string("general.type", "adapter")
    writer.add_string("adapter.type", "lora")
    writer.add_float32("adapter.lora.alpha", 2.0)
    random = np.random.default_rng(seed)
    writer.add_tensor("blk.0.attn_v.weight.lora_a", (size * random.normal(0, 1, (2, 256))).astype(np.float32))
    writer.add_tensor("blk.0.attn_v.weight.lora_b", (size * random.normal(0, 1, (128, 2))).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


async def write(engine: Engine, lora: int | None) -> str:
    return "".join([piece.text async for piece in engine.generate(Job([5, 6, 7, 8], 24, temperature=0, lora=lora))])


def test_an_adapter_is_chosen_by_name_request_by_request(chat_gguf: Path, tmp_path: Path) -> None:
    adapters = {"strong": make_adapter(tmp_path / "a.gguf", 1, 1.0), "none": make_adapter(tmp_path / "b.gguf", 2, 0.0)}
    engine = Engine(chat_gguf, SETTINGS, adapters)
    assert engine.models == ["ìwé", "strong", "none"]
    assert [engine.lora_of(name) for name in engine.models] == [None, 0, 1]
    with pytest.raises(ApiError, match="there is no model 'x' here: choose from ìwé, strong, none"):
        engine.lora_of("x")

    async def work() -> list[str]:
        return [await write(engine, lora) for lora in (None, 0, 1, None)]

    plain, strong, none, again = asyncio.run(work())
    assert plain == none == again
    assert strong != plain
    engine.close()


def test_another_program_cannot_use_the_engine_past_us(chat_engine: Engine) -> None:
    client = chat_engine._client
    body = json.dumps({"prompt": [5], "n_predict": 1}).encode()
    for path in ("/completion", "/v1/completions", "/props", "/slots", "/lora-adapters", "/tokenize"):
        request = urllib.request.Request(f"http://127.0.0.1:{client._port}{path}", body, {"Content-Type": "application/json"})
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(request, timeout=5)
        assert caught.value.code in (401, 404, 501)


def test_our_signals_stay_ours(chat_gguf: Path) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        mine = signal.getsignal(signal.SIGTERM)
        Engine(chat_gguf, SETTINGS).close()
        assert signal.getsignal(signal.SIGTERM) is mine
        signal.raise_signal(signal.SIGTERM)  # the engine's own handler would end the engine, ours does nothing
    finally:
        signal.signal(signal.SIGTERM, before)


def test_it_can_be_closed_as_soon_as_it_is_open(chat_gguf: Path) -> None:
    """In a process of its own: where it hangs, it holds the interpreter's lock, and no time limit in the same process would end it."""
    code = (
        "import sys; from pathlib import Path; from mbegu.serve.engine import Engine; from mbegu.serve.settings import ServeSettings\n"
        "for _ in range(3): Engine(Path(sys.argv[1]), ServeSettings(threads=1)).close()"
    )
    subprocess.run([sys.executable, "-c", code, str(chat_gguf)], check=True, timeout=60)


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x.gguf").write_bytes(b"no model")
    with pytest.raises((InputError, DamageError), match=r"x\.gguf"):
        Engine(tmp_path / "x.gguf", SETTINGS)


def test_the_context_is_the_models_or_less(chat_engine: Engine) -> None:
    assert chat_engine.context == 1024
    assert chat_engine.require_fit([1] * 1000, None, "prompt", 512) == 24
    assert chat_engine.require_fit([1] * 1000, 24, "prompt", 512) == 24
    with pytest.raises(ApiError, match="context is 1,024 tokens; the prompt has 1,000 tokens and 25 are asked for"):
        chat_engine.require_fit([1] * 1000, 25, "prompt", 512)
    with pytest.raises(ApiError, match="the prompt has 1,024 tokens"):
        chat_engine.require_fit([1] * 1024, None, "prompt", 512)


def test_turns_beyond_the_context_are_not_even_cut(chat_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    cut: list[str] = []
    tokenize = chat_engine.tokenize

    async def counted(text: str, special: bool = False, start: bool = False) -> list[int]:
        cut.append(text)
        return await tokenize(text, special, start)

    monkeypatch.setattr(chat_engine, "tokenize", counted)
    with pytest.raises(ApiError, match=r"context is 1,024 tokens; the prompt has at least 1,\d\d\d tokens") as caught:
        asyncio.run(chat_engine.chat_tokens([("user", "ọmọ " * 100)] * 256))
    assert caught.value.code == "context_length_exceeded"
    assert len(cut) < 50


def test_a_schema_is_followed_or_said_not_to_be(chat_engine: Engine) -> None:
    async def work() -> list[bool]:
        return [await chat_engine.follows(schema) for schema in ({"type": "object"}, {"anyOf": []}, {"type": "object"})]

    assert asyncio.run(work()) == [True, False, True]
