"""nginx as a plain reverse proxy: the yardstick.

One worker, no access log, nothing buffered, connections to the upstream kept: what nginx does
is what relaying costs at the least. Its configuration and all its files are in a temporary
directory, and it is a child process, so that no other nginx of the machine is touched.
"""

import asyncio
import contextlib
import grp
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from tests.ports import free_port

INSTALL = "nginx is not installed, so nothing is compared with it: apt-get install nginx"

_CONFIGURATION = """\
{user}
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid {directory}/nginx.pid;
error_log stderr warn;
events {{ worker_connections 8192; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  client_max_body_size 0;
  keepalive_requests 1000000000;
  upstream ollama {{
    server 127.0.0.1:{upstream};
    keepalive 2048;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://ollama;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
      proxy_buffering off;
      proxy_request_buffering off;
      proxy_read_timeout 1h;
    }}
  }}
}}
"""


class StartError(RuntimeError):
    """What was to be measured did not start; the message says why."""


def executable() -> str | None:
    """Where nginx is; Debian keeps it outside an ordinary user's PATH."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def version(program: str) -> str:
    """Its version, as in `1.22.1`."""
    said = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    return said.strip().rpartition("/")[2]


@contextlib.asynccontextmanager
async def running_nginx(program: str, upstream_port: int) -> AsyncIterator[tuple[int, int]]:
    """Run nginx in front of the upstream; yields its port and the master's process id.

    Raises: StartError.
    """
    port = free_port()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        configuration = directory / "nginx.conf"
        configuration.write_text(
            _CONFIGURATION.format(
                directory=directory, port=port, upstream=upstream_port, user=_user()
            )
        )
        child = await asyncio.create_subprocess_exec(
            program, "-p", name, "-c", configuration, "-e", "stderr"
        )
        try:
            await _listening(child, port)
            yield port, child.pid
        finally:
            if child.returncode is None:
                child.terminate()
                await child.wait()


def _user() -> str:
    """A master that runs as root would give its worker to a user that may not exist."""
    if os.geteuid():
        return ""
    user = pwd.getpwuid(os.geteuid())
    return f"user {user.pw_name} {grp.getgrgid(user.pw_gid).gr_name};"


async def _listening(child: asyncio.subprocess.Process, port: int) -> None:
    async with asyncio.timeout(10):
        while child.returncode is None:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                return
            await asyncio.sleep(0.02)
    raise StartError(f"nginx ended with {child.returncode}; what it said is above")
