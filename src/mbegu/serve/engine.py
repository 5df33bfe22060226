"""llama.cpp as an engine for many: parallel slots with continuous batching, a prompt cache, adapters, grammars, embeddings.

It runs inside this process, through the server of ``xllamacpp``, on all systems alike. That server listens on a port of this computer
with a secret key; nobody but us speaks with it. It is handed tokens, never text with marks or a chat template: what may be a mark is
decided here. Its key-value cache is that of llama.cpp's defaults (float16), which is quicker and makes log-probabilities differ by up
to 0.1 from those of ``mbegu score``.
"""

from __future__ import annotations

import contextlib
import json
import math
import secrets
import signal
import threading
import urllib.request
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from mbegu.core.errors import InputError, MissingDependencyError
from mbegu.model.gguf_file import read_gguf_head
from mbegu.model.llama_cpp import LONGEST_CONTEXT, check_memory, default_threads
from mbegu.serve.engine_http import EngineClient
from mbegu.serve.errors import ApiError, engine_trouble
from mbegu.serve.settings import ServeSettings
from mbegu.serve.stops import StopFinder
from mbegu.serve.templates import Layout, find_layout, lay_out

LOWEST_LOGPROB = -9999.0  # what OpenAI writes for a probability of nothing
FORCING_BIAS = 1e6  # nats; far above any logit
MOST_KEPT_SCHEMAS = 64
PAGE_TOKENS = 256  # llama.cpp rounds a context up to pages of this size
OPENING_S = 60.0
SPARE_HTTP_THREADS = 4  # of the engine, for tokenizing beside the slots


@dataclass(frozen=True)
class Job:
    """One answer to be written.

    Args:
        prompt: token ids.
        max_tokens: how many tokens at most.
        n_logprobs: for how many of the likeliest tokens the log-probability is wanted; 0: for none.
        schema: JSON Schema that the answer must follow; ``None``: any text. Empty: any JSON object.
        lora: index of the adapter, ``None`` for the model as it is.
    """

    prompt: Sequence[int]
    max_tokens: int
    temperature: float = 0.8
    top_p: float = 1.0
    seed: int = 0
    stop: Sequence[str] = ()
    n_logprobs: int = 0
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    schema: Mapping[str, Any] | None = None
    lora: int | None = None


@dataclass(frozen=True)
class Piece:
    """A part of an answer.

    Args:
        text: whole characters.
        tokens: how many tokens were written up to here.
        logprobs: one entry a token, as the engine gives them; empty when not asked for.
        finish: ``stop`` or ``length`` in the last piece, empty before.
    """

    text: str
    tokens: int = 0
    logprobs: list[dict[str, Any]] = field(default_factory=list)
    finish: str = ""


class Engine:
    """A GGUF model that answers several requests at once.

    Args:
        path: the .gguf file.
        settings: threads, slots, context, batch and cache.
        adapters: LoRA files (GGUF) by the name that a request chooses them with.

    Raises:
        InputError, DamageError, ResourceError, MissingDependencyError: as ``mbegu.model.llama_cpp.LlamaCpp`` does.
    """

    def __init__(self, path: Path, settings: ServeSettings, adapters: Mapping[str, Path] | None = None) -> None:
        self.path = path
        self.name = path.stem
        self.adapters = dict(adapters or {})
        head = read_gguf_head(path)
        check_memory(path)
        self.threads = settings.threads or default_threads()
        self.context = min(settings.context or LONGEST_CONTEXT, head.number("context_length"))
        self.vocabulary_size = int(head.metadata.get("tokenizer.ggml.tokens", 0))
        template = str(head.metadata.get("tokenizer.chat_template", ""))
        self.has_template = bool(template)
        self.layout: Layout | None = find_layout(template)
        self._followed: dict[str, bool] = {}
        self._marks: dict[str, list[int]] = {}  # tokens of our own texts around turns
        key = secrets.token_urlsafe(32)
        self._server: Any = _start(path, self.context, self.threads, settings, list(self.adapters.values()), key)
        place = urlsplit(self._server.listening_address)
        self._client = EngineClient(place.hostname or "127.0.0.1", place.port or 0, key)

    def close(self) -> None:
        """Give the memory back; the engine cannot be used afterwards."""
        self._server = None

    @property
    def can_chat(self) -> bool:
        """Whether the model was made for conversation, in a layout that we know."""
        return self.layout is not None

    @property
    def models(self) -> list[str]:
        """The names that a request may choose from: the model, and each adapter on it."""
        return [self.name, *self.adapters]

    async def check_layout(self) -> None:
        """Give the layout up when one of its marks is no token of this model; called once, before the first request."""
        for mark in self.layout.marks if self.layout else ():
            if len(await self.tokenize(mark, special=True)) != 1:
                self.layout = None
                return

    def lora_of(self, model: str) -> int | None:
        """Return the index of the adapter that a model name stands for, ``None`` for the model itself. Raises ``ApiError`` 404."""
        if model == self.name:
            return None
        if model not in self.adapters:
            raise ApiError(404, f"there is no model '{model[:100]}' here: choose from {', '.join(self.models)}", "model", "model_not_found")
        return list(self.adapters).index(model)

    async def tokenize(self, text: str, special: bool = False, start: bool = False) -> list[int]:
        """Return the token ids of a text in NFC.

        Args:
            text: what to cut.
            special: whether marks such as ``<|im_end|>`` count as such; never for what people write.
            start: put the token before it that the model's texts begin with, if they do.
        """
        answer = await self._client.ask("/tokenize", {"content": text, "add_special": start, "parse_special": special})
        return [int(token) for token in answer["tokens"]]

    async def detokenize(self, tokens: Sequence[int]) -> str:
        """Return the text of token ids; bytes that are not UTF-8 become U+FFFD. Raises ``ApiError`` 400 for ids out of range."""
        self.require_tokens(tokens, "tokens")
        return str((await self._client.ask("/detokenize", {"tokens": list(tokens)}))["content"])

    def require_tokens(self, tokens: Sequence[int], param: str) -> None:
        """Raise ``ApiError`` 400 when one is no token of this model."""
        wrong = next((token for token in tokens if not 0 <= token < self.vocabulary_size), None)
        if wrong is not None:
            raise ApiError(400, f"{wrong} is no token of this model: they go from 0 to {self.vocabulary_size - 1}", param, "invalid_token")

    async def chat_tokens(self, turns: Sequence[tuple[str, str]]) -> list[int]:
        """Return the tokens of a conversation, ready for the model's answer. Raises ``ApiError`` 400 when it was not made for that."""
        if self.layout is None:
            why = "its chat template is of no kind that is known here, and it is not run" if self.has_template else "it has no chat template"
            what = f"the model '{self.name}' writes on, it does not converse: {why}; use /v1/completions"
            raise ApiError(400, what, "messages", "model_cannot_chat")
        tokens = await self.tokenize("", start=True)
        for text, is_ours in lay_out(self.layout, turns):
            if is_ours and text not in self._marks:
                self._marks[text] = await self.tokenize(text, special=True)
            tokens += self._marks[text] if is_ours else await self.tokenize(text) if text else []
            if len(tokens) > self.context:  # cut no more: hundreds of turns would keep the engine busy for nothing
                what = f"this model's context is {self.context:,} tokens; the prompt has at least {len(tokens):,} tokens"
                raise ApiError(400, what, "messages", "context_length_exceeded")
        return tokens

    def require_fit(self, prompt: Sequence[int], max_tokens: int | None, param: str, default: int) -> int:
        """Return how long the answer may be; never cut the prompt.

        Raises:
            ApiError: 400 with both numbers, when prompt and answer do not fit into the context.
        """
        room = self.context - len(prompt)
        wanted = max_tokens if max_tokens is not None else max(1, min(default, room))
        if wanted > room:
            asked = f"the prompt has {len(prompt):,} tokens" + (f" and {max_tokens:,} are asked for" if max_tokens is not None else "")
            raise ApiError(400, f"this model's context is {self.context:,} tokens; {asked}", param, "context_length_exceeded")
        return wanted

    async def generate(self, job: Job) -> AsyncGenerator[Piece, None]:
        """Yield an answer piece by piece. Closing the iterator stops the work after the batch under way."""
        events = self._client.stream("/completion", _request_of(job, len(self.adapters)))
        stops, has_logprobs = StopFinder(job.stop), False
        try:
            async for event in events:
                if "prompt_progress" in event:
                    continue
                text, n_tokens = str(event.get("content", "")), int(event["tokens_predicted"])
                if event.get("stop"):
                    if job.n_logprobs and job.max_tokens == n_tokens == 1 and not has_logprobs and job.temperature == 0:
                        yield Piece("", n_tokens, await self._hidden_logprobs(job))
                    finish = "stop" if stops.is_found else _FINISH.get(str(event.get("stop_type")), "stop")
                    yield Piece(stops.add(text) + stops.rest(), n_tokens, [], finish)
                    return
                piece = Piece(stops.add(text), n_tokens, event.get("completion_probabilities") or [], "stop" if stops.is_found else "")
                has_logprobs = has_logprobs or bool(piece.logprobs)
                yield piece
                if piece.finish:
                    return
        finally:
            await events.aclose()
        raise engine_trouble("it ended an answer without its end")

    async def _hidden_logprobs(self, job: Job) -> list[dict[str, Any]]:
        """Return the log-probabilities of a single likeliest token, which the engine hides where it is a part of a letter.

        Asked for again with a whole letter forced: the engine tells those of before the forcing.
        """
        found = await self._forced(job, (await self.tokenize(_WHOLE_LETTER))[0])
        return [{**found[1], "top_logprobs": found[1:]}] if found[1:] else []

    async def _forced(self, job: Job, token: int) -> list[dict[str, Any]]:
        """Write one token that is forced; return it and then the likeliest before the forcing. Empty where the engine hides them."""
        request = {**_request_of(job, len(self.adapters)), "stream": False, "return_progress": False, "logit_bias": [[token, FORCING_BIAS]]}
        told = (await self._client.ask("/completion", request)).get("completion_probabilities") or []
        return [told[0], *told[0]["top_logprobs"]] if told else []

    async def follows(self, schema: Mapping[str, Any]) -> bool:
        """Whether the engine keeps to a schema. When it can make no grammar of one it writes on freely and says nothing.

        Seen by forcing a letter that begins no JSON: a grammar that holds forbids it.
        """
        text = json.dumps(schema, sort_keys=True)
        if text not in self._followed:
            letter = (await self.tokenize(_NO_JSON))[0]
            request = {"prompt": [letter], "n_predict": 1, "temperature": 0, "json_schema": dict(schema), "logit_bias": [[letter, FORCING_BIAS]]}
            answer = await self._client.ask("/completion", request)
            while len(self._followed) >= MOST_KEPT_SCHEMAS:
                del self._followed[next(iter(self._followed))]
            self._followed[text] = not str(answer["content"]).startswith(_NO_JSON)
        return self._followed[text]

    async def logprob(self, tokens: Sequence[int], begin: int, lora: int | None) -> float:
        """Return the log-probability, in nats, of ``tokens[begin:]`` after those before them.

        The engine scores no text by itself: each token is asked for in a request of its own, which reads only that token anew.
        """
        return sum([await self._token_logprob(tokens[:index], tokens[index], lora) for index in range(begin, len(tokens))])

    async def _token_logprob(self, before: Sequence[int], token: int, lora: int | None) -> float:
        """Force a token: the engine tells its probability as it was before the forcing. A part of a letter it tells in the list of all."""
        job = Job(before, 1, temperature=0.0, n_logprobs=1, lora=lora)
        found = await self._forced(job, token)
        if not found:
            found = await self._forced(replace(job, n_logprobs=self.vocabulary_size), (await self.tokenize(_WHOLE_LETTER))[0])
        entry = next((each for each in found if each["id"] == token), None)
        if entry is None:
            raise engine_trouble("it did not tell the probability of a token")
        return logprob_of(entry)

    async def embed(self, tokens: Sequence[int]) -> list[float]:
        """Return the embedding of a text: the state over its last token, of length 1."""
        answer = await self._client.ask("/embeddings", {"content": list(tokens)})
        found: list[float] = answer[0]["embedding"][0]
        if not all(map(math.isfinite, found)):
            raise engine_trouble("an embedding with numbers that are none")
        return found


def logprob_of(found: Mapping[str, Any]) -> float:
    """Return the log-probability in an entry as the engine gives it; a probability of nothing as ``LOWEST_LOGPROB``."""
    value = found.get("logprob")
    return max(float(value), LOWEST_LOGPROB) if value is not None else LOWEST_LOGPROB


_NO_JSON = "x"
_WHOLE_LETTER = "x"
_FINISH = {"eos": "stop", "word": "stop", "limit": "length"}


def _request_of(job: Job, n_adapters: int) -> dict[str, Any]:
    request: dict[str, Any] = {
        "prompt": list(job.prompt), "n_predict": job.max_tokens, "stream": True, "cache_prompt": True, "seed": job.seed,
        "return_progress": True,  # an event a batch: by it the engine notices within a batch that nobody listens, else once a second
        "temperature": job.temperature, "top_p": job.top_p, "top_k": 0, "min_p": 0, "stop": list(job.stop), "n_probs": job.n_logprobs,
        "frequency_penalty": job.frequency_penalty, "presence_penalty": job.presence_penalty, "repeat_last_n": len(job.prompt) + job.max_tokens,
        "lora": [{"id": index, "scale": float(index == job.lora)} for index in range(n_adapters)],
    }  # fmt: skip
    if job.schema is not None:
        request["json_schema"] = dict(job.schema)
    return request


def _start(path: Path, context: int, threads: int, settings: ServeSettings, adapters: list[Path], key: str) -> Any:
    try:
        import xllamacpp
    except ImportError as error:
        raise MissingDependencyError(f"xllamacpp cannot be loaded: {error}", fix="pip install xllamacpp") from error
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_parallel = settings.slots
    params.n_ctx = settings.slots * -(-context // PAGE_TOKENS) * PAGE_TOKENS
    params.n_batch = params.n_ubatch = settings.batch
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    params.n_threads_http = settings.slots + SPARE_HTTP_THREADS
    params.cache_ram_mib = settings.cache_mib
    params.embedding = True
    params.pooling_type = xllamacpp.llama_pooling_type.LLAMA_POOLING_TYPE_LAST
    params.lora_adapters = [_adapter(xllamacpp, file) for file in adapters]
    params.chat_template, params.use_jinja = "chatml", False  # in place of the file's own, which must not run
    params.hostnames, params.port, params.api_keys = ["127.0.0.1"], 0, [key]
    params.ui = params.endpoint_slots = params.warmup = params.fit_params = False
    params.verbosity = -1
    try:
        with _own_signals():
            server = xllamacpp.Server(params)
    except RuntimeError as error:
        raise InputError(f"llama.cpp cannot open this model: {error}", path, "use a model that llama.cpp knows, in a sound GGUF file") from error
    _await_answer(server.listening_address, key)
    return server


def _await_answer(address: str, key: str) -> None:
    """Wait until the engine's loop has answered once: one that is closed before forgets that it was to stop, and is waited for for ever."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    opener.addheaders = [("Authorization", f"Bearer {key}")]
    with opener.open(f"{address}/lora-adapters", timeout=OPENING_S) as answer:  # unlike /health, answered by the loop itself
        answer.read()


def _adapter(xllamacpp: Any, file: Path) -> Any:
    adapter = xllamacpp.CommonAdapterLoraInfo()
    adapter.path, adapter.scale = str(file), 0.0
    return adapter


@contextlib.contextmanager
def _own_signals() -> Iterator[None]:
    """Keep our handlers of Ctrl-C and of the request to end: the engine sets its own when it starts."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = [signal.SIGINT, signal.SIGTERM]
    before = {number: signal.getsignal(number) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            if handler is not None:
                signal.signal(number, handler)
