"""The supervisor's configuration, written from the parts.

Paths of this machine may hold spaces, `%`, `#` and `;`, which the file's syntax gives a
meaning: so files are named relative to the folder that the supervisor starts in, and
commands are escaped.
"""

import os
import re
import resource
from collections.abc import Sequence
from pathlib import Path

from stack.environments import NAMESPACE
from stack.parts import Part
from stack.places import REPOSITORY

CONFIGURATION = "supervisord.conf"

_OPEN_FILES = 8192
"""Two sockets a stream: the usual limit of 1024 would end at 500 streams."""

_PROGRAM = """
[program:{name}]
command={command}
directory={folder}
autostart=false
autorestart=true
startsecs=1
startretries=20
stopsignal=TERM
stopwaitsecs={stop_seconds}
killasgroup=true
redirect_stderr=true
stdout_logfile={log}
stdout_logfile_maxbytes=10MB
stdout_logfile_backups=3
"""

_SUPERVISOR = """\
[supervisord]
logfile={log}
logfile_maxbytes=2MB
logfile_backups=1
pidfile=supervisord.pid
minfds={open_files}
nocleanup=true

[unix_http_server]
file={socket}
chmod=0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface

[rpcinterface:{environments}]
supervisor.rpcinterface_factory = stack.environments:interface
"""


def render(parts: Sequence[Part], run: Path, log: Path, socket: Path, open_files: int) -> str:
    """The configuration file, to be read with `run` as the current folder."""

    def near(path: Path) -> str:
        return os.path.relpath(path, run).replace("%", "%%")

    programs = [
        _PROGRAM.format(
            name=part.name,
            command=" ".join(map(escaped, part.command)),
            # a file that a variable names is looked for where make was called, as under systemd
            folder=near(REPOSITORY),
            stop_seconds=round(part.stop_seconds),
            log=near(log / f"{part.name}.log"),
        )
        for part in parts
    ]
    # beside the run folder where that is short enough, else in a short one of its own
    where = near(socket) if socket.parent == run else str(socket).replace("%", "%%")
    head = _SUPERVISOR.format(
        log=near(log / "supervisord.log"),
        socket=where,
        open_files=open_files,
        environments=NAMESPACE,
    )
    return head + "".join(programs)


def escaped(argument: str) -> str:
    """One word of a command: survives ConfigParser, `%` expansion and shlex."""
    return re.sub(r"([^\w%@+=:,./-])", r"\\\1", argument, flags=re.ASCII).replace("%", "%%")


def open_files_limit() -> int:
    """How many open files to ask for: `_OPEN_FILES`, or what this user may have."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return _OPEN_FILES if hard == resource.RLIM_INFINITY else min(_OPEN_FILES, hard)
