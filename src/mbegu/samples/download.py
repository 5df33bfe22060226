"""Download of an open corpus: only when asked, over HTTPS, resumed where it stopped, kept only when its SHA-256 is right."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import re
import shutil
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from mbegu import __version__
from mbegu.core import durable
from mbegu.core.errors import InputError, NetworkError, ResourceError, UsageError, explain_os_error
from mbegu.core.report import Say
from mbegu.core.units import format_bytes
from mbegu.samples.catalogue import RAW_FILES_URL, Corpus, RemoteFile, find_corpus

BLOCK_BYTES = 1 << 16
SPARE_DISK_BYTES = 50_000_000  # left free for everybody else on a full disk
BUSY_STATUS = (408, 425, 429, 500, 502, 503, 504)  # RFC 9110 and 6585: the same request may succeed a little later
CLOCK_CODES = (9, 10)  # of X509_verify_cert: not yet valid, and expired
ISSUER_CODES = (18, 19, 20, 21)  # self-signed, alone or in a chain; issuer not found; the first one cannot be verified
_CONTENT_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")


@dataclass(frozen=True)
class Patience:
    """How long to wait for a silent server, how often to try again without getting any further, and the first pause."""

    timeout_s: float = 30.0
    attempts: int = 4
    first_pause_s: float = 1.0


@dataclass(frozen=True)
class Download:
    """What was asked for and how much of it had to be fetched."""

    corpus: Corpus
    folder: Path
    files: tuple[Path, ...]
    fetched_bytes: int


class _CutError(Exception):
    """The connection failed in a way that is worth another try."""


def get_corpus(name: str, target: Path, say: Say, base_url: str | None = None, patience: Patience = Patience()) -> Download:
    """Download a corpus, or the part of it that is not here yet.

    Args:
        name: a name of ``mbegu.samples.catalogue.corpora``.
        target: the folder for its files and for the note of origin and licence, ``NAME.sources.toml``; made where missing.
        say: for what happens and for the progress.
        base_url: a mirror of the same layout to use instead of GitHub; HTTPS, or HTTP on this very computer.
        patience: time limits and retries.

    Returns:
        Where the files are and how many bytes were fetched now.

    Raises:
        UsageError: there is no such corpus, or ``base_url`` is not allowed.
        NetworkError: no connection, or not the right file; what came so far is kept and the next call goes on from there.
        InputError: another file of the same name is in the way.
        ResourceError: the disk is full or refuses.
    """
    corpus = find_corpus(name)
    base = base_url or RAW_FILES_URL
    if not _is_allowed(base, may_be_loopback=True):
        raise UsageError(f"'{base}' is not an address to download from", fix="give one that begins with https://")
    todo = [file for file in corpus.files if not _is_here(target / file.local, file)]
    _require_space(target, todo)
    say.title(f"{corpus.title}: {corpus.name}, {len(corpus.files)} files, {format_bytes(corpus.bytes)}")
    say.note(f"licence: {corpus.licence}; commercial use: {corpus.commercial_use}")
    if corpus.note:
        say.note(corpus.note)
    fetcher = _Fetcher(corpus, base, say, patience, already_bytes=corpus.bytes - sum(file.bytes for file in todo))
    for file in corpus.files:
        if file in todo:
            fetcher.fetch(file, target / file.local)
        _write_note(corpus, target)
    say.done(f"{len(corpus.files)} files in {target}" if todo else f"all {len(corpus.files)} files were already in {target}")
    return Download(corpus, target, tuple(target / file.local for file in corpus.files), fetcher.fetched_bytes)


class _Fetcher:
    """Fetches the files of one corpus one after another."""

    def __init__(self, corpus: Corpus, base_url: str, say: Say, patience: Patience, already_bytes: int) -> None:
        self.corpus = corpus
        self.base_url = base_url
        self.say = say
        self.patience = patience
        self.done_bytes = already_bytes
        self.fetched_bytes = 0
        redirects = _Redirects(may_be_loopback=_is_loopback(base_url))
        self.opener = urllib.request.build_opener(redirects, urllib.request.HTTPSHandler(context=ssl.create_default_context()))

    def fetch(self, file: RemoteFile, path: Path) -> None:
        """Fetch one file, going on where an earlier attempt stopped, and give it its name when its SHA-256 is right."""
        url = self.corpus.url(file, self.base_url)
        failures = 0
        while True:
            began_at = _usable_bytes(path, file)
            try:
                if began_at < file.bytes:
                    self._receive(url, file, path, began_at)
            except _CutError as cut:
                got_further = _size(durable.partial_of(path)) - began_at >= BLOCK_BYTES
                failures = 1 if got_further else failures + 1
                self._pause_or_give_up(cut, url, path, file, failures)
                continue
            if durable.sha256_file(durable.partial_of(path)) == file.sha256:
                break
            _discard(path)
            if began_at == 0:
                raise _wrong_file("its SHA-256 is not the one recorded", url)
        durable.adopt_partial(path)
        self.done_bytes += file.bytes

    def _receive(self, url: str, file: RemoteFile, path: Path, began_at: int) -> None:
        """Append what the server sends to the partial file, which holds ``began_at`` bytes, until it is complete."""
        with contextlib.closing(self._open(url, path, began_at)) as response:
            at = began_at if _goes_on(response, began_at, file.bytes) else 0
            announced = response.headers.get("Content-Length")
            if announced is not None and announced.isdigit() and at + int(announced) != file.bytes:
                raise _wrong_file(f"{format_bytes(at + int(announced))} instead of {format_bytes(file.bytes)}", url)
            with durable.extend_partial(path, at) as sink:
                while at < file.bytes:  # at most a block more than recorded is taken; the hash then finds it
                    block = _read_some(response)
                    at += len(block)
                    sink.write(block)
                    self.fetched_bytes += len(block)
                    self.say.progress((self.done_bytes + at) / 1000, self.corpus.bytes / 1000, "kB")

    def _open(self, url: str, path: Path, began_at: int) -> Any:
        """Ask for the file from ``began_at`` on and return the response."""
        headers = {"User-Agent": f"mbegu/{__version__}", "Accept-Encoding": "identity"}
        if began_at:
            headers["Range"] = f"bytes={began_at}-"
        request = urllib.request.Request(url, headers=headers)  # noqa: S310 - the scheme was checked by get_corpus
        try:
            return self.opener.open(request, timeout=self.patience.timeout_s)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE and began_at:
                _discard(path)
                raise _CutError("the server could not go on from there, so it starts anew") from error
            if error.code in BUSY_STATUS:
                raise _CutError(f"the server is busy (HTTP {error.code})") from error
            raise NetworkError(
                f"the server refused (HTTP {error.code} {error.reason})", url, "see whether the file moved, on its homepage"
            ) from error
        except (OSError, http.client.HTTPException) as error:
            raise _cut_or_certificate(error, url) from error

    def _pause_or_give_up(self, cut: _CutError, url: str, path: Path, file: RemoteFile, failures: int) -> None:
        host = urllib.parse.urlsplit(url).hostname
        if failures >= self.patience.attempts:
            here = _usable_bytes(path, file)
            again = "check the connection and run the same command again"
            stopped = f"{again}: it goes on where it stopped, at {format_bytes(self.done_bytes + here)} of {format_bytes(self.corpus.bytes)}"
            raise NetworkError(f"no connection to {host}: {cut}", file.path, stopped) from cut
        pause_s = self.patience.first_pause_s * 2 ** (failures - 1)
        self.say.note(f"{host}: {cut}; trying again in {pause_s:g} s")
        time.sleep(pause_s)


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirects to HTTPS only (and, when the first address was on this very computer, to addresses there)."""

    def __init__(self, may_be_loopback: bool) -> None:
        self.may_be_loopback = may_be_loopback

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: http.client.HTTPMessage, newurl: str
    ) -> urllib.request.Request | None:
        """Return the next request. Raises ``NetworkError`` when it would leave HTTPS."""
        if not _is_allowed(newurl, self.may_be_loopback):
            raise NetworkError(f"the server sent us on to '{newurl}', which is not HTTPS", req.full_url, "nothing was downloaded; see the homepage")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_loopback(url: str) -> bool:
    host = urllib.parse.urlsplit(url).hostname or ""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost"


def _is_allowed(url: str, may_be_loopback: bool) -> bool:
    parts = urllib.parse.urlsplit(url)
    return bool(parts.hostname) and (parts.scheme == "https" or (parts.scheme == "http" and may_be_loopback and _is_loopback(url)))


def _goes_on(response: Any, began_at: int, expected_bytes: int) -> bool:
    """Whether the response continues at ``began_at``; a server that ignores the range sends the whole file instead."""
    if response.status != http.HTTPStatus.PARTIAL_CONTENT:
        return False
    match = _CONTENT_RANGE.match(response.headers.get("Content-Range", ""))
    if not match or int(match[1]) != began_at or match[2] not in ("*", str(expected_bytes)):
        raise _wrong_file("not the part that was asked for", response.url)
    return True


def _read_some(response: Any) -> bytes:
    """Return the next bytes, at most a block; what arrived before a cut is never lost to a larger read."""
    try:
        block: bytes = response.read1(BLOCK_BYTES)
    except (OSError, http.client.HTTPException) as error:
        raise _CutError(_reason(error)) from error
    if not block:
        raise _CutError("the connection was cut")
    return block


def _cut_or_certificate(error: Exception, url: str) -> Exception:
    reason = getattr(error, "reason", error)
    if isinstance(reason, ssl.SSLCertVerificationError):
        return NetworkError(f"the server could not prove who it is: {reason.verify_message}", url, _certificate_fix(reason.verify_code))
    return _CutError(_reason(error))


def _certificate_fix(code: int) -> str:
    """Return what to do about a certificate, by OpenSSL's number for what was wrong with it."""
    if code in CLOCK_CODES:
        return "check the date and time of this computer, then try again"
    if code in ISSUER_CODES:
        install = "run 'Install Certificates.command' in the folder of Python" if sys.platform == "darwin" else "update those of the system"
        return f"this Python lacks the certificates that it needs: {install}; does the network ask you to sign in first? Then try again"
    return "does the network ask you to sign in first? Then try again"


def _reason(error: Exception) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return "the server is silent"
    return str(getattr(reason, "strerror", None) or reason or type(reason).__name__)


def _wrong_file(how: str, url: str) -> NetworkError:
    return NetworkError(
        f"the file that came is not the one recorded ({how})",
        url,
        "nothing of it was kept; does the network ask you to sign in first? Then try again",
    )


def _is_here(path: Path, file: RemoteFile) -> bool:
    """Whether the complete file is here. Raises ``InputError`` when something else has its name."""
    if not path.exists():
        return False
    if path.is_file() and path.stat().st_size == file.bytes and durable.sha256_file(path) == file.sha256:
        return True
    raise InputError("another file of this name is already here", path, "move it elsewhere, or choose an empty folder")


def _require_space(target: Path, todo: list[RemoteFile]) -> None:
    needed_bytes = sum(file.bytes - _size(durable.partial_of(target / file.local)) for file in todo)
    existing = next(folder for folder in (target.absolute(), *target.absolute().parents) if folder.exists())
    free_bytes = shutil.disk_usage(existing).free
    if todo and free_bytes < needed_bytes + SPARE_DISK_BYTES:
        raise ResourceError(f"the disk has {format_bytes(free_bytes)} free and {format_bytes(needed_bytes)} are needed", target, "free some space")


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def _usable_bytes(path: Path, file: RemoteFile) -> int:
    """Return how much of the file is here; a partial one that is too long cannot be it and is removed."""
    size = _size(durable.partial_of(path))
    if size > file.bytes:
        _discard(path)
        return 0
    return size


def _discard(path: Path) -> None:
    try:
        durable.partial_of(path).unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, path) from error


def _write_note(corpus: Corpus, target: Path) -> None:
    """Put origin and licence beside the files, from the first file on: text without them must not lie about."""
    import tomli_w

    files = [{"file": file.local, "path": file.path, "bytes": file.bytes, "sha256": file.sha256} for file in corpus.files]
    source = {
        "name": corpus.name,
        "title": corpus.title,
        "languages": list(corpus.languages),
        "licence": corpus.licence,
        "commercial_use": corpus.commercial_use,
        "format": corpus.format,
        "note": corpus.note,
        "homepage": corpus.homepage,
        "repository": f"https://github.com/{corpus.repository}",
        "commit": corpus.commit,
        "files": files,
    }
    data = tomli_w.dumps({"source": [source]}).encode("utf-8")
    path = target / f"{corpus.name}.sources.toml"
    if not path.is_file() or path.read_bytes() != data:
        durable.write_bytes(path, data)
