"""The text of the services, read back by the parsers of their formats."""

from __future__ import annotations

import plistlib
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from mbegu.core.errors import InputError, ResourceError
from mbegu.serve.service import describe_service, install, remove

COMMAND = ["/opt/python 3/bin/python", "-m", "mbegu", "serve", '/home of "Adé" & co/100% <ìwé>.gguf', "--port", "8000"]


def test_the_systemd_unit_runs_the_command_and_restarts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    service = describe_service(COMMAND, tmp_path, "linux")
    assert service.path == tmp_path / ".config" / "systemd" / "user" / "mbegu.service"
    line = next(each for each in service.text.splitlines() if each.startswith("ExecStart="))
    assert shlex.split(line.removeprefix("ExecStart=").replace("%%", "%")) == COMMAND
    for each in ("Restart=on-failure", "WantedBy=default.target", "NoNewPrivileges=true"):
        assert each in service.text.splitlines()
    assert ("systemctl", "--user", "enable", "--now", "mbegu") in service.start
    assert ("loginctl", "enable-linger") in service.optional
    assert not any("sudo" in part for command in service.start for part in command)


def test_the_launch_agent_runs_the_command_at_load(tmp_path: Path) -> None:
    service = describe_service(COMMAND, tmp_path, "darwin")
    found = plistlib.loads(service.text.encode("utf-8"))
    assert found["ProgramArguments"] == COMMAND
    assert found["RunAtLoad"] is True
    assert found["KeepAlive"] == {"SuccessfulExit": False}
    assert service.path.parent == tmp_path / "Library" / "LaunchAgents"


def test_the_windows_task_runs_the_command_at_logon_without_rights(tmp_path: Path) -> None:
    service = describe_service(COMMAND, tmp_path, "win32")
    root = ElementTree.fromstring(service.text.encode("utf-16"))
    space = {"t": "http://schemas.microsoft.com/windows/2004/02/mit/task"}
    assert root.findtext(".//t:Command", namespaces=space) == COMMAND[0]
    assert '"/home of \\"Adé\\" & co/100% <ìwé>.gguf"' in (root.findtext(".//t:Arguments", namespaces=space) or "")
    assert root.findtext(".//t:RunLevel", namespaces=space) == "LeastPrivilege"
    assert root.find(".//t:LogonTrigger", namespaces=space) is not None
    assert root.findtext(".//t:ExecutionTimeLimit", namespaces=space) == "PT0S"


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_an_argument_cannot_add_a_line(tmp_path: Path, system: str) -> None:
    with pytest.raises(InputError, match="control character"):
        describe_service(["python", "x\nExecStartPre=evil"], tmp_path, system)


def test_it_is_written_started_and_removed(tmp_path: Path) -> None:
    made = describe_service(COMMAND, tmp_path, "darwin")
    touch = (sys.executable, "-c", f"open({str(tmp_path / 'started')!r}, 'w').close()")
    fails = (sys.executable, "-c", "raise SystemExit('not here')")
    service = replace(made, start=(touch, fails), stop=(touch,), optional={fails: "it starts later"})
    assert install(service) == ["it starts later (not here)"]
    assert (tmp_path / "started").exists()
    assert service.path.read_text(encoding="utf-8") == made.text
    remove(service)
    assert not service.path.exists()
    with pytest.raises(InputError, match="there is no such service"):
        remove(service)
    with pytest.raises(ResourceError, match="did not take up the service: not here"):
        install(replace(service, optional={}))
