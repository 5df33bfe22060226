"""What a question to the documents and their answers look like, as schemas: of the check and of the OpenAPI document."""

from __future__ import annotations

from typing import Any

from mbegu.serve.documents.search import MOST_QUESTION_CHARACTERS


def _object(**properties: Any) -> dict[str, Any]:
    """Return the schema of an object that holds all of these and nothing else."""
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


_TEXT = {"type": "string"}
_COUNT = {"type": "integer", "minimum": 0}
_SHARE = {"type": "number", "minimum": 0}
_SPAN = {"type": ["array", "null"], "items": _COUNT, "minItems": 2, "maxItems": 2}

QUESTION: dict[str, Any] = {
    "type": "object",
    "properties": {
        "question": {"type": "string", "minLength": 1, "maxLength": MOST_QUESTION_CHARACTERS},
        "language": {"type": "string", "maxLength": 20, "description": "of the user, ISO 639-3"},
    },
    "required": ["question"],
    "additionalProperties": False,
}
QUOTATION = _object(file=_TEXT, link=_TEXT, page={"type": ["integer", "null"]}, row=_TEXT, heading=_TEXT, text=_TEXT, marked=_SPAN, passage=_COUNT)
ANSWER = _object(
    kind={"type": "string", "enum": ["quoted", "not sure", "nothing found"]},
    language=_TEXT,
    message=_TEXT,
    ask=_TEXT,
    danger=_TEXT,
    instruction=_TEXT,
    instruction_language=_TEXT,
    quotation={"anyOf": [QUOTATION, {"type": "null"}]},
    also={"type": "array", "items": QUOTATION},
    phrased=_TEXT,
    left_out=_COUNT,
    probability=_SHARE,
    threshold=_SHARE,
)
LISTING = _object(documents={"type": "array", "items": _object(id=_COUNT, name=_TEXT, problem=_TEXT)})
