"""The supervisor from outside: over its XML-RPC interface on a Unix socket.

Source: supervisor's manual, "XML-RPC API Documentation".
"""

import json
import os
import subprocess
import sys
import xmlrpc.client
from collections.abc import Mapping
from http.client import HTTPException
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from stack.environments import NAMESPACE
from stack.errors import StackError
from stack.processes import RUNNING, Process
from stack.supervision import CONFIGURATION
from stack.waiting import wait_until

_ANSWERS_WITHIN_SECONDS = 10.0


class Supervisor:
    """A running supervisor; made by `connect` or `launch`."""

    def __init__(self, socket: Path, transport: SupervisorTransport) -> None:
        self.socket = socket
        server: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport)
        self._rpc = server.supervisor
        self._environments = getattr(server, NAMESPACE)
        self.pid: int = self._rpc.getPID()

    def processes(self) -> dict[str, Process]:
        """Every part by name, as it is now."""
        return {info["name"]: process_of(info) for info in self._rpc.getAllProcessInfo()}

    def process(self, name: str) -> Process:
        """One part as it is now."""
        return process_of(self._rpc.getProcessInfo(name))

    def reload(self) -> None:
        """Read the configuration file again; touches no part."""
        self._rpc.reloadConfig()

    def add(self, name: str, environment: Mapping[str, str]) -> None:
        """Take up a part of the configuration file; does not start it."""
        self._rpc.addProcessGroup(name)
        self._environments.tell(name, json.dumps(dict(environment)))

    def environment(self, name: str) -> dict[str, str]:
        """The variables that a part was added with."""
        told: dict[str, str] = json.loads(self._environments.told(name))
        return told

    def remove(self, name: str) -> None:
        """Forget a part that does not run."""
        self._rpc.removeProcessGroup(name)

    def start(self, name: str) -> None:
        """Start a part; does not wait."""
        self._rpc.startProcess(name, False)

    def stop(self, name: str) -> None:
        """Send a part SIGTERM; does not wait. A part that does not run is left alone."""
        try:
            self._rpc.stopProcess(name, False)
        except xmlrpc.client.Fault as fault:
            if "NOT_RUNNING" not in fault.faultString:
                raise

    def signal(self, name: str, signal: str) -> None:
        """Send a part a signal by its name (`HUP`). A part that does not run is left alone."""
        try:
            self._rpc.signalProcess(name, signal)
        except xmlrpc.client.Fault as fault:
            if "NOT_RUNNING" not in fault.faultString:
                raise

    def shutdown(self, within_seconds: float) -> None:
        """End the supervisor and whatever still runs under it, and wait until it is gone."""
        self._rpc.shutdown()
        if not wait_until(lambda: not is_alive(self.pid), within_seconds):
            raise StackError(f"the supervisor (pid {self.pid}) does not end")


def process_of(info: Mapping[str, Any]) -> Process:
    """The supervisor's record as ours."""
    runs = info["statename"] in RUNNING | {"STOPPING"}
    since = info["start"] if runs else info["stop"]
    return Process(
        name=info["name"],
        state=info["statename"],
        pid=info["pid"] or None,
        since=since,
        uptime_seconds=max(0, info["now"] - info["start"]) if runs else 0,
        detail=info["spawnerr"] or ("" if runs else info["description"]),
    )


def connect(socket: Path) -> Supervisor | None:
    """The supervisor behind `socket`; None where none answers."""
    if not socket.exists():
        return None
    transport = SupervisorTransport(serverurl=f"unix://{socket}")
    try:
        return Supervisor(socket, transport)
    except (OSError, HTTPException, xmlrpc.client.Error):
        transport.close()
        return None


def launch(run: Path, socket: Path, environment: Mapping[str, str]) -> Supervisor:
    """Start the supervisor in the background. Raises: StackError with what it said."""
    socket.unlink(missing_ok=True)
    done = subprocess.run(
        [sys.executable, "-m", "supervisor.supervisord", "-c", CONFIGURATION],
        cwd=run,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    found: list[Supervisor] = []

    def answers() -> bool:
        supervisor = connect(socket)
        if supervisor is not None:
            found.append(supervisor)
        return supervisor is not None

    if done.returncode != 0 or not wait_until(answers, _ANSWERS_WITHIN_SECONDS):
        raise StackError(f"the supervisor did not start: {done.stdout.strip() or 'no answer'}")
    return found[0]


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that ended and that nobody has waited for does not."""
    import psutil  # not needed while everything is well

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def unreachable(run: Path) -> int | None:
    """The pid of a supervisor that runs in `run` and answers elsewhere: the checkout was moved.

    A short folder for the socket of a deep checkout is named after the checkout's path.
    """
    import psutil

    try:
        pid = int((run / "supervisord.pid").read_text(encoding="utf-8"))
        # the number alone proves nothing, it may be another process's by now
        return pid if is_alive(pid) and psutil.Process(pid).cwd() == str(run) else None
    except (OSError, ValueError, psutil.Error):
        return None


def orphans(socket: Path) -> dict[int, str]:
    """Pid and name of parts whose supervisor died without stopping them.

    The supervisor leaves its own address in the environment of what it starts.
    """
    import psutil

    found = {}
    for process in psutil.process_iter():
        try:
            variables = process.environ()
        except (psutil.Error, OSError):
            continue
        if (
            variables.get("SUPERVISOR_SERVER_URL") == f"unix://{socket}"
            and process.pid != os.getpid()
        ):
            found[process.pid] = variables.get("SUPERVISOR_PROCESS_NAME", "?")
    return found
