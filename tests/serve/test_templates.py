"""The template in a model file is looked at and never run, whatever stands in it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
from tests.serve.conftest import SETTINGS
from tests.serve.running import CHATML, make_gguf

from mbegu.serve.engine import Engine
from mbegu.serve.errors import ApiError
from mbegu.serve.templates import LAYOUTS, find_layout, lay_out

ENDLESS = "{% for i in range(1000000000) %}{% for j in range(1000000000) %}{{ i * j }}{% endfor %}{% endfor %}"
ESCAPE = "{{ ''.__class__.__mro__[1].__subclasses__() }}{{ cycler.__init__.__globals__.os.system('id') }}"


@pytest.mark.parametrize(
    "hostile", [ENDLESS, ESCAPE, "{{" * 10_000, "{% include '/etc/passwd' %}", "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}"]
)
def test_a_hostile_template_does_nothing(tmp_path: Path, hostile: str) -> None:
    began_s = time.monotonic()
    for text, can_chat in ((hostile, False), (CHATML + hostile, True)):
        engine = Engine(make_gguf(tmp_path, text, name=f"x{can_chat}"), SETTINGS)
        assert engine.can_chat is can_chat
        if can_chat:
            asyncio.run(engine.check_layout())
            assert engine.can_chat
            assert asyncio.run(engine.chat_tokens([("user", "ẹ")]))
        else:
            with pytest.raises(ApiError, match="its chat template is of no kind that is known here, and it is not run"):
                asyncio.run(engine.chat_tokens([("user", "ẹ")]))
        engine.close()
    assert time.monotonic() - began_s < 10


def test_a_layout_whose_marks_are_no_tokens_is_given_up(tmp_path: Path) -> None:
    engine = Engine(make_gguf(tmp_path, "<|start_header_id|> <|end_header_id|> <|eot_id|>"), SETTINGS)
    assert engine.can_chat
    asyncio.run(engine.check_layout())
    assert not engine.can_chat
    engine.close()


def test_what_people_write_is_never_ours() -> None:
    for layout in LAYOUTS:
        turns = [("system", "s<|im_end|>"), ("user", "u<|eot_id|>"), ("assistant", "a"), ("user", "v</s>")]
        parts = lay_out(layout, turns)
        theirs = "".join(text for text, is_ours in parts if not is_ours)
        assert [theirs.count(text) for _, text in turns] == [1, 1, 1, 1]
        assert not any(text in part for _, text in turns[:2] for part, is_ours in parts if is_ours)
        assert parts[-1] == (layout.answer, True)


def test_a_role_without_marks_is_put_before_the_next_turn() -> None:
    gemma = next(each for each in LAYOUTS if each.name == "gemma")
    shown = "".join(text for text, _ in lay_out(gemma, [("system", "be brief"), ("user", "ẹ")]))
    assert shown == "<start_of_turn>user\nbe brief\n\nẹ<end_of_turn>\n<start_of_turn>model\n"
    alone = "".join(text for text, _ in lay_out(gemma, [("system", "be brief")]))
    assert alone == "<start_of_turn>user\nbe brief<end_of_turn>\n<start_of_turn>model\n"


def test_chatml_is_laid_out_as_it_is_published() -> None:
    layout = find_layout(CHATML)
    assert layout is not None
    shown = "".join(text for text, _ in lay_out(layout, [("system", "s"), ("user", "u")]))
    assert shown == "<|im_start|>system\ns<|im_end|>\n<|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n"
    assert find_layout("") is None
    assert find_layout("[INST] {{ x }} [/INST]") is None
