"""The same engine through the server inside ``xllamacpp``, for systems whose library cannot be called directly.

The wheel for Windows hides llama.cpp's functions, so this is the way there. It is slower: every scored token is a request of
its own, in which the token is forced by a bias and its probability without the bias read back. The server listens on the
loopback interface only.
"""

from __future__ import annotations

import json
import math
import queue
import threading
import unicodedata
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mbegu.core.errors import InputError, MissingDependencyError
from mbegu.core.report import Say
from mbegu.model.gguf_file import read_gguf_head
from mbegu.model.llama_cpp import LONGEST_CONTEXT, NO_TOKEN, check_memory, default_threads
from mbegu.model.score import DocumentScore, require_finite, score_documents

FORCING_BIAS = 1e6  # nats; far above any logit
PAGE_TOKENS = 256  # llama.cpp rounds a context up to pages of this size
WAIT_S = 600.0


class LlamaServer:
    """A GGUF model in the server of ``xllamacpp``; the arguments, results and errors are those of ``LlamaCpp``."""

    name = "llama.cpp"

    def __init__(self, path: Path, threads: int | None = None, context: int | None = None) -> None:
        self.path = path
        head = read_gguf_head(path)
        check_memory(path)
        self.vocabulary_size = int(head.metadata.get("tokenizer.ggml.tokens", 0))
        self.context = context or min(head.number("context_length"), LONGEST_CONTEXT)
        start, end = (int(head.metadata.get(f"tokenizer.ggml.{name}_token_id", NO_TOKEN)) for name in ("bos", "eos"))
        if start == end == NO_TOKEN:
            raise InputError("this model names no token for the beginning or the end of a text", path, "convert it again from its source")
        self.start_token = end if start == NO_TOKEN else start
        self.end_token = start if end == NO_TOKEN else end
        self.can_chat = "tokenizer.chat_template" in head.metadata
        self._server = _start(path, self.context, threads or default_threads())
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        self._whole = self.encode("a")[0]

    def close(self) -> None:
        """Give the memory back; the engine cannot be used afterwards."""
        self._server = None

    def __enter__(self) -> LlamaServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def encode(self, text: str) -> list[int]:
        """Return the token ids of a text after NFC, without start or end token; special tokens written in it stay text."""
        text = unicodedata.normalize("NFC", text).encode("utf-8", "replace").decode("utf-8")
        answer = self._ask_http("/tokenize", {"content": text, "add_special": False, "parse_special": False})
        return [int(token) for token in answer["tokens"]]

    def decode(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids; bytes that are not UTF-8 become U+FFFD."""
        return str(self._ask_http("/detokenize", {"tokens": list(tokens)})["content"])

    def log2_probabilities(self, tokens: Sequence[int], first_target: int) -> list[float]:
        """Return log2 p of each of ``tokens[first_target:]`` after those before it; see ``LlamaCpp``."""
        return [self._log2_probability(list(tokens[:place]), tokens[place]) for place in range(first_target, len(tokens))]

    def score(self, documents: Sequence[str], say: Say | None = None) -> list[DocumentScore]:
        """Return bits, bytes and tokens of each document; see ``mbegu.model.score``."""
        return score_documents(self, documents, say)

    def complete(self, prompt: str, n_tokens: int = 64, temperature: float = 0.8, seed: int = 0, top_p: float = 1.0) -> Iterator[str]:
        """Write on after ``prompt``, as ``LlamaCpp`` does but with another course of chance, and not beyond the context."""
        tokens = [self.start_token, *self.encode(prompt)]
        keep = max(1, self.context - n_tokens, self.context // 2)
        request = {"prompt": tokens[-keep:], "n_predict": min(n_tokens, self.context - min(keep, len(tokens)))}
        return self._stream("handle_completions", {**request, **_sampling(temperature, seed, top_p)})

    def chat(
        self, turns: Sequence[tuple[str, str]], n_tokens: int = 256, temperature: float = 0.8, seed: int = 0, top_p: float = 1.0
    ) -> Iterator[str]:
        """Answer the last of ``turns``, as ``LlamaCpp`` does, but of a conversation that does not fit whole turns are left out, the oldest first.

        Raises:
            InputError: the model was not made for conversation, or the last turn alone is too long.
        """
        if not self.can_chat:
            raise InputError("this model writes on, it does not converse: it has no chat template", self.path, "use `mbegu complete`")
        messages = self._fitting([{"role": role, "content": unicodedata.normalize("NFC", text)} for role, text in turns], n_tokens)
        return self._stream("handle_chat_completions", {"messages": messages, "max_tokens": n_tokens, **_sampling(temperature, seed, top_p)})

    def _fitting(self, messages: list[dict[str, str]], n_tokens: int) -> list[dict[str, str]]:
        """Return as much of a conversation as leaves room for the answer: without its oldest questions with their answers; a system turn stays."""
        keep = max(1, self.context - n_tokens, self.context // 2)
        questions = [place for place, message in enumerate(messages) if message["role"] == "user"]
        while len(questions) > 1 and self._length(messages) > keep:
            first, second, *_ = questions
            messages = messages[:first] + messages[second:]
            questions = [place - (second - first) for place in questions[1:]]
        return messages

    def _length(self, messages: list[dict[str, str]]) -> int:
        prompt = self._ask_http("/apply-template", {"messages": messages})["prompt"]
        return len(self._ask_http("/tokenize", {"content": prompt, "add_special": True, "parse_special": True})["tokens"])

    def _log2_probability(self, before: list[int], target: int) -> float:
        forced = self._forced(before, target, listed=1)
        if forced and forced[0]["id"] == target:
            return self._log2(forced[0])
        # The server says nothing of a token that ends inside a character: force a whole one and look the other up in the list.
        listed = self._forced(before, self._whole, self.vocabulary_size)[0]["top_logprobs"]
        return self._log2(next(each for each in listed if each["id"] == target))

    def _log2(self, found: Mapping[str, Any]) -> float:
        """Return log2 p of a token that the server tells of. Raises ``DamageError`` where it is no number, which JSON writes as null."""
        nats = math.nan if found["logprob"] is None else float(found["logprob"])
        require_finite([nats], self.path)
        return nats / math.log(2)

    def _forced(self, before: list[int], token: int, listed: int) -> list[dict[str, Any]]:
        request = {"prompt": before, "n_predict": 1, "n_probs": listed, "temperature": 0, "cache_prompt": True}
        answer = self._server.handle_completions({**request, "logit_bias": [[token, FORCING_BIAS]]})
        self._require(answer)
        found: list[dict[str, Any]] = (answer["choices"][0].get("logprobs") or {}).get("content") or []
        return found

    def _stream(self, method: str, request: dict[str, Any]) -> Iterator[str]:
        """Yield the pieces of an answer; the server works in a thread of its own and hands them over."""
        pieces: queue.Queue[dict[str, Any] | None] = queue.Queue()

        def work() -> None:
            getattr(self._server, method)({**request, "stream": True}, pieces.put)
            pieces.put(None)

        threading.Thread(target=work, daemon=True).start()
        while (answer := pieces.get(timeout=WAIT_S)) is not None:
            self._require(answer)
            for choice in answer["choices"]:
                text = choice.get("text") or (choice.get("delta") or {}).get("content")
                if text:
                    yield text

    def _ask_http(self, place: str, request: dict[str, Any]) -> dict[str, Any]:
        body = json.dumps(request).encode("utf-8")
        address = urllib.request.Request(self._server.listening_address + place, body, {"Content-Type": "application/json"})  # noqa: S310  our own
        with self._opener.open(address, timeout=WAIT_S) as answer:
            found: dict[str, Any] = json.load(answer)
        return found

    def _require(self, answer: dict[str, Any]) -> None:
        if "choices" not in answer:
            error = answer.get("error") or answer
            raise InputError(f"llama.cpp refused: {error.get('message') or error}", self.path, "shorten the text, or use a sound GGUF file")


def _sampling(temperature: float, seed: int, top_p: float) -> dict[str, Any]:
    return {"temperature": temperature, "seed": seed, "top_p": top_p, "top_k": 0, "min_p": 0, "cache_prompt": False}


def _start(path: Path, context: int, threads: int) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingDependencyError(f"xllamacpp cannot be loaded: {error}", fix="pip install xllamacpp") from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = -(-context // PAGE_TOKENS) * PAGE_TOKENS
    params.n_parallel = 1
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.cache_type_k = params.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    params.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    params.warmup = False
    params.verbosity = -1
    try:
        return xllamacpp.Server(params)
    except RuntimeError as error:
        raise InputError(f"llama.cpp cannot open this model: {error}", path, "use a model that llama.cpp knows, in a sound GGUF file") from error
