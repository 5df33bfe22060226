"""Which of several labels fits a text: the one with which the model finds the whole text likeliest.

A causal model classifies without being changed when each label is put in words into the same text and the probabilities of the texts
are compared (Brown et al. 2020, section 2.4). What is compared is everything after what all the texts have in common, so a label of
more words has no advantage and no handicap but its own probability.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mbegu.serve.errors import ApiError
from mbegu.serve.openai_fields import LONGEST_TEXT, MODEL, USAGE

MOST_LABELS = 32
MOST_SCORED_TOKENS = 1024  # over all labels; each is a request to the engine
INPUT, LABEL = "{input}", "{label}"
DEFAULT_TEMPLATE = f"{INPUT}\n{LABEL}\n"

PREDICTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "model": MODEL,
        "input": {"type": "string", "description": "the text to be labelled", "minLength": 1, "maxLength": LONGEST_TEXT},
        "labels": {
            "type": "array",
            "items": {"type": "string", "description": "a label, in words that the model knows", "minLength": 1, "maxLength": 200},
            "description": "what to choose from, no two alike",
            "minItems": 2,
            "maxItems": MOST_LABELS,
        },
        "template": {
            "type": ["string", "null"],
            "description": f"text with {INPUT} and {LABEL}, each once, in which both stand; examples may come before them",
            "maxLength": LONGEST_TEXT,
            "default": DEFAULT_TEMPLATE,
        },
    },
    "required": ["model", "input", "labels"],
    "additionalProperties": False,
}
_SCORE = {
    "type": "object",
    "properties": {
        "label": {"type": "string"},
        "probability": {"type": "number", "minimum": 0, "maximum": 1, "description": "among these labels"},
        "logprob": {"type": "number", "description": "natural logarithm of the probability of the label and what follows it in the template"},
    },
    "required": ["label", "probability", "logprob"],
    "additionalProperties": False,
}
PREDICTION_ANSWER: dict[str, Any] = {
    "type": "object",
    "properties": {
        "object": {"type": "string"},
        "model": {"type": "string"},
        "label": {"type": "string", "description": "the likeliest"},
        "scores": {"type": "array", "items": _SCORE, "description": "of all labels, in the order in which they were given"},
        "usage": USAGE,
    },
    "required": ["object", "model", "label", "scores", "usage"],
    "additionalProperties": False,
}


@dataclass(frozen=True)
class Choice:
    """The texts to be compared, as tokens.

    Args:
        texts: one for each label.
        begin: where they begin to differ.
    """

    texts: list[list[int]]
    begin: int

    @property
    def scored(self) -> int:
        """How many tokens are scored over all labels."""
        return sum(len(text) - self.begin for text in self.texts)


def fill(body: Mapping[str, Any]) -> list[str]:
    """Return the template with the input and each label in it.

    Raises:
        ApiError: 400 when the template lacks a place or has one twice, or when two labels are alike.
    """
    template = body.get("template") or DEFAULT_TEMPLATE
    for place in (INPUT, LABEL):
        if template.count(place) != 1:
            raise ApiError(400, f"the template must hold {place} once; it holds it {template.count(place)} times", "template", "invalid_value")
    labels: list[str] = body["labels"]
    if len(set(labels)) < len(labels):
        twice = next(label for label in labels if labels.count(label) > 1)
        raise ApiError(400, f"the label '{twice}' stands twice", "labels", "invalid_value")
    before, _, rest = template.partition(INPUT)
    if LABEL in before:  # the text may hold such marks itself: it is put in last and not looked at again
        return [before.replace(LABEL, label) + body["input"] + rest for label in labels]
    return [before + body["input"] + rest.replace(LABEL, label) for label in labels]


def compare(texts: Sequence[Sequence[int]]) -> Choice:
    """Return where the tokens of the texts begin to differ.

    Raises:
        ApiError: 400 when there is nothing before that, or when too much is to be scored.
    """
    begin = 0
    while all(begin < len(text) for text in texts) and len({text[begin] for text in texts}) == 1:
        begin += 1
    # A text that is the beginning of another would have nothing left to score: then one token of what is common is scored too.
    begin = min(begin, min(map(len, texts)) - 1)
    if begin < 1:
        raise ApiError(400, "there must be something before what differs: put text before the label in the template", "template", "invalid_value")
    choice = Choice([list(text) for text in texts], begin)
    if choice.scored > MOST_SCORED_TOKENS:
        what = (
            f"{choice.scored:,} tokens would be scored, {MOST_SCORED_TOKENS:,} at most: give fewer or shorter labels, and the label after the input"
        )
        raise ApiError(400, what, "labels", "too_many_tokens")
    return choice


def probabilities(logprobs: Sequence[float]) -> list[float]:
    """Return the probability of each label among them all, from natural logarithms."""
    most = max(logprobs)
    weights = [math.exp(each - most) for each in logprobs]
    return [weight / sum(weights) for weight in weights]


def answer(model: str, labels: Sequence[str], logprobs: Sequence[float], usage: Mapping[str, int]) -> dict[str, Any]:
    """Return the body of the answer."""
    by_label = zip(labels, probabilities(logprobs), logprobs, strict=True)
    scores = [{"label": label, "probability": probability, "logprob": logprob} for label, probability, logprob in by_label]
    best = labels[max(range(len(labels)), key=logprobs.__getitem__)]
    return {"object": "prediction", "model": model, "label": best, "scores": scores, "usage": dict(usage)}
