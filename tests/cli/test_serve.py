"""`mbegu serve` as a process: it starts, answers, stops after what runs, and says what is wrong."""

from __future__ import annotations

import contextlib
import json
import os
import shlex
import signal
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.serve.documents.material import LEAFLETS, write_folder
from tests.serve.running import make_gguf

from mbegu.cli.main import run
from mbegu.cli.serve import _open_devices
from mbegu.core.report import Say
from mbegu.serve.pairing import shown_code

COMMAND = [sys.executable, "-m", "mbegu", "serve"]
LONGEST_S = 90.0


@contextlib.contextmanager
def started(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """Run the server as a process; however the block ends, it does not go on for longer than ``LONGEST_S``."""
    with subprocess.Popen([*COMMAND, *arguments, "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8") as server:
        ending = threading.Timer(LONGEST_S, server.kill)
        ending.start()
        try:
            yield server
        finally:
            server.kill()
            ending.cancel()


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_gguf(tmp_path_factory.mktemp("serve"), never_ends=True)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send to another process")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_answers_and_stops_after_what_runs(model: Path, number: signal.Signals) -> None:
    with started(str(model), "--threads", "1") as server:
        assert server.stdout is not None
        assert server.stderr is not None
        url = server.stdout.readline().strip()
        body = json.dumps({"model": model.stem, "prompt": "ẹ", "max_tokens": 700, "stream": True}).encode()
        request = urllib.request.Request(url + "v1/completions", body, {"Content-Type": "application/json"})
        parts: list[bytes] = []

        def ask() -> None:
            with urllib.request.urlopen(request, timeout=60) as answer:
                parts.append(answer.readline())
                os.kill(server.pid, number)
                parts.append(answer.read())

        asking = threading.Thread(target=ask)
        asking.start()
        asking.join(60)
        assert server.wait(60) == 0
        assert parts[1].endswith(b"data: [DONE]\n\n")
        told = server.stderr.read()
        assert "it writes on, it does not converse" in told
        assert "POST /v1/completions 200" in told
        assert "Traceback" not in told


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGTERM to send to another process")
def test_documents_alone_are_served_with_their_page(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "hati", dict(LEAFLETS))
    with started("--documents", str(folder), "--language", "swa") as server:
        assert server.stdout is not None
        assert server.stderr is not None
        url = server.stdout.readline().strip()
        body = json.dumps({"question": "Maji ya kisima yanahitaji kuchujwa?", "language": "swa"}).encode()
        request = urllib.request.Request(url + "answers", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            assert "swa.md" in {each["file"] for each in _quotations(json.loads(answer.read()))}
        with urllib.request.urlopen(url + "page.json", timeout=60) as answer:
            told = json.loads(answer.read())
        assert (told["documents"], told["model"], told["name"]) == (True, "", "hati")
        server.terminate()
        assert server.wait(60) == 0
        assert "passages" in server.stderr.read()


def _quotations(answer: dict[str, Any]) -> list[dict[str, Any]]:
    return [each for each in (answer["quotation"], *answer["also"]) if each]


def test_the_answers_are_judged_and_nothing_is_served(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "hati", dict(LEAFLETS))
    questions = tmp_path / "maswali.csv"
    questions.write_text("question,language,file\nMaji ya kisima yanahitaji kuchujwa?,swa,swa.md\nጨረቃ ምንድን ነው?,amh,\n", encoding="utf-8")
    assert run(["serve", "--documents", str(folder), "--evaluate", str(questions)]) == 0
    said = capsys.readouterr().out
    assert "refusal recall" in said
    assert "http://" not in said


def test_what_is_missing_is_said(tmp_path: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, code, said in [
        (["serve"], 2, "which model?"),
        (["serve", str(tmp_path / "none.gguf")], 4, "no such file or folder"),
        (["serve", str(model), "--slots", "0"], 3, "slots: 0 is below the smallest allowed, 1"),
        (["serve", str(model), "--evaluate", "x.csv"], 2, "--danger and --evaluate are about documents"),
        (["serve", "--documents", str(tmp_path / "none")], 4, "the folder of documents is not there"),
        (["serve", str(model), "--adapter", "x"], 2, "Write --adapter NAME=FILE"),
        (["serve", str(model), "--adapter", "x=none.gguf"], 4, "no such adapter"),
        (["serve", "--revoke", "abc"], 4, "no paired device has the id 'abc'"),
        (["serve", "--remove-service"], 4, "there is no such service"),
    ]:
        assert run(arguments) == code
        assert said in " ".join(capsys.readouterr().err.split())


def test_paired_devices_are_listed_and_revoked(own_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from mbegu.serve.pairing import Devices

    devices = Devices(own_home / ".mbegu" / "devices.json")
    token = devices.pair(devices.code, "simu ya Asha", "192.168.1.7")
    assert run(["serve", "--devices"]) == 0
    assert "simu ya Asha" in capsys.readouterr().out
    assert run(["serve", "--revoke", str(devices.find(token))]) == 0
    assert devices.find(token) is None


def test_a_taken_port_is_said(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert run(["serve", str(model), "--port", str(port)]) == 6
    assert f"port {port} cannot be opened" in capsys.readouterr().err


@pytest.fixture
def unit(own_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the service of a Linux system is written; in place of systemd's own programs there are ones that do nothing."""
    for name in ("systemctl", "loginctl"):
        program = tmp_path / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text("#!/bin/sh\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}")
    return own_home / "systemd" / "user" / "mbegu.service"


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only systemd's programs have others in their place here")
def test_the_service_starts_what_was_asked_for_with_absolute_paths(model: Path, unit: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("serve", "swa", "health.gguf"):
        Path(name).write_text("", encoding="utf-8")
    given = ["--language", "swa", "--documents=hati", "--danger", "danger.toml", "--adapter", "serve=health.gguf", "--lan", "--port", "0"]
    given += ["--log-content", "kept", "--keep-days", "7", "-q"]
    assert run(["serve", str(model), *given, "--install-service"]) == 0
    line = next(each for each in unit.read_text(encoding="utf-8").splitlines() if each.startswith("ExecStart="))
    here = str(tmp_path)
    assert shlex.split(line.removeprefix("ExecStart=")) == [
        *COMMAND, str(model), f"--documents={here}/hati", f"--danger={here}/danger.toml", "--language=swa", f"--adapter=serve={here}/health.gguf",
        "--quiet", "--port=0", "--lan", f"--log-content={here}/kept", "--keep-days=7",
    ]  # fmt: skip
    assert run(["serve", "--remove-service"]) == 0
    assert not unit.exists()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only systemd's programs have others in their place here")
def test_a_service_that_could_not_start_is_not_installed(model: Path, unit: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments, said in [
        ([str(tmp_path / "none.gguf")], "no such file or folder"),
        ([str(model), "--adapter", "a=none.gguf"], "no such adapter"),
    ]:
        assert run(["serve", *arguments, "--install-service"]) == 4
        assert said in capsys.readouterr().err
    assert not unit.exists()


def test_without_a_network_it_is_said_and_each_code_is_shown_with_the_address_of_then(
    own_home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    addresses: list[str] = []
    monkeypatch.setattr("mbegu.serve.run.own_addresses", lambda: addresses)
    devices = _open_devices(8000, Say())
    said = capsys.readouterr().err
    assert "this computer is on no network yet: as soon as it is, other devices reach the server at its address there, port 8000" in said
    addresses.append("192.168.1.2")
    devices.renew_code()
    assert capsys.readouterr().err == f"To pair a device: open http://192.168.1.2:8000/pair and type {shown_code(devices.code)}, or scan:\n"


def test_a_damaged_list_of_devices_is_said_before_anything_is_answered(own_home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = write_folder(tmp_path / "hati", dict(LEAFLETS))
    (own_home / ".mbegu").mkdir()
    (own_home / ".mbegu" / "devices.json").write_text("[", encoding="utf-8")
    assert run(["serve", "--documents", str(folder), "--lan", "--port", "0"]) == 5
    assert "the list of paired devices is damaged" in capsys.readouterr().err
