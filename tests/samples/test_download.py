from __future__ import annotations

import errno
import hashlib
import io
import os
import random
import re
import shutil
import socket
import ssl
import sys
import urllib.error
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.samples import server as misbehaving
from tests.samples.server import Site

from mbegu.core.errors import InputError, NetworkError, ResourceError, UsageError
from mbegu.core.report import Say
from mbegu.samples import catalogue, download
from mbegu.samples.catalogue import Corpus, RemoteFile
from mbegu.samples.download import Download, Patience, get_corpus

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

QUICK = Patience(timeout_s=0.4, attempts=3, first_pause_s=0.001)
LARGE = ("Ẹ̀kọ́ dára púpọ̀. " * 20_000).encode()[:300_000]
SMALL = "ߒߞߏ ߓߟߏߟߏ\n".encode() * 20
COMMIT = "c" * 40


def remote(path: str, data: bytes) -> RemoteFile:
    return RemoteFile(path, len(data), hashlib.sha256(data).hexdigest(), path)


def corpus_of(files: dict[str, bytes]) -> Corpus:
    return Corpus(
        name="news-yor",
        languages=("yor",),
        title="News",
        licence="CC-BY-NC-4.0",
        commercial_use="no",
        format="plain text",
        note="holds the test sentences",
        homepage="https://example.org",
        repository="owner/news",
        commit=COMMIT,
        files=tuple(remote(path, data) for path, data in files.items()),
    )


@pytest.fixture
def files() -> dict[str, bytes]:
    return {"a/large.txt": LARGE, "ẹ̀ka/ክፍል 1.txt": SMALL}


@pytest.fixture
def site(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    corpus = corpus_of(files)
    monkeypatch.setattr(catalogue, "corpora", lambda: (corpus,))
    made = Site()
    running = misbehaving.serve(made)
    made.files = {corpus.url(file, ""): files[file.path] for file in corpus.files}
    yield made
    made.stop_hanging.set()
    running.shutdown()
    running.server_close()


@pytest.fixture
def spoken() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "my texts" / "أخبار 📰"


def get(site: Site, target: Path, spoken: io.StringIO | None = None, patience: Patience = QUICK) -> Download:
    return get_corpus("news-yor", target, Say(spoken or io.StringIO()), base_url=site.url, patience=patience)


def found_in(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".toml"}


def keep_one(site: Site, monkeypatch: pytest.MonkeyPatch, data: bytes = LARGE) -> None:
    """Serve a corpus of a single file."""
    corpus = corpus_of({"large.txt": data})
    monkeypatch.setattr(catalogue, "corpora", lambda: (corpus,))
    site.files = {corpus.url(corpus.files[0], ""): data}


def test_all_files_come_with_a_note_of_origin_and_licence(site: Site, target: Path, files: dict[str, bytes], spoken: io.StringIO) -> None:
    done = get(site, target, spoken)
    assert found_in(target) == files
    assert done.fetched_bytes == len(LARGE) + len(SMALL)
    assert [path.read_bytes() for path in done.files] == list(files.values())
    note = tomllib.loads((target / "news-yor.sources.toml").read_text(encoding="utf-8"))["source"][0]
    assert (note["licence"], note["commercial_use"], note["commit"]) == ("CC-BY-NC-4.0", "no", COMMIT)
    assert note["note"] == "holds the test sentences"
    assert note["files"][0] == {"file": "a/large.txt", "path": "a/large.txt", "bytes": len(LARGE), "sha256": hashlib.sha256(LARGE).hexdigest()}
    text = spoken.getvalue()
    assert "CC-BY-NC-4.0; commercial use: no" in text
    assert "holds the test sentences" in text
    assert "2 files in" in text


def test_what_is_complete_is_not_fetched_again(site: Site, target: Path, spoken: io.StringIO) -> None:
    get(site, target)
    before = {path: path.stat().st_mtime_ns for path in target.rglob("*")}
    asked = len(site.requests)
    again = get(site, target, spoken)
    assert len(site.requests) == asked
    assert again.fetched_bytes == 0
    assert {path: path.stat().st_mtime_ns for path in target.rglob("*")} == before
    assert "were already in" in spoken.getvalue()


def test_only_the_missing_file_is_fetched(site: Site, target: Path, files: dict[str, bytes]) -> None:
    get(site, target)
    (target / "a" / "large.txt").unlink()
    site.requests.clear()
    assert get(site, target).fetched_bytes == len(LARGE)
    assert len(site.requests) == 1
    assert found_in(target) == files


def test_a_cut_connection_goes_on_where_it_stopped(site: Site, target: Path, files: dict[str, bytes], spoken: io.StringIO) -> None:
    site.behaviours = [misbehaving.cut_after(100_000), misbehaving.cut_after(0), misbehaving.cut_after(70_001)]
    done = get(site, target, spoken)
    assert found_in(target) == files
    assert site.ranges[:4] == [None, "bytes=100000-", "bytes=100000-", "bytes=170001-"]
    assert done.fetched_bytes == len(LARGE) + len(SMALL)
    assert "the connection was cut; trying again" in spoken.getvalue()


def test_a_server_that_stays_away_is_given_up_and_the_next_call_goes_on(site: Site, target: Path, files: dict[str, bytes]) -> None:
    site.behaviours = [misbehaving.cut_after(100_000)] + [misbehaving.cut_after(0)] * 2
    with pytest.raises(NetworkError) as caught:
        get(site, target)
    line = caught.value.one_line()
    assert line.startswith("no connection to 127.0.0.1: the connection was cut (a/large.txt).")
    assert "run the same command again: it goes on where it stopped, at 100.0 kB of 300." in line
    assert caught.value.exit_code == 9
    assert found_in(target) == {"a/large.txt.partial": LARGE[:100_000]}
    site.requests.clear()
    done = get(site, target)
    assert site.ranges == ["bytes=100000-", None]
    assert done.fetched_bytes == len(LARGE) - 100_000 + len(SMALL)
    assert found_in(target) == files


def test_retries_are_bounded_but_getting_further_counts(site: Site, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keep_one(site, monkeypatch)
    site.behaviours = [misbehaving.cut_after(66_000)] * 4
    get(site, target)
    assert len(site.requests) == 5
    shutil.rmtree(target)
    site.requests.clear()
    site.behaviours = [misbehaving.cut_after(10)] * 100
    with pytest.raises(NetworkError):
        get(site, target)
    assert len(site.requests) == QUICK.attempts


def test_a_silent_server_times_out_and_goes_on(site: Site, target: Path, files: dict[str, bytes], spoken: io.StringIO) -> None:
    site.behaviours = [misbehaving.hang_after(50_000), misbehaving.hang_before_answer]
    get(site, target, spoken)
    assert found_in(target) == files
    assert site.ranges[:3] == [None, "bytes=50000-", "bytes=50000-"]
    assert spoken.getvalue().count("the server is silent; trying again") == 2


def test_a_server_that_ignores_the_range_starts_anew(site: Site, target: Path, files: dict[str, bytes]) -> None:
    site.behaviours = [misbehaving.cut_after(80_000), misbehaving.ignore_range]
    done = get(site, target)
    assert found_in(target) == files
    assert done.fetched_bytes == 80_000 + len(LARGE) + len(SMALL)


def test_a_server_that_refuses_the_range_starts_anew(site: Site, target: Path, files: dict[str, bytes]) -> None:
    site.behaviours = [misbehaving.cut_after(80_000), misbehaving.status(416)]
    get(site, target)
    assert found_in(target) == files
    assert site.ranges[:3] == [None, "bytes=80000-", None]


def test_another_part_than_asked_for_is_refused(site: Site, target: Path) -> None:
    site.behaviours = [misbehaving.cut_after(80_000), misbehaving.other_range]
    with pytest.raises(NetworkError, match="not the part that was asked for"):
        get(site, target)


def test_a_server_without_length_is_fine(site: Site, target: Path, files: dict[str, bytes]) -> None:
    site.behaviours = [misbehaving.without_length] * 2
    get(site, target)
    assert found_in(target) == files


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize("wrong", [b"x" * len(LARGE), b"<html>please sign in</html>", LARGE + b"!"])
def test_a_wrong_file_is_not_kept(site: Site, target: Path, wrong: bytes, length: bool) -> None:
    site.behaviours = [misbehaving.other_content(wrong, length)] * 9
    with pytest.raises(NetworkError) as caught:
        get(site, target)
    if len(wrong) >= len(LARGE):
        assert "the file that came is not the one recorded" in str(caught.value)
        assert "large.txt" in str(caught.value)
    assert not (target / "a" / "large.txt").exists()
    site.behaviours = []
    get(site, target)
    assert (target / "a" / "large.txt").read_bytes() == LARGE


def test_a_page_to_sign_in_is_told_from_its_size(site: Site, target: Path) -> None:
    site.behaviours = [misbehaving.other_content(b"<html>please sign in</html>")]
    with pytest.raises(NetworkError, match=r"not the one recorded \(27 B instead of 300\.0 kB\).*sign in"):
        get(site, target)
    assert found_in(target) == {}


def test_a_damaged_beginning_is_found_and_fetched_anew(site: Site, target: Path, files: dict[str, bytes]) -> None:
    partial = target / "a" / "large.txt.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(b"?" + LARGE[1:1000])
    get(site, target)
    assert found_in(target) == files
    assert site.ranges[:2] == ["bytes=1000-", None]


@pytest.mark.parametrize("beginning", [LARGE, b"?" + LARGE[1:], LARGE + b"too long"])
def test_a_partial_file_of_full_length_is_checked(site: Site, target: Path, files: dict[str, bytes], beginning: bytes) -> None:
    partial = target / "a" / "large.txt.partial"
    partial.parent.mkdir(parents=True)
    partial.write_bytes(beginning)
    get(site, target)
    assert found_in(target) == files
    assert len(site.requests) == (1 if beginning == LARGE else 2)


def test_a_file_that_is_gone_is_told_at_once(site: Site, target: Path) -> None:
    site.files.clear()
    with pytest.raises(NetworkError, match=r"the server refused \(HTTP 404 Not Found\) \(http://127.*large\.txt\)\. See whether the file moved"):
        get(site, target)
    assert len(site.requests) == 1


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_busy_server_is_asked_again(site: Site, target: Path, files: dict[str, bytes], code: int, spoken: io.StringIO) -> None:
    site.behaviours = [misbehaving.status(code)] * 2
    get(site, target, spoken)
    assert found_in(target) == files
    assert f"the server is busy (HTTP {code}); trying again" in spoken.getvalue()


def test_a_redirect_on_this_computer_is_followed_with_the_range(site: Site, target: Path, files: dict[str, bytes]) -> None:
    moved = {"/moved": LARGE}
    site.files |= moved
    site.behaviours = [misbehaving.cut_after(90_000), misbehaving.redirect(site.url + "/moved")]
    get(site, target)
    assert found_in(target) == files
    assert site.requests[2] == ("/moved", "bytes=90000-")


@pytest.mark.parametrize("url", ["http://example.org/x", "ftp://127.0.0.1/x", "file:///etc/passwd", "http://127.0.0.1.example.org/x"])
def test_a_redirect_away_from_https_is_refused(site: Site, target: Path, url: str) -> None:
    site.behaviours = [misbehaving.redirect(url)]
    with pytest.raises(NetworkError, match=r"not HTTPS|refused"):
        get(site, target)
    assert len(site.requests) == 1
    assert found_in(target) == {}


def test_a_redirect_in_a_circle_ends(site: Site, target: Path) -> None:
    here = next(iter(site.files))
    site.behaviours = [misbehaving.redirect(site.url + here)] * 50
    with pytest.raises(NetworkError, match="the server refused"):
        get(site, target)
    assert len(site.requests) < 15


def test_an_https_address_may_not_lead_to_this_computer() -> None:
    assert not download._is_allowed("http://127.0.0.1/x", may_be_loopback=False)
    assert download._is_allowed("https://example.org/x", may_be_loopback=False)
    assert download._is_allowed("http://[::1]:8000/x", may_be_loopback=True)


@pytest.mark.parametrize("base", ["http://example.org", "ftp://example.org", "file:///tmp", "example.org", "https://"])
def test_a_mirror_must_be_https(site: Site, target: Path, base: str) -> None:
    with pytest.raises(UsageError, match="is not an address to download from"):
        get_corpus("news-yor", target, Say(io.StringIO()), base_url=base, patience=QUICK)


def test_nobody_at_the_address(site: Site, target: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(NetworkError, match=r"no connection to 127\.0\.0\.1: .*refused.*at 0 B of 300\.\d kB"):
        get_corpus("news-yor", target, Say(io.StringIO()), base_url=url, patience=QUICK)
    assert found_in(target) == {}


def test_offline_says_so_and_asks_only_the_address_of_the_catalogue(site: Site, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Any] = []

    def no_names(host: Any, *args: Any, **kwargs: Any) -> Any:
        asked.append(host)
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", no_names)
    with pytest.raises(NetworkError, match=r"no connection to raw\.githubusercontent\.com: Name or service not known.*goes on where it stopped"):
        get_corpus("news-yor", target, Say(io.StringIO()), patience=QUICK)
    assert set(asked) == {"raw.githubusercontent.com"}


@pytest.mark.parametrize(
    ("code", "system", "fix"),
    [
        (9, "linux", r"Check the date and time of this computer"),
        (10, "linux", r"Check the date and time of this computer"),
        (20, "darwin", r"This Python lacks the certificates .*'Install Certificates\.command' in the folder of Python"),
        (18, "linux", r"This Python lacks the certificates .*update those of the system"),
        (62, "linux", r"Does the network ask you to sign in first\?"),
    ],
)
def test_a_certificate_that_proves_nothing_is_not_tried_again(
    site: Site, target: Path, monkeypatch: pytest.MonkeyPatch, code: int, system: str, fix: str
) -> None:
    tries = []

    def refuse(*args: Any, **kwargs: Any) -> Any:
        tries.append(1)
        error = ssl.SSLCertVerificationError(1, "certificate verify failed")
        error.verify_message, error.verify_code = "no proof", code
        raise urllib.error.URLError(error)

    monkeypatch.setattr("urllib.request.OpenerDirector.open", refuse)
    monkeypatch.setattr("mbegu.samples.download.sys.platform", system)
    with pytest.raises(NetworkError, match=rf"could not prove who it is: no proof.*{fix}"):
        get_corpus("news-yor", target, Say(io.StringIO()), patience=QUICK)
    assert tries == [1]


def test_a_proxy_is_respected(site: Site, target: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    proxy = Site(files={f"http://127.0.0.1:1{path}": data for path, data in site.files.items()})
    running = misbehaving.serve(proxy)
    try:
        monkeypatch.setenv("http_proxy", proxy.url)
        get_corpus("news-yor", target, Say(io.StringIO()), base_url="http://127.0.0.1:1", patience=QUICK)
    finally:
        running.shutdown()
        running.server_close()
    assert found_in(target) == files
    assert len(proxy.requests) == 2
    assert site.requests == []


@pytest.mark.parametrize("content", [b"mine", LARGE[:-1] + b"?"])
def test_a_file_of_the_user_is_never_replaced(site: Site, target: Path, content: bytes) -> None:
    mine = target / "a" / "large.txt"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(content)
    with pytest.raises(InputError, match=r"another file of this name is already here .*large\.txt.*Move it elsewhere"):
        get(site, target)
    assert mine.read_bytes() == content
    assert site.requests == []


def test_a_full_disk_is_said_before_the_download(site: Site, target: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usage = shutil.disk_usage(target.parents[1])
    monkeypatch.setattr(download.shutil, "disk_usage", lambda path: usage._replace(free=1000))
    with pytest.raises(ResourceError, match=r"the disk has 1\.0 kB free and 300\.\d kB are needed"):
        get(site, target)
    assert site.requests == []


def test_a_disk_that_fills_up_keeps_what_came(site: Site, target: Path, files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> None:
    site.behaviours = [misbehaving.cut_after(100_000), misbehaving.well]

    def full(*args: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (target / "a").mkdir(parents=True)  # a new folder is made durable first, and nothing would have come by then
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(ResourceError, match="the disk is full"):
            get(site, target)
    assert found_in(target) == {"a/large.txt.partial": LARGE}
    get(site, target)
    assert found_in(target) == files
    assert len(site.requests) == 3


def test_an_unknown_name_is_refused_with_near_ones(site: Site, target: Path) -> None:
    with pytest.raises(UsageError, match=r"no corpus called 'news-yo' \(did you mean 'news-yor'\?\)"):
        get_corpus("news-yo", target, Say(io.StringIO()), base_url=site.url)
    assert not target.exists()


def test_the_progress_counts_what_was_here_before(site: Site, target: Path) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    site.behaviours = [misbehaving.cut_after(150_000)] + [misbehaving.cut_after(0)] * 2
    with pytest.raises(NetworkError):
        get(site, target)
    stream = Terminal()
    get(site, target, stream)
    shares = re.findall(r"(\d+) %  [\d,]+ of 300 kB", stream.getvalue())
    assert int(shares[0]) >= 50


def test_any_pattern_of_cuts_ends_in_the_same_files(site: Site, target: Path, files: dict[str, bytes]) -> None:
    chance = random.Random(7)
    for _ in range(8):
        site.behaviours = [
            chance.choice([misbehaving.cut_after(chance.randrange(200_000)), misbehaving.ignore_range, misbehaving.status(503)]) for _ in range(6)
        ]
        for _ in range(10):
            try:
                get(site, target)
                break
            except NetworkError:
                continue
        assert found_in(target) == files
        shutil.rmtree(target)
