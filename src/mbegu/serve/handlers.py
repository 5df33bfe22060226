"""What each endpoint does: check, count, wait for a slot, write, answer."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from mbegu.serve import openai_fields as fields
from mbegu.serve import predict
from mbegu.serve.body import read_json
from mbegu.serve.content_log import ContentLog
from mbegu.serve.engine import Engine, Job, Piece
from mbegu.serve.errors import ApiError
from mbegu.serve.limits import FairQueue
from mbegu.serve.metrics import Metrics
from mbegu.serve.openai_shapes import Answer, Shape, Wish, read_turns, read_wish, require_something, texts_of, usage_of, vector
from mbegu.serve.reply import EventStream, while_connected
from mbegu.serve.settings import ServeSettings

OWNER = "mbegu"


class Handlers:
    """The endpoints.

    Args:
        engine: the model.
        queue: who may use it when.
        settings: limits.
        metrics: where answers are counted.
        content: where questions and answers are kept; ``None``: nowhere.
    """

    def __init__(self, engine: Engine, queue: FairQueue, settings: ServeSettings, metrics: Metrics, content: ContentLog | None = None) -> None:
        self._engine = engine
        self._queue = queue
        self._settings = settings
        self._metrics = metrics
        self._content = content
        self._created = int(time.time())

    async def models(self, _: Request) -> Response:
        """List the model, and each adapter as a model of its own."""
        return JSONResponse({"object": "list", "data": [self._model(name) for name in self._engine.models]})

    async def model(self, request: Request) -> Response:
        """Show one of them."""
        name = request.path_params["model"]
        self._engine.lora_of(name)
        return JSONResponse(self._model(name))

    async def chat(self, request: Request) -> Response:
        """Answer the last turn of a conversation."""
        body = await read_json(request, fields.CHAT, self._settings)
        wish = read_wish(body, is_chat=True)
        lora = self._engine.lora_of(wish.model)
        self._queue.require_room(_client(request))
        turns = read_turns(body)
        prompt = await self._engine.chat_tokens(turns)
        length = self._engine.require_fit(prompt, wish.max_tokens, "messages", self._settings.answer_tokens)
        jobs = wish.jobs(prompt, length, lora)
        return await self._answer(request, wish, jobs, len(prompt), [turns[-1][1]] * len(jobs), is_chat=True)

    async def complete(self, request: Request) -> Response:
        """Write on after one or several prompts."""
        body = await read_json(request, fields.COMPLETION, self._settings)
        wish = read_wish(body, is_chat=False)
        lora = self._engine.lora_of(wish.model)
        self._queue.require_room(_client(request))
        jobs: list[Job] = []
        asked: list[str] = []
        prompts = await self._tokens(body["prompt"], "prompt")
        for prompt, text in zip(prompts, texts_of(body["prompt"]), strict=True):
            length = self._engine.require_fit(prompt, wish.max_tokens, "prompt", self._settings.answer_tokens)
            jobs += wish.jobs(prompt, length, lora)
            if self._content:
                asked += [text if isinstance(text, str) else await self._engine.detokenize(text)] * wish.answers
        return await self._answer(request, wish, jobs, sum(map(len, prompts)), asked, is_chat=False)

    async def embed(self, request: Request) -> Response:
        """Return the embeddings of one or several texts."""
        body = await read_json(request, fields.EMBEDDING, self._settings)
        if self._engine.lora_of(body["model"]) is not None:
            raise ApiError(400, "embeddings are those of the model itself", "model", "no_adapter")
        self._queue.require_room(_client(request))
        prompts = await self._tokens(body["input"], "input")
        for prompt in prompts:
            self._engine.require_fit(prompt, 0, "input", 0)

        async def work() -> list[list[float]]:
            found: list[list[float]] = []
            for prompt in prompts:
                async with self._queue.slot(_client(request), goes_on=bool(found)):
                    found.append(await self._engine.embed(prompt))
            return found

        vectors = await while_connected(request.receive, work())
        as_base64 = body.get("encoding_format") == "base64"
        data = [{"object": "embedding", "index": index, "embedding": vector(each, as_base64)} for index, each in enumerate(vectors)]
        n_tokens = sum(map(len, prompts))
        self._metrics.count_tokens(n_tokens, 0)
        usage = {"prompt_tokens": n_tokens, "total_tokens": n_tokens}
        return JSONResponse({"object": "list", "model": body["model"], "data": data, "usage": usage})

    async def predict(self, request: Request) -> Response:
        """Say which of several labels fits a text, and how sure the model is."""
        body = await read_json(request, predict.PREDICTION, self._settings)
        lora = self._engine.lora_of(body["model"])
        self._queue.require_room(_client(request))
        texts: list[list[int]] = []
        for text in predict.fill(body):
            texts += await self._tokens(text, "input")
            self._engine.require_fit(texts[-1], 0, "input", 0)  # before the next is cut: a long text would come back once for each label
        choice = predict.compare(texts)

        async def work() -> list[float]:
            async with self._queue.slot(_client(request)):
                return [await self._engine.logprob(text, choice.begin, lora) for text in choice.texts]

        logprobs = await while_connected(request.receive, work())
        self._metrics.count_tokens(choice.begin + choice.scored, 0)
        return JSONResponse(predict.answer(body["model"], body["labels"], logprobs, usage_of(choice.begin + choice.scored, 0)))

    async def tokenize(self, request: Request) -> Response:
        """Return the token ids of a text; marks in it are text."""
        body = await read_json(request, fields.TOKENIZE, self._settings)
        return JSONResponse({"tokens": await self._engine.tokenize(body["content"], start=bool(body.get("add_special")))})

    async def detokenize(self, request: Request) -> Response:
        """Return the text of token ids."""
        body = await read_json(request, fields.DETOKENIZE, self._settings)
        tokens = [int(each) for each in body["tokens"]]
        return JSONResponse({"content": await self._engine.detokenize(tokens)})

    async def health(self, _: Request) -> Response:
        """Say that the server is alive, and whether it keeps what is asked and answered."""
        return JSONResponse({"status": "ok", **kept(self._content)})

    async def ready(self, _: Request) -> Response:
        """Say whether it takes work: not when it is stopping or the engine is gone."""
        if self._queue.is_closed:
            raise ApiError(503, "the server is stopping", code="stopping")
        await self._engine.tokenize("")
        return JSONResponse({"status": "ready"})

    async def metrics(self, _: Request) -> Response:
        """Tell counts, times, memory and energy in the text format of Prometheus."""
        return PlainTextResponse(self._metrics.text(self._queue), media_type="text/plain; version=0.0.4")

    def _model(self, name: str) -> dict[str, Any]:
        return {"id": name, "object": "model", "created": self._created, "owned_by": OWNER}

    async def _tokens(self, value: Any, param: str) -> list[list[int]]:
        """Return the tokens of each prompt; texts get the token that begins a text before them, token ids are taken as they are."""
        prompts = []
        for each in texts_of(value):
            if isinstance(each, str):
                tokens = await self._engine.tokenize(each, start=True)
            else:
                self._engine.require_tokens(each, param)
                tokens = each
            require_something(tokens, param)
            prompts.append(tokens)
        return prompts

    async def _answer(self, request: Request, wish: Wish, jobs: Sequence[Job], prompt_tokens: int, asked: Sequence[str], is_chat: bool) -> Response:
        shape = Shape(wish, is_chat)
        written = self._write(_client(request), jobs, prompt_tokens, request.scope)
        if self._content:
            written = _noted(written, self._content, request.scope, asked)
        if wish.streams:
            first = await while_connected(request.receive, anext(written))  # so that a refusal still has its status
            return EventStream(_events(shape, first, written, prompt_tokens), written, self._settings.write_s)

        async def gather() -> list[Answer]:
            answers = [Answer() for _ in jobs]
            async with aclosing(written):
                async for index, piece in written:
                    answers[index].add(piece)
            return answers

        answers = await while_connected(request.receive, gather())
        return JSONResponse(shape.whole(answers, usage_of(prompt_tokens, sum(answer.tokens for answer in answers))))

    async def _write(self, client: str, jobs: Sequence[Job], prompt_tokens: int, scope: Any) -> AsyncGenerator[tuple[int, Piece], None]:
        """Yield the pieces of answers, one answer after the other. Between two of them others who wait have their turn.

        What is refused before anything is written counts as a refusal, not as an answer cut off.
        """
        began_s = time.monotonic()
        has_begun, is_whole, n_tokens = False, False, 0
        try:
            for index, job in enumerate(jobs):
                before = n_tokens
                async with self._queue.slot(client, goes_on=has_begun):
                    if not has_begun:
                        await self._require_followed(job.schema)
                        has_begun = True
                    async with aclosing(self._engine.generate(job)) as pieces:
                        async for piece in pieces:
                            if not n_tokens:
                                self._metrics.first_token(time.monotonic() - began_s)
                            n_tokens = max(n_tokens, before + piece.tokens)
                            yield index, piece
            is_whole = True
        finally:
            if has_begun:
                scope["mbegu.tokens"] = (prompt_tokens, n_tokens)
                self._metrics.count_tokens(prompt_tokens, n_tokens)
                self._metrics.answered(time.monotonic() - began_s, is_whole)

    async def _require_followed(self, schema: Mapping[str, Any] | None) -> None:
        if schema is not None and not await self._engine.follows(schema):
            what = "this JSON schema cannot shape an answer: the engine can make no grammar of it"
            raise ApiError(400, what, "response_format.json_schema.schema", "invalid_json_schema")


async def _noted(
    written: AsyncGenerator[tuple[int, Piece], None], content: ContentLog, scope: Any, asked: Sequence[str]
) -> AsyncGenerator[tuple[int, Piece], None]:
    """Yield the pieces of answers; then keep each answer that was begun, with what was asked. One is over when the next begins."""
    answers: dict[int, Answer] = {}
    try:
        async with aclosing(written):
            async for index, piece in written:
                answers.setdefault(index, Answer()).add(piece)
                yield index, piece
    finally:
        for index, answer in answers.items():
            content.note(scope, asked[index], answer.text, bool(answer.finish))


def kept(content: ContentLog | None) -> dict[str, int]:
    """Return what /health says of the content log; nothing where there is none."""
    return {"content_kept_days": content.keep_days} if content else {}


async def _events(
    shape: Shape, first: tuple[int, Piece], rest: AsyncGenerator[tuple[int, Piece], None], prompt_tokens: int
) -> AsyncGenerator[bytes, None]:
    """Yield the events of a streamed answer; what goes wrong on the way is an event too, since the status is sent."""
    counts: dict[int, int] = {}

    async def pieces() -> AsyncIterator[tuple[int, Piece]]:
        yield first
        async for each in rest:
            yield each

    async with aclosing(rest):
        try:
            async for index, piece in pieces():
                counts[index] = max(counts.get(index, 0), piece.tokens)
                if piece.text or piece.finish or piece.logprobs:
                    yield shape.event(index, piece)
        except ApiError as error:
            from mbegu.serve.openai_shapes import sse

            yield sse(error.as_json())
            return
        yield shape.end(usage_of(prompt_tokens, sum(counts.values())))


def _client(request: Request) -> str:
    """Return who asks, as the guard has found."""
    return str(request.scope.get("mbegu.client", "unknown"))
