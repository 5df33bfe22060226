"""Runs a GGUF file with llama.cpp: scores documents, writes on, and converses where the model was made for it. Needs no torch.

The key-value cache is kept in float32 and flash attention is off, so that the figures are those of the weights: with
llama.cpp's defaults (float16) log-probabilities are off by up to 0.1. Only the processor is used: models of this size gain
nothing from a graphics card, and the figures are then the same everywhere.
"""

from __future__ import annotations

import codecs
import ctypes
import importlib.util
import math
import random
import unicodedata
import weakref
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mbegu.core.errors import InputError, MissingDependencyError, ResourceError
from mbegu.core.report import Say
from mbegu.model.gguf_file import read_gguf_head
from mbegu.model.llama_library import Batch, ChatMessage, Library, load_library
from mbegu.model.score import SMALLEST_CONTEXT, DocumentScore, require_finite, score_documents

if TYPE_CHECKING:
    from mbegu.model.llama_server import LlamaServer

LONGEST_CONTEXT = 2048  # tokens; the cache of longer ones would not fit beside the rest on a small computer
LARGEST_BATCH = 512  # tokens; llama.cpp's own default
LOGITS_BYTES = 32 << 20  # room for the logits of one batch
NO_TOKEN = -1
F32 = 0
FLASH_ATTENTION_OFF = 0
NEGLIGIBLE = 30.0  # a token this many nats (after temperature) below the likeliest is never drawn: e**-30 is 1e-13


def default_threads() -> int:
    """Return the number of physical cores less one, at least 1: with all of them busy, threads that wait spin and all is slower."""
    from mbegu.core.processors import usable_cores

    return max(1, usable_cores() - 1)


class LlamaCpp:
    """A GGUF model, opened by llama.cpp.

    Args:
        path: the .gguf file.
        threads: how many to use, ``default_threads()`` when not given.
        context: longest window in tokens; that of the model's training, at most ``LONGEST_CONTEXT``, when not given.

    Raises:
        InputError: no such file, no GGUF file, or a model that llama.cpp does not know.
        DamageError: the file is cut short or damaged.
        ResourceError: it does not fit into memory.
        MissingDependencyError: llama.cpp is not installed or of another version.
    """

    name = "llama.cpp"

    def __init__(self, path: Path, threads: int | None = None, context: int | None = None) -> None:
        self.path = path
        self.head = read_gguf_head(path)
        check_memory(path)
        library = load_library()
        self._c = library.c
        self._model = _load(library, path)
        self._vocabulary = self._c.llama_model_get_vocab(self._model)
        self.vocabulary_size: int = self._c.llama_vocab_n_tokens(self._vocabulary)
        self.context = context or min(self._c.llama_model_n_ctx_train(self._model), LONGEST_CONTEXT)
        self.start_token, self.end_token = self._special_tokens()
        self._batch_tokens = max(1, min(LARGEST_BATCH, self.context, LOGITS_BYTES // (4 * self.vocabulary_size)))
        self._threads = threads or default_threads()
        self._state: Any = None
        self._batch: Batch | None = None
        self._close = weakref.finalize(self, _free, self._c, self._model)

    def close(self) -> None:
        """Give the memory back; the engine cannot be used afterwards."""
        self._close()

    def __enter__(self) -> LlamaCpp:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def can_chat(self) -> bool:
        """Whether the model was made for conversation: its file then holds a chat template."""
        return bool(self._c.llama_model_chat_template(self._model, None))

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text after NFC, without start or end token; special tokens written in it stay text."""
        return self._tokens(unicodedata.normalize("NFC", text), special=False)

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids; control tokens are left out, bytes that are not UTF-8 become U+FFFD."""
        return b"".join(map(self._bytes, tokens)).decode("utf-8", "replace")

    def log2_probabilities(self, tokens: Sequence[int], first_target: int) -> list[float]:
        """Return log2 p of each token after those before it.

        Args:
            tokens: a window of at most ``context`` ids.
            first_target: index in ``tokens`` of the first one to score, at least 1.

        Returns:
            One value for each of ``tokens[first_target:]``.

        Raises:
            DamageError: a value is no number.
        """
        self._forget()
        found: list[float] = []
        for start in range(0, len(tokens) - 1, self._batch_tokens):
            end = min(start + self._batch_tokens, len(tokens) - 1)
            wanted = max(start, first_target - 1)
            self._run(tokens[start:end], start, wanted - start)
            if wanted < end:
                found += _log2_softmax(self._c.llama_get_logits(self._state), self.vocabulary_size, tokens[wanted + 1 : end + 1])
        require_finite(found, self.path)
        return found

    def score(self, documents: Sequence[str], say: Say | None = None) -> list[DocumentScore]:
        """Return bits, bytes and tokens of each document; see ``mbegu.model.score``."""
        return score_documents(self, documents, say)

    def complete(self, prompt: str, n_tokens: int = 64, temperature: float = 0.8, seed: int = 0, top_p: float = 1.0) -> Iterator[str]:
        """Write on after ``prompt``, a piece of text at a time, until ``n_tokens`` or the end of the text.

        Args:
            prompt: what comes before; NFC is applied; only its end is read when it is longer than the context.
            n_tokens: how many tokens at most.
            temperature: 0 takes the likeliest token; 1 draws from the model's own distribution.
            seed: of the drawing; the same seed writes the same text on the same computer with the same number of threads.
            top_p: draw only among the likeliest tokens that together have this probability (Holtzman et al. 2020); 1: all.

        Yields:
            Whole characters: the bytes of one that is not complete are held back.

        Raises:
            DamageError: the model gives values that are no numbers.
        """
        return self._write_on([self.start_token, *self.encode(prompt)], n_tokens, temperature, seed, top_p)

    def chat(
        self, turns: Sequence[tuple[str, str]], n_tokens: int = 256, temperature: float = 0.8, seed: int = 0, top_p: float = 1.0
    ) -> Iterator[str]:
        """Answer the last of ``turns``, pairs of role (``system``, ``user``, ``assistant``) and text; else as ``complete``.

        Raises:
            InputError: the model was not made for conversation.
        """
        if not self.can_chat:
            raise InputError("this model writes on, it does not converse: it has no chat template", self.path, "use `mbegu complete`")
        return self._write_on(self._tokens_of(turns), n_tokens, temperature, seed, top_p)

    def _special_tokens(self) -> tuple[int, int]:
        """Return the start and the end-of-text token; a model with one of them uses it as both."""
        start, end = self._c.llama_vocab_bos(self._vocabulary), self._c.llama_vocab_eos(self._vocabulary)
        if start == end == NO_TOKEN:
            raise InputError("this model names no token for the beginning or the end of a text", self.path, "convert it again from its source")
        return (end if start == NO_TOKEN else start), (start if end == NO_TOKEN else end)

    def _tokens(self, text: str, special: bool) -> list[int]:
        data = text.encode("utf-8", "replace")
        room = len(data) + 8
        found = (ctypes.c_int32 * room)()
        count = self._c.llama_tokenize(self._vocabulary, data, len(data), found, room, False, special)
        return list(found[: max(count, 0)])

    def _tokens_of(self, turns: Sequence[tuple[str, str]]) -> list[int]:
        """Apply the chat template to placeholders, so that special tokens written by people stay text, then fill in the texts."""
        template = self._c.llama_model_chat_template(self._model, None)
        marks = [f"\ue000{index}\ue001" for index in range(len(turns))]
        messages = (ChatMessage * len(turns))(*(ChatMessage(role.encode(), mark.encode()) for (role, _), mark in zip(turns, marks, strict=True)))
        room = 4096 + 256 * len(turns)
        filled = ctypes.create_string_buffer(room)
        size = self._c.llama_chat_apply_template(template, messages, len(turns), True, filled, room)
        if not 0 <= size <= room:
            raise InputError("llama.cpp does not know the chat template of this model", self.path, "use `mbegu complete`")
        rest = filled.raw[:size].decode("utf-8")
        tokens = [self.start_token] if self.head.metadata.get("tokenizer.ggml.add_bos_token") else []
        for mark, (_, text) in zip(marks, turns, strict=True):
            before, found, rest = rest.partition(mark)
            if not found:
                raise InputError("the chat template of this model leaves out a part of the conversation", self.path, "use `mbegu complete`")
            tokens += self._tokens(before, special=True) + self.encode(text)
        return tokens + self._tokens(rest, special=True)

    def _bytes(self, token: int) -> bytes:
        room = 64
        piece = ctypes.create_string_buffer(room)
        size = self._c.llama_token_to_piece(self._vocabulary, token, piece, room, 0, False)
        if size < 0:
            piece = ctypes.create_string_buffer(-size)
            size = self._c.llama_token_to_piece(self._vocabulary, token, piece, -size, 0, False)
        return piece.raw[:size]

    def _write_on(self, tokens: list[int], n_tokens: int, temperature: float, seed: int, top_p: float) -> Iterator[str]:
        draws = random.Random(seed)  # noqa: S311  drawing words, not keys
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        position = self._read(tokens, keep=max(1, self.context - n_tokens, self.context // 2))
        for _ in range(n_tokens):
            logits = self._c.llama_get_logits(self._state)[: self.vocabulary_size]
            require_finite([sum(logits)], self.path)
            token = draw(logits, temperature, top_p, draws)
            if self._c.llama_vocab_is_eog(self._vocabulary, token):
                break
            if text := decoder.decode(self._bytes(token)):
                yield text
            tokens.append(token)
            if position >= self.context:
                position = self._read(tokens, keep=self.context // 2)
            else:
                self._run([token], position, 0)
                position += 1

    def _read(self, tokens: list[int], keep: int) -> int:
        """Read the last ``keep`` of ``tokens`` into an empty cache and return how many it was."""
        self._forget()
        tokens = tokens if len(tokens) <= keep else tokens[-keep:]
        for start in range(0, len(tokens), self._batch_tokens):
            part = tokens[start : start + self._batch_tokens]
            self._run(part, start, len(part) - 1)
        return len(tokens)

    def _forget(self) -> None:
        """Empty the cache; at the first call, make it."""
        load_library().listen(self.path)
        if self._state is None:
            self._state, self._batch = self._make_state()
        self._c.llama_memory_clear(self._c.llama_get_memory(self._state), False)

    def _make_state(self) -> tuple[Any, Batch]:
        params = self._c.llama_context_default_params()
        params.n_ctx = max(self.context, SMALLEST_CONTEXT)
        params.n_batch = params.n_ubatch = self._batch_tokens
        params.n_threads = params.n_threads_batch = self._threads
        params.flash_attn_type = FLASH_ATTENTION_OFF
        params.type_k = params.type_v = F32
        state = self._c.llama_init_from_model(self._model, params)
        if not state or self._c.llama_n_ctx(state) < self.context or self._c.llama_n_threads(state) != self._threads:
            raise ResourceError("llama.cpp could not make room for the model's working memory", self.path, "close other programs")
        batch: Batch = self._c.llama_batch_init(self._batch_tokens, 0, 1)
        self._close.detach()
        self._close = weakref.finalize(self, _free, self._c, self._model, state, batch)
        return state, batch

    def _run(self, tokens: Sequence[int], position: int, first_wanted: int) -> None:
        """Read tokens, the first of which stands at ``position``; keep the logits from index ``first_wanted`` on."""
        batch = self._batch
        assert batch is not None
        batch.n_tokens = len(tokens)
        for index, token in enumerate(tokens):
            batch.token[index] = token
            batch.pos[index] = position + index
            batch.n_seq_id[index] = 1
            batch.seq_id[index][0] = 0
            batch.logits[index] = index >= first_wanted
        if self._c.llama_decode(self._state, batch) != 0:
            raise ResourceError(
                f"llama.cpp stopped while reading: {load_library().first_error or 'no reason given'}", self.path, "close other programs"
            )


def open_gguf(path: Path, threads: int | None = None, context: int | None = None) -> LlamaCpp | LlamaServer:
    """Open a GGUF model: through the library where it can be called, else through the server inside ``xllamacpp``.

    Raises as ``LlamaCpp`` does.
    """
    try:
        return LlamaCpp(path, threads, context)
    except MissingDependencyError:
        from mbegu.model.llama_server import LlamaServer

        return LlamaServer(path, threads, context)


def draw(logits: Sequence[float], temperature: float, top_p: float, draws: random.Random) -> int:
    """Draw a token; with temperature 0 take the likeliest, the first of equals.

    Args:
        logits: one a token of the vocabulary.
        temperature: divides the logits.
        top_p: keep the likeliest tokens that together reach this probability.
        draws: where chance comes from; one number is taken.
    """
    highest = max(logits)
    if temperature <= 0:
        return list(logits).index(highest)
    floor = highest - NEGLIGIBLE * temperature
    weights = [(math.exp((logit - highest) / temperature), token) for token, logit in enumerate(logits) if logit >= floor]
    weights.sort(key=lambda each: (-each[0], each[1]))
    total = math.fsum(weight for weight, _ in weights)
    kept, reached = [], 0.0
    for weight, token in weights:
        reached += weight
        kept.append((reached, token))
        if reached >= top_p * total:
            break
    point = draws.random() * reached
    return next((token for bound, token in kept if point < bound), kept[-1][1])


def _log2_softmax(logits: Any, vocabulary_size: int, targets: Sequence[int]) -> list[float]:
    """Return log2 of the softmax at each row's target; ``logits`` points to float32 [targets, vocabulary]."""
    if importlib.util.find_spec("numpy") is None:
        return [_log2_softmax_row(logits[row * vocabulary_size : (row + 1) * vocabulary_size], target) for row, target in enumerate(targets)]
    import numpy as np

    table = np.ctypeslib.as_array(logits, shape=(len(targets), vocabulary_size))
    highest = table.max(axis=1, keepdims=True)
    sums = np.exp(table - highest).sum(axis=1, dtype=np.float64)
    chosen = table[np.arange(len(targets)), np.asarray(targets)].astype(np.float64)
    found: list[float] = ((chosen - highest[:, 0] - np.log(sums)) / math.log(2)).tolist()
    return found


def _log2_softmax_row(logits: Sequence[float], target: int) -> float:
    """The same without numpy, which running a model must not need."""
    highest = max(logits)
    total = sum([math.exp(logit - highest) for logit in logits])
    return (logits[target] - highest - math.log(total)) / math.log(2)


def check_memory(path: Path) -> None:
    """Raise ``ResourceError`` when a model file is larger than the memory that is free."""
    import psutil

    needed = path.stat().st_size
    free = psutil.virtual_memory().available
    if needed > free:
        raise ResourceError(f"the model needs {needed / 1e9:.1f} GB of memory and {free / 1e9:.1f} GB are free", path, "close other programs")


def _load(library: Library, path: Path) -> Any:
    library.listen(path)
    params = library.c.llama_model_default_params()
    no_devices = ctypes.c_void_p(None)
    params.devices = ctypes.addressof(no_devices)
    params.n_gpu_layers = 0
    model = library.c.llama_model_load_from_file(str(path).encode("utf-8"), params)
    if not model:
        reason = library.first_error.rpartition("error loading model: ")[2] or "no reason given"
        raise InputError(f"llama.cpp cannot open this model: {reason}", path, "use a model that llama.cpp knows, in a sound GGUF file")
    return model


def _free(c: Any, model: Any, state: Any = None, batch: Batch | None = None) -> None:
    if batch is not None:
        c.llama_batch_free(batch)
    if state is not None:
        c.llama_free(state)
    c.llama_model_free(model)
