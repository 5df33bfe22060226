"""Text from documents and questions made fit to be shown: it can be read, and can do nothing."""

from __future__ import annotations

import re
import unicodedata

# Overrides, embeddings and isolates can make a line read as another one, and need not be closed. The plain direction marks (U+200E, U+200F,
# U+061C) stay: Arabic, N'Ko and Adlam text mixed with Latin needs them and they reorder nothing else.
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_TAGS = re.compile("[\U000e0000-\U000e007f]")  # invisible letters, known for hiding instructions
_MODEL_MARK = re.compile(r"<(\||/?s>|(?:bos|eos|pad|unk|mask|start_of_turn|end_of_turn)>|/?think>|/?tool_call>)", re.IGNORECASE)


def readable(text: str) -> str:
    """Return a text without what only commands a terminal or browser: control characters, direction overrides, invisible tags.

    Line ends and tabs stay, and so do joiners, which Arabic script, Khmer and Indic scripts need.
    """
    text = _TAGS.sub("", _DIRECTION.sub("", text))
    return "".join(each for each in text if each in "\n\t" or unicodedata.category(each) not in ("Cc", "Cs"))


def for_model(text: str) -> str:
    """Return a text in which nothing is a special token of a model: ``<|im_start|>`` becomes ``< |im_start|>``."""
    return _MODEL_MARK.sub(r"< \1", readable(text)).replace("[INST]", "[ INST]").replace("[/INST]", "[ /INST]")
