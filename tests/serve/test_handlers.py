"""The unchanged openai client against the server: models, chat, completions, embeddings, streaming, JSON, errors."""

from __future__ import annotations

import base64
import json
import struct
import unicodedata
from collections.abc import Iterator
from typing import Any

import pytest
from tests import tiny_model
from tests.serve.running import CONTEXT, Running

openai = pytest.importorskip("openai", reason="the openai client is not installed")

MODEL = "ìwé"
TURNS = [{"role": "user", "content": "Ẹ káàárọ̀ o"}]


@pytest.fixture(scope="module")
def client(server: Running) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="any", max_retries=0, timeout=30) as made:
        yield made


@pytest.fixture(scope="module")
def plain_client(plain_server: Running) -> Iterator[Any]:
    with openai.OpenAI(base_url=f"{plain_server.url}/v1", api_key="any", max_retries=0, timeout=30) as made:
        yield made


def test_models_are_listed(client: Any) -> None:
    assert [each.id for each in client.models.list()] == [MODEL]
    assert client.models.retrieve(MODEL).owned_by == "mbegu"
    with pytest.raises(openai.NotFoundError, match="there is no model 'other' here: choose from ìwé"):
        client.models.retrieve("other")


def test_a_conversation_is_answered(client: Any) -> None:
    answer = client.chat.completions.create(model=MODEL, messages=TURNS, max_tokens=12, seed=1)
    assert answer.choices[0].message.role == "assistant"
    assert answer.choices[0].finish_reason in ("length", "stop")
    assert answer.usage.completion_tokens <= 12
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens
    again = client.chat.completions.create(model=MODEL, messages=TURNS, max_completion_tokens=12, seed=1)
    assert again.choices[0].message.content == answer.choices[0].message.content


def test_parts_of_a_turn_are_put_together(client: Any) -> None:
    parts = [{"role": "developer", "content": "x"}, {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}]
    whole = [{"role": "system", "content": "x"}, {"role": "user", "content": "ab"}]
    first, second = (client.chat.completions.create(model=MODEL, messages=each, max_tokens=8, seed=3) for each in (parts, whole))
    assert first.choices[0].message.content == second.choices[0].message.content
    assert first.usage == second.usage


def test_a_stream_says_the_same_as_the_whole(client: Any) -> None:
    asked = {"model": MODEL, "messages": TURNS, "max_tokens": 20, "seed": 5, "n": 2}
    whole = client.chat.completions.create(**asked)
    texts, ends, usage = ["", ""], ["", ""], None
    for chunk in client.chat.completions.create(**asked, stream=True, stream_options={"include_usage": True}):
        for choice in chunk.choices:
            texts[choice.index] += choice.delta.content or ""
            ends[choice.index] = choice.finish_reason or ends[choice.index]
        usage = chunk.usage or usage
    assert texts == [choice.message.content for choice in whole.choices]
    assert ends == [choice.finish_reason for choice in whole.choices]
    assert usage == whole.usage
    assert texts[0] != texts[1]


def test_completions_of_several_prompts_and_of_tokens(client: Any, server: Running) -> None:
    answer = client.completions.create(model=MODEL, prompt=["Ẹ káàárọ̀", "ሰላም"], max_tokens=4, n=2, temperature=0)
    assert [choice.index for choice in answer.choices] == [0, 1, 2, 3]
    assert answer.choices[0].text == answer.choices[1].text
    _, counted = server.post("/tokenize", {"content": "ሰላም", "add_special": True})
    tokens = client.completions.create(model=MODEL, prompt=counted["tokens"], max_tokens=4, temperature=0)
    assert tokens.choices[0].text == answer.choices[2].text
    assert tokens.usage.prompt_tokens == len(counted["tokens"])


def test_the_length_is_exact_and_defaults_to_sixteen(client: Any) -> None:
    answer = client.completions.create(model=MODEL, prompt="ẹ", seed=2)
    assert (answer.usage.completion_tokens, answer.choices[0].finish_reason) in ((16, "length"), (answer.usage.completion_tokens, "stop"))
    assert client.completions.create(model=MODEL, prompt="ẹ", max_tokens=1, seed=2).usage.completion_tokens == 1


def test_writing_ends_before_a_stop(client: Any) -> None:
    asked = {"model": MODEL, "prompt": "ọ̀rọ̀", "max_tokens": 60, "temperature": 1.5, "seed": 4}
    whole = client.completions.create(**asked).choices[0].text
    stop = next(each for each in whole[3:] if "\ufffd" not in each)
    stopped = client.completions.create(**asked, stop=[stop]).choices[0]
    assert stopped.text == whole[: whole.index(stop)]
    assert stopped.finish_reason == "stop"


def test_logprobs_have_their_shapes(client: Any) -> None:
    chat = client.chat.completions.create(model=MODEL, messages=TURNS, max_tokens=6, logprobs=True, top_logprobs=3, seed=1)
    assert chat.choices[0].logprobs.content
    for each in chat.choices[0].logprobs.content:
        assert each.logprob <= 0
        assert len(each.top_logprobs) == 3
        assert bytes(each.bytes).decode("utf-8", "replace") == each.token
    bare = client.chat.completions.create(model=MODEL, messages=TURNS, max_tokens=6, logprobs=True, seed=1)
    assert [each.top_logprobs for each in bare.choices[0].logprobs.content] == [[]] * len(bare.choices[0].logprobs.content)
    old = client.completions.create(model=MODEL, prompt="ẹ", max_tokens=6, logprobs=2, temperature=0).choices[0].logprobs
    assert len(old.tokens) == len(old.token_logprobs) == len(old.top_logprobs) == len(old.text_offset) > 0
    assert all(len(each) <= 2 for each in old.top_logprobs)
    assert client.chat.completions.create(model=MODEL, messages=TURNS, max_tokens=2).choices[0].logprobs is None


def test_an_answer_follows_its_schema(client: Any) -> None:
    schema = {
        "type": "object", "properties": {"ọ̀rọ̀": {"enum": ["ẹ́", "ሰላም"]}, "n": {"type": "integer", "minimum": 0, "maximum": 9}},
        "required": ["ọ̀rọ̀", "n"], "additionalProperties": False,
    }  # fmt: skip
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema, "strict": True}}
    ended = 0
    for seed in range(4):
        asked = {"max_tokens": 400, "response_format": wanted, "temperature": 2, "seed": seed}
        choice = client.chat.completions.create(model=MODEL, messages=TURNS, **asked).choices[0]
        if choice.finish_reason == "stop":  # a model of random weights may also write blanks to the end
            found = json.loads(choice.message.content)
            assert unicodedata.normalize("NFC", found["ọ̀rọ̀"]) in ("ẹ́", "ሰላም")
            assert 0 <= found["n"] <= 9
            ended += 1
    assert ended


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"$ref": "https://example.org/schema.json"}, "nothing is fetched"),
        ({"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}, "no grammar of it"),
        ({"type": "string", "minLength": 10**7}, "from 0 to 1,000"),
        ({"type": "integer", "minimum": 5, "maximum": 3}, "no grammar of it"),
        ({"anyOf": []}, "no grammar of it"),
        ({"not": {}}, "'not' is not followed here"),
    ],
)
def test_a_schema_that_cannot_be_followed_is_refused(client: Any, schema: dict[str, Any], said: str) -> None:
    wanted = {"type": "json_schema", "json_schema": {"name": "x", "schema": schema}}
    with pytest.raises(openai.BadRequestError, match=said):
        client.chat.completions.create(model=MODEL, messages=TURNS, max_tokens=5, response_format=wanted)


def test_embeddings_are_of_length_one_in_both_forms(client: Any) -> None:
    texts = ["Ẹ káàárọ̀", "Ẹ káàárọ̀", "ሰላም ለዓለም"]
    packed = client.embeddings.create(model=MODEL, input=texts)
    plain = client.embeddings.create(model=MODEL, input=texts, encoding_format="float")
    for first, second in zip(packed.data, plain.data, strict=True):
        assert first.embedding == pytest.approx(second.embedding, abs=1e-5)
        assert sum(each * each for each in second.embedding) == pytest.approx(1, abs=1e-3)
    assert plain.data[0].embedding == pytest.approx(plain.data[1].embedding, abs=1e-2)
    assert plain.data[0].embedding != pytest.approx(plain.data[2].embedding, abs=1e-2)
    assert packed.usage.prompt_tokens == plain.usage.prompt_tokens > 6


def test_the_packed_form_is_float32(server: Running) -> None:
    _, answer = server.post("/v1/embeddings", {"model": MODEL, "input": "a", "encoding_format": "base64"})
    data = base64.b64decode(answer["data"][0]["embedding"])
    assert len(struct.unpack(f"<{len(data) // 4}f", data)) == 256


def test_every_script_survives_and_nfc_is_applied(server: Running) -> None:
    for name, text in tiny_model.SCRIPTS.items():
        _, found = server.post("/tokenize", {"content": unicodedata.normalize("NFD", text)})
        _, composed = server.post("/tokenize", {"content": unicodedata.normalize("NFC", text)})
        assert found == composed, name
        assert server.post("/detokenize", found)[1]["content"] == unicodedata.normalize("NFC", text), name


def test_a_context_that_is_too_short_is_said_with_both_numbers(client: Any, server: Running) -> None:
    text = "ẹ̀gbọ́n " * CONTEXT
    _, counted = server.post("/tokenize", {"content": text, "add_special": True})
    n_tokens = len(counted["tokens"])
    assert n_tokens > CONTEXT
    with pytest.raises(openai.BadRequestError, match=f"context is 1,024 tokens; the prompt has {n_tokens:,} tokens") as caught:
        client.completions.create(model=MODEL, prompt=text)
    assert caught.value.code == "context_length_exceeded"
    assert caught.value.param == "prompt"
    with pytest.raises(openai.BadRequestError, match="the prompt has 2 tokens and 1,023 are asked for"):
        client.completions.create(model=MODEL, prompt="a", max_tokens=CONTEXT - 1)
    with pytest.raises(openai.BadRequestError, match="context is 1,024 tokens"):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": text}])
    with pytest.raises(openai.BadRequestError, match="context is 1,024 tokens"):
        client.embeddings.create(model=MODEL, input=text)


def test_an_answer_may_fill_the_context_to_the_last_token(client: Any) -> None:
    answer = client.completions.create(model=MODEL, prompt=[5] * (CONTEXT - 10), max_tokens=10, temperature=0)
    assert answer.usage.prompt_tokens + answer.usage.completion_tokens <= CONTEXT


def test_all_problems_are_named_at_once(client: Any) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        client.chat.completions.create(model=MODEL, messages=TURNS, temperature=9, n=0, extra_body={"temprature": 1})
    for each in ("temperature: 9 is above the largest allowed, 2", "n: 0 is below", "temprature: not known here (did you mean 'temperature'"):
        assert each in caught.value.message
    with pytest.raises(openai.BadRequestError, match=r"messages\[0\].content"):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": 5}])


@pytest.mark.parametrize("part", [{"type": "image_url", "image_url": {"url": "http://127.0.0.1:1/x.png"}}, {"type": "input_audio"}])
def test_nothing_is_fetched(client: Any, part: dict[str, Any]) -> None:
    with pytest.raises(openai.BadRequestError, match="is not one of text"):
        client.chat.completions.create(model=MODEL, messages=[{"role": "user", "content": [part]}])


def test_a_model_that_writes_on_refuses_to_converse(plain_client: Any) -> None:
    with pytest.raises(openai.BadRequestError, match=r"writes on, it does not converse: it has no chat template; use /v1/completions") as caught:
        plain_client.chat.completions.create(model=MODEL, messages=TURNS)
    assert caught.value.code == "model_cannot_chat"
    assert plain_client.completions.create(model=MODEL, prompt="ẹ", max_tokens=3).usage.completion_tokens <= 3


def test_an_unknown_model_is_not_found(client: Any) -> None:
    with pytest.raises(openai.NotFoundError) as caught:
        client.completions.create(model="gpt", prompt="a")
    assert caught.value.code == "model_not_found"


def test_metrics_count_and_name_the_method_of_energy(server: Running, client: Any) -> None:
    before = server.metric("mbegu_answer_tokens_total")
    answer = client.completions.create(model=MODEL, prompt="ẹ", max_tokens=7)
    assert server.metric("mbegu_answer_tokens_total") == before + answer.usage.completion_tokens
    text = server.ask("GET", "/metrics")[2].decode()
    line = next(each for each in text.splitlines() if each.startswith('mbegu_answer_joules{bound="central"'))
    assert 'method="' in line
    assert float(line.rpartition(" ")[2]) > 0
    assert 'path="/v1/completions",status="200"' in text
