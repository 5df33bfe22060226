"""The one tokenizer that Mbegu uses: byte-level BPE whose words keep their combining marks.

llama.cpp knows the same pre-tokenizer as ``qwen35``, so a model tokenizes alike in Python and in llama.cpp. All 256 bytes are in
the vocabulary, so every text can be written and nothing is ever unknown.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers

from mbegu.core import durable
from mbegu.core.errors import DamageError, explain_os_error

# Source: llama.cpp, src/llama-vocab.cpp, LLAMA_VOCAB_PRE_TYPE_QWEN35. A mark (\p{M}) belongs to the word as a letter does.
WORD_PATTERN = (
    r"(?:'[sS]|'[tT]|'[rR][eE]|'[vV][eE]|'[mM]|'[lL][lL]|'[dD])"
    r"|[^\r\n\p{L}\p{N}]?[\p{L}\p{M}]+"
    r"|\p{N}"
    r"| ?[^\s\p{L}\p{M}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+"
    r"|\s+(?!\S)"
    r"|\s+"
)
LLAMA_CPP_PRE_TOKENIZER = "qwen35"
END_OF_TEXT = "<|endoftext|>"
END_OF_TEXT_ID = 0
SPECIAL_TOKENS = (END_OF_TEXT, "<|im_start|>", "<|im_end|>")  # ids 0, 1, 2; the last two wait for fine-tuning on conversations
UNKNOWN_CONTEXT_TOKENS = 10**30  # what transformers itself writes for a model whose context is not known
PIECE_CHARACTERS = 1 << 18
TOKENIZER_FILE = "tokenizer.json"
CONFIG_FILE = "tokenizer_config.json"


def empty_tokenizer() -> Tokenizer:
    """Return an untrained tokenizer: normaliser, word pattern and byte decoder, without a vocabulary."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    words = pre_tokenizers.Split(Regex(WORD_PATTERN), behavior="isolated")
    letters = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([words, letters])
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.encode_special_tokens = True
    return tokenizer


def open_tokenizer(path: Path) -> Tokenizer:
    """Open a tokenizer so that special tokens written in a text stay text.

    Args:
        path: ``tokenizer.json`` or the folder that holds it.

    Raises:
        InputError: there is no such file.
        DamageError: it is not a tokenizer that Mbegu made.
    """
    file = path / TOKENIZER_FILE if path.is_dir() else path
    try:
        tokenizer = Tokenizer.from_str(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise explain_os_error(error, file) from error
    except Exception as error:  # the library raises a bare Exception for whatever it cannot read
        raise DamageError(f"not a tokenizer: {error}", file, "make it anew with `mbegu grow`") from error
    if [tokenizer.id_to_token(i) for i in range(len(SPECIAL_TOKENS))] != list(SPECIAL_TOKENS):
        raise DamageError("not a tokenizer made by Mbegu: its first tokens are not the special tokens", file, "make it anew with `mbegu grow`")
    tokenizer.encode_special_tokens = True  # the file cannot hold this
    return tokenizer


def save_tokenizer(folder: Path, tokenizer: Tokenizer, context_tokens: int = UNKNOWN_CONTEXT_TOKENS) -> None:
    """Write ``tokenizer.json`` and ``tokenizer_config.json`` durably, as ``transformers`` opens them.

    Args:
        folder: where to write.
        tokenizer: a trained tokenizer.
        context_tokens: how many tokens the model takes at once.
    """
    durable.write_text(folder / TOKENIZER_FILE, tokenizer.to_str(pretty=True) + "\n")
    durable.write_json(folder / CONFIG_FILE, tokenizer_config(context_tokens))


def tokenizer_config(context_tokens: int = UNKNOWN_CONTEXT_TOKENS) -> dict[str, Any]:
    """Return what ``tokenizer_config.json`` holds.

    Args:
        context_tokens: how many tokens the model takes at once.
    """
    return {
        "tokenizer_class": "PreTrainedTokenizerFast",
        "bos_token": END_OF_TEXT,
        "eos_token": END_OF_TEXT,
        "pad_token": END_OF_TEXT,
        "add_bos_token": False,
        "add_eos_token": False,
        "clean_up_tokenization_spaces": False,
        "model_max_length": context_tokens,
    }


def encode(tokenizer: Tokenizer, text: str) -> list[int]:
    """Return the ids of ``text`` after NFC; special tokens written in it become ordinary tokens.

    A long text is encoded in pieces, cut where a word ends: the ids are those of the whole, the memory is not.
    """
    ids: list[int] = []
    for piece in pieces_of(text):
        ids.extend(tokenizer.encode(piece, add_special_tokens=False).ids)
    return ids


def decode(tokenizer: Tokenizer, ids: Sequence[int]) -> str:
    """Return the text of ``ids``; special tokens are written out, bytes that are not UTF-8 become U+FFFD."""
    text: str = tokenizer.decode(list(ids), skip_special_tokens=False)
    return text


def token_bytes(tokenizer: Tokenizer) -> list[bytes]:
    """Return the bytes that each id stands for, by id; a special token stands for its own name.

    Joined, they are the UTF-8 of the text: the way to write a text token by token without breaking a character.
    """
    byte_of = {symbol: byte for byte, symbol in _byte_symbols().items()}
    table = []
    names = {token_id: token for token, token_id in tokenizer.get_vocab().items()}
    for token_id, token in sorted(names.items()):
        table.append(token.encode("utf-8") if token_id < len(SPECIAL_TOKENS) else bytes(byte_of[symbol] for symbol in token))
    return table


def merged_from(tokenizer: Tokenizer) -> dict[int, tuple[int, int]]:
    """Return for each id that was made by merging the two ids that it was first made of."""
    model = json.loads(tokenizer.to_str())["model"]
    id_of: dict[str, int] = model["vocab"]
    made: dict[int, tuple[int, int]] = {}
    for merge in model["merges"]:
        left, right = merge if isinstance(merge, list) else merge.split(" ")
        made.setdefault(id_of[left + right], (id_of[left], id_of[right]))
    return made


def _byte_symbols() -> dict[int, str]:
    """Return the visible character that stands for each byte in a byte-level vocabulary (the GPT-2 table).

    Visible Latin-1 characters stand for themselves; the other 68 bytes take the characters from U+0100 on, in order.
    """
    visible = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = [byte for byte in range(256) if byte not in set(visible)]
    return {**{byte: chr(byte) for byte in visible}, **{byte: chr(0x100 + place) for place, byte in enumerate(hidden)}}


def normalise(tokenizer: Tokenizer, text: str) -> str:
    """Return the form of ``text`` that the tokenizer encodes and gives back: NFC."""
    text_nfc: str = tokenizer.normalizer.normalize_str(text)
    return text_nfc


def pieces_of(text: str, piece_characters: int = PIECE_CHARACTERS) -> Iterator[str]:
    """Cut a text where a letter is followed by a space or a line end, which is always a border of the word pattern.

    Args:
        text: any text.
        piece_characters: from this length on a piece ends at the next such place.

    Yields:
        The pieces; joined they are the text. A text without such places is one piece.
    """
    start = 0
    while len(text) - start > piece_characters:
        end = _next_word_end(text, start + piece_characters)
        yield text[start:end]
        start = end
    if start < len(text):
        yield text[start:]


def _next_word_end(text: str, start: int) -> int:
    for position in range(start, len(text)):
        if text[position] in " \n" and text[position - 1].isalpha():
            return position
    return len(text)
