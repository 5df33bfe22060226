"""A service of the system that starts the server by itself, also after a power cut, without administrator rights.

Linux: a systemd user unit, with lingering so that it starts before anybody logs in. macOS: a launch agent. Windows: a task that starts
when this user logs in; a start before that would need administrator rights.
"""

from __future__ import annotations

import getpass
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.sax.saxutils import escape

from mbegu.core import durable
from mbegu.core.errors import InputError, ResourceError

NAME = "mbegu"
LABEL = "org.mbegu.serve"  # of the launch agent
RESTART_S = 10
MANAGER_S = 60  # the system's service manager answers within this time


@dataclass(frozen=True)
class Service:
    """What is written and run on one system.

    Args:
        path: the file that describes the service.
        text: what stands in it.
        start: commands that make the system take it up.
        stop: commands that make it let go of it.
        optional: of ``start``, those that may fail, each with what is then missing.
    """

    path: Path
    text: str
    start: tuple[tuple[str, ...], ...]
    stop: tuple[tuple[str, ...], ...]
    optional: dict[tuple[str, ...], str]


def describe_service(command: Sequence[str], home: Path, system: str = sys.platform) -> Service:
    """Return the service of this user on a system.

    Args:
        command: program and arguments, with absolute paths.
        home: the user's home folder.
        system: as ``sys.platform`` names it.

    Raises:
        InputError: an argument holds a line break or another character that no such file can hold.
    """
    for part in command:
        if any(ord(each) < 32 or ord(each) == 127 for each in part):
            raise InputError("a service cannot be made with this argument: it holds a control character", ascii(part), "rename the file")
    if system == "darwin":
        return _launchd(command, home)
    return _windows(command, home) if system == "win32" else _systemd(command, home)


def install(service: Service) -> list[str]:
    """Write the service's file and start it.

    Returns:
        What could not be had, one line each.

    Raises:
        ResourceError: the system refuses.
    """
    durable.write_bytes(service.path, service.text.encode("utf-16" if service.path.suffix == ".xml" else "utf-8"))
    missing = []
    for command in service.start:
        trouble = _run(command)
        if trouble and command in service.optional:
            missing.append(f"{service.optional[command]} ({trouble})")
        elif trouble:
            raise ResourceError(f"the system did not take up the service: {trouble}", service.path, f"try `{' '.join(command)}` yourself")
    return missing


def remove(service: Service) -> None:
    """Stop the service and remove its file. Raises ``InputError`` when there is none."""
    if not service.path.exists():
        raise InputError("there is no such service", service.path, "`mbegu serve MODEL --install-service` makes one")
    for command in service.stop:
        _run(command)
    durable.remove_file(service.path)


def _run(command: Sequence[str]) -> str:
    """Run a command of the system and return what went wrong, or nothing."""
    try:
        done = subprocess.run(list(command), capture_output=True, encoding="utf-8", errors="replace", timeout=MANAGER_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"{command[0]}: {getattr(error, 'strerror', '') or 'no answer'}"
    return "" if done.returncode == 0 else (done.stderr or done.stdout).strip().replace("\n", " ")[:200] or f"{command[0]} failed"


def _systemd(command: Sequence[str], home: Path) -> Service:
    line = " ".join(f'"{_systemd_part(part)}"' for part in command)
    text = f"""[Unit]
Description=Mbegu: a language model for this computer and those around it
StartLimitIntervalSec=0

[Service]
ExecStart={line}
Restart=on-failure
RestartSec={RESTART_S}
Nice=5
KillSignal=SIGTERM
TimeoutStopSec=90
NoNewPrivileges=true

[Install]
WantedBy=default.target
"""
    config = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    linger = ("loginctl", "enable-linger")
    control = ("systemctl", "--user")
    return Service(
        config / "systemd" / "user" / f"{NAME}.service",
        text,
        ((*control, "daemon-reload"), (*control, "enable", "--now", NAME), linger),
        ((*control, "disable", "--now", NAME),),
        {linger: "it starts when you log in, not before"},
    )


def _systemd_part(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")


def _launchd(command: Sequence[str], home: Path) -> Service:
    parts = "\n".join(f"        <string>{escape(part)}</string>" for part in command)
    text = f"""<?xml version="1.0" encoding="UTF-8"?>
<plist version="1.0">
<dict>
    <key>Label</key>
    <string>{LABEL}</string>
    <key>ProgramArguments</key>
    <array>
{parts}
    </array>
    <key>RunAtLoad</key>
    <true/>
    <key>KeepAlive</key>
    <dict>
        <key>SuccessfulExit</key>
        <false/>
    </dict>
    <key>ThrottleInterval</key>
    <integer>{RESTART_S}</integer>
    <key>Nice</key>
    <integer>5</integer>
</dict>
</plist>
"""
    path = home / "Library" / "LaunchAgents" / f"{LABEL}.plist"
    return Service(path, text, (("launchctl", "load", "-w", str(path)),), (("launchctl", "unload", "-w", str(path)),), {})


def _windows(command: Sequence[str], home: Path) -> Service:
    user = escape(getpass.getuser())
    text = f"""<?xml version="1.0" encoding="UTF-16"?>
<Task version="1.2" xmlns="http://schemas.microsoft.com/windows/2004/02/mit/task">
  <Triggers>
    <LogonTrigger>
      <Enabled>true</Enabled>
      <UserId>{user}</UserId>
    </LogonTrigger>
  </Triggers>
  <Principals>
    <Principal id="Author">
      <UserId>{user}</UserId>
      <LogonType>InteractiveToken</LogonType>
      <RunLevel>LeastPrivilege</RunLevel>
    </Principal>
  </Principals>
  <Settings>
    <MultipleInstancesPolicy>IgnoreNew</MultipleInstancesPolicy>
    <DisallowStartIfOnBatteries>false</DisallowStartIfOnBatteries>
    <StopIfGoingOnBatteries>false</StopIfGoingOnBatteries>
    <ExecutionTimeLimit>PT0S</ExecutionTimeLimit>
    <RestartOnFailure>
      <Interval>PT1M</Interval>
      <Count>255</Count>
    </RestartOnFailure>
    <Priority>7</Priority>
  </Settings>
  <Actions Context="Author">
    <Exec>
      <Command>{escape(command[0])}</Command>
      <Arguments>{escape(subprocess.list2cmdline(list(command[1:])))}</Arguments>
    </Exec>
  </Actions>
</Task>
"""
    path = home / ".mbegu" / "service.xml"
    create = ("schtasks", "/Create", "/F", "/TN", NAME, "/XML", str(path))
    run = ("schtasks", "/Run", "/TN", NAME)
    return Service(path, text, (create, run), (("schtasks", "/End", "/TN", NAME), ("schtasks", "/Delete", "/F", "/TN", NAME)), {})
