"""Labels are chosen by the model's own probabilities, which are those it tells when it writes; what cannot be compared is refused."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from tests.serve.running import CONTEXT, Running

from mbegu.serve.engine import Engine, Job
from mbegu.serve.errors import ApiError
from mbegu.serve.predict import MOST_SCORED_TOKENS, compare, fill, probabilities

TEXT = "Ọjọ́ dára lónìí."
LABELS = ["ojú ọjọ́", "ìdárayá", "ìlera"]


def predict(server: Running, **changes: Any) -> tuple[int, dict[str, Any]]:
    return server.post("/predict", {"model": "ìwé", "input": TEXT, "labels": LABELS, **changes})


async def likeliest(engine: Engine, prompt: list[int]) -> list[dict[str, Any]]:
    pieces = [piece async for piece in engine.generate(Job(prompt, 1, temperature=0, n_logprobs=8))]
    found: list[dict[str, Any]] = next(piece.logprobs for piece in pieces if piece.logprobs)[0]["top_logprobs"]
    return found


def test_the_probability_of_a_token_is_the_one_told_when_it_is_written(plain_engine: Engine) -> None:
    async def work() -> None:
        prompt = await plain_engine.tokenize(TEXT, start=True)
        for entry in await likeliest(plain_engine, prompt):
            found = await plain_engine.logprob([*prompt, entry["id"]], len(prompt), None)
            assert found == pytest.approx(entry["logprob"], abs=1e-3)
        first = (await likeliest(plain_engine, prompt))[3]
        second = (await likeliest(plain_engine, [*prompt, first["id"]]))[5]
        both = await plain_engine.logprob([*prompt, first["id"], second["id"]], len(prompt), None)
        assert both == pytest.approx(first["logprob"] + second["logprob"], abs=1e-3)

    asyncio.run(work())


def test_the_likeliest_label_is_the_answer_and_the_probabilities_are_those_of_the_texts(plain_server: Running) -> None:
    status, found = predict(plain_server)
    assert (status, found["object"], found["model"]) == (200, "prediction", "ìwé")
    assert [score["label"] for score in found["scores"]] == LABELS
    assert sum(score["probability"] for score in found["scores"]) == pytest.approx(1)
    assert found["label"] == max(found["scores"], key=lambda score: score["probability"])["label"]
    engine = plain_server.engine
    assert engine

    async def whole(label: str) -> float:
        tokens = await engine.tokenize(f"{TEXT}\n{label}\n", start=True)
        return await engine.logprob(tokens, 1, None)

    async def all_labels() -> list[float]:
        return [await whole(label) for label in LABELS]

    expected = probabilities(asyncio.run(all_labels()))
    assert [score["probability"] for score in found["scores"]] == pytest.approx(expected, abs=1e-3)


def test_the_template_counts(plain_server: Running) -> None:
    plain, other = predict(plain_server)[1], predict(plain_server, template="Kí ni èyí? {label}: {input}")[1]
    assert [score["logprob"] for score in plain["scores"]] != [score["logprob"] for score in other["scores"]]


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"labels": ["a"]}, 400, "labels"),
        ({"labels": ["a", "a"]}, 400, "the label 'a' stands twice"),
        ({"labels": ["ọ́", "o\u0323\u0301"]}, 400, "the label 'ọ́' stands twice"),
        ({"template": "{input}"}, 400, "the template must hold {label} once; it holds it 0 times"),
        ({"template": "{label} {input} {input}"}, 400, "the template must hold {input} once; it holds it 2 times"),
        ({"model": "x"}, 404, "there is no model 'x' here"),
        ({"input": "ilé " * CONTEXT}, 400, f"this model's context is {CONTEXT:,} tokens"),
        ({"input": "ilé " * 100, "template": "{label} {input}", "labels": [str(n) for n in range(32)]}, 400, f"{MOST_SCORED_TOKENS:,} at most"),
        ({"input": ""}, 400, "input"),
        ({"threshold": 1}, 400, "threshold"),
    ],
)
def test_what_cannot_be_compared_is_refused(plain_server: Running, changes: dict[str, Any], status: int, message: str) -> None:
    found, body = predict(plain_server, **changes)
    assert found == status, body
    assert message in body["error"]["message"]


def test_a_text_that_does_not_fit_is_cut_into_tokens_once_not_for_each_label(plain_server: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    engine, cut = plain_server.engine, []
    assert engine is not None
    tokenize = engine.tokenize
    monkeypatch.setattr(engine, "tokenize", lambda text, **more: cut.append(text) or tokenize(text, **more))
    assert predict(plain_server, input="ilé " * CONTEXT)[0] == 400
    assert len(cut) == 1


def test_marks_of_places_in_the_text_are_text() -> None:
    assert fill({"input": "a {label} {input}", "labels": ["x", "y"]}) == ["a {label} {input}\nx\n", "a {label} {input}\ny\n"]
    assert fill({"input": "{label}", "labels": ["x", "y"], "template": "{label}: {input}."}) == ["x: {label}.", "y: {label}."]


def test_what_all_texts_begin_with_is_not_scored() -> None:
    choice = compare([[0, 5, 6, 7], [0, 5, 8], [0, 5, 6, 9, 9]])
    assert (choice.begin, choice.scored) == (2, 2 + 1 + 3)
    assert compare([[0, 5], [0, 5, 6]]).begin == 1, "the shorter keeps a token to be scored"
    with pytest.raises(ApiError, match="there must be something before what differs"):
        compare([[5], [6]])


def test_probabilities_of_tiny_logarithms_are_sound() -> None:
    assert probabilities([-9999.0, -9999.0 + math.log(3)]) == pytest.approx([0.25, 0.75])
