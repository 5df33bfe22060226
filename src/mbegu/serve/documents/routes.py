"""The documents over HTTP: `POST /answers`, the list of documents, and the pages that the links of quotations open.

Limits on bodies, clients and hosts are the server's, in front of these routes. Errors have the shape of OpenAI's.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mbegu.core.errors import MbeguError
from mbegu.serve.documents.answer import Answer, Answers
from mbegu.serve.documents.library import Documents
from mbegu.serve.documents.neutral import readable
from mbegu.serve.documents.page import passage_page
from mbegu.serve.documents.phrasing import ChatEngine, phrase_with
from mbegu.serve.documents.search import MOST_QUESTION_CHARACTERS

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

# A part of a file, as RFC 9110 (14.1.2) writes it: `bytes=0-499`, `bytes=500-` or `bytes=-500`. Several parts are not given, the whole is.
RANGE = re.compile(r"bytes=(?:([0-9]{1,15})-([0-9]{1,15})?|-[0-9]{1,15})")
# A page of a document loads nothing, runs nothing, sends nothing.
HEADERS = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
LARGEST_ID = 2**53
Note = Callable[[MutableMapping[str, Any], str, str, bool], None]  # keeps scope, question, answer, and whether it is whole


def routes(
    documents: Documents, engine: ChatEngine | None = None, read: Callable[[Request], Awaitable[Any]] | None = None, note: Note | None = None
) -> list[Route]:
    """Return the routes.

    Args:
        documents: the open folder.
        engine: a model tuned for conversation that may choose sentences; others, and ``None``: quotations only.
        read: reads the body of a request within the server's limits and raises the server's own errors; ``None``: without limits.
        note: keeps what was asked and answered; ``None``: nothing does.
    """
    from starlette.routing import Route

    handlers = _Handlers(documents, documents.answers(phrase_with(engine)), read or _read, note)
    return [
        Route("/answers", handlers.answer, methods=["POST"]),
        Route("/documents", handlers.listing, methods=["GET"]),
        Route("/documents/{document:int}/passage/{passage:int}", handlers.passage, methods=["GET"]),
        Route("/documents/{document:int}/original", handlers.original, methods=["GET"]),
    ]


class _Handlers:
    def __init__(self, documents: Documents, answers: Answers, read: Callable[[Request], Awaitable[Any]], note: Note | None) -> None:
        self._documents = documents
        self._answers = answers
        self._read = read
        self._note = note

    async def answer(self, request: Request) -> Response:
        """Answer {question, language} with an ``Answer`` as JSON."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import JSONResponse

        try:
            body = await self._read(request)
        except (ValueError, RecursionError):
            return _error(400, "the body is not JSON", "")
        problem = _problem(body)
        if problem:
            return _error(400, problem[1], problem[0])
        try:
            answer = await run_in_threadpool(self._answers.answer, body["question"], body.get("language", ""))
        except MbeguError as error:
            return _error(500, error.one_line(), "")
        if self._note:
            self._note(request.scope, body["question"], _told(answer), True)
        return JSONResponse(answer.as_json(), headers={"Cache-Control": "no-store"})

    async def listing(self, request: Request) -> Response:
        """List the documents: id, name, and why nothing of one could be read (empty: it could)."""
        from starlette.responses import JSONResponse

        files = self._documents.store.files()
        return JSONResponse(
            {"documents": [{"id": number, "name": readable(name), "problem": problem} for name, (number, _, problem) in sorted(files.items())]}
        )

    async def passage(self, request: Request) -> Response:
        """Show a passage in its document."""
        from starlette.concurrency import run_in_threadpool
        from starlette.responses import HTMLResponse

        document, number = request.path_params["document"], request.path_params["passage"]
        if document > LARGEST_ID:
            return _error(404, "there is no such document", "document")
        try:
            passages = await run_in_threadpool(self._documents.store.passages_of, document)
        except MbeguError as error:
            return _error(500, error.one_line(), "")
        page = passage_page(passages, number)
        return _error(404, "there is no such passage", "passage") if page is None else HTMLResponse(page, headers=HEADERS)

    async def original(self, request: Request) -> Response:
        """Hand out the document itself: PDF to look at (``#page=3`` opens a page), every other format to save, never to run."""
        from starlette.responses import FileResponse

        found = [name for name, (number, _, _) in self._documents.store.files().items() if number == request.path_params["document"]]
        path = _path_of(self._documents.folder, found[0]) if found else None
        if path is None:
            return _error(404, "there is no such document", "document")
        is_pdf = path.suffix.lower() == ".pdf"
        named = f"{'inline' if is_pdf else 'attachment'}; filename*=UTF-8''{quote(path.name, safe='')}"
        kind = "application/pdf" if is_pdf else "application/octet-stream"
        headers = {name: value for name, value in HEADERS.items() if not (is_pdf and name == "Content-Security-Policy")}
        if not _is_range(request.headers.get("range", "")):  # to be ignored, says RFC 9110, section 14.2
            request.scope["headers"] = [each for each in request.scope["headers"] if each[0] != b"range"]
        return FileResponse(path, media_type=kind, headers={**headers, "Content-Disposition": named})


def _is_range(text: str) -> bool:
    found = RANGE.fullmatch(text)
    return found is not None and (found[2] is None or int(found[1]) <= int(found[2]))


async def _read(request: Request) -> Any:
    return json.loads(await request.body())


def _problem(body: Any) -> tuple[str, str] | None:
    """Return the field that is wrong and why, or ``None``."""
    if not isinstance(body, dict):
        return "", "the body must be an object with 'question' and 'language'"
    for name in body:
        if name not in ("question", "language"):
            return str(name)[:100], "only 'question' and 'language' are known"
    question, language = body.get("question"), body.get("language", "")
    if not isinstance(question, str) or not question.strip():
        return "question", "'question' must be a text"
    if len(question) > MOST_QUESTION_CHARACTERS:
        return "question", f"'question' has {len(question):,} characters; at most {MOST_QUESTION_CHARACTERS:,} are read"
    if any("\ud800" <= each <= "\udfff" for each in question):
        return "question", "'question' holds half a character (a lone surrogate)"
    if not isinstance(language, str) or len(language) > 20:
        return "language", "'language' must be a language code such as swa"
    return None


def _told(answer: Answer) -> str:
    """Return what a person was shown, as text: what to do first, what a model chose, the quotation with its file, or that there is none."""
    quotation = answer.quotation
    quoted = f"“{quotation.text}” ({quotation.file})" if quotation else answer.message
    return "\n".join(each for each in (answer.instruction, answer.phrased, quoted) if each)


def _path_of(folder: Path, name: str) -> Path | None:
    """Return where a document of the index stands, or ``None`` where it is gone or would lie outside the folder."""
    path = folder if folder.is_file() else folder / name
    inside = folder.resolve() if folder.is_dir() else folder.resolve().parent
    return path if path.is_file() and path.resolve().is_relative_to(inside) else None


def _error(status: int, message: str, param: str) -> Response:
    from starlette.responses import JSONResponse

    kind = "invalid_request_error" if status < 500 else "server_error"
    return JSONResponse({"error": {"message": message, "type": kind, "param": param or None, "code": None}}, status_code=status)
