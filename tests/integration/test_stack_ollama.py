"""`start-ollama` and `pull-model` with an Ollama that is installed and does not run yet."""

import sys
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.stacks import Stack, stack_at

SERVES = """#!{python}
import http.server, json, os, sys

host, _, port = os.environ["OLLAMA_HOST"].partition(":")
assert sys.argv[1:] == ["serve"]


class Ollama(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({{"version": "0.33.0", "models": []}})

    def do_POST(self):
        self.answer({{"status": "success"}})

    def answer(self, document):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(json.dumps(document).encode())

    def log_message(self, *words):
        pass


http.server.ThreadingHTTPServer((host, int(port)), Ollama).serve_forever()
"""


@pytest.fixture
def installed(tmp_path: Path) -> str:
    """A PATH with a program of that name."""
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "ollama"
    program.write_text(SERVES.format(python=sys.executable))
    program.chmod(0o755)
    return f"{folder}:/usr/bin:/bin"


def alone(tmp_path: Path, path: str) -> dict[str, str]:
    url = f"http://127.0.0.1:{free_port()}"
    return {"PATH": path, "OLLAMA_URL": url, "PROMETHEUS": "off", "GPU_EXPORTER": "off"}


def assert_runs(stack: Stack, *parts: str) -> None:
    assert set(stack.status()) == set(parts)


def test_the_installed_ollama_is_started_used_and_stopped(tmp_path: Path, installed: str) -> None:
    with stack_at(tmp_path / "state", **alone(tmp_path, installed)) as stack:
        stack.start("start-ollama")
        assert_runs(stack, "ollama")
        assert "nothing to start" in stack.start("start-ollama")
        pulled = stack.command("pull-model", MODEL="phi3:mini")
        assert pulled.returncode == 0, pulled.stderr
        assert "phi3:mini is there" in pulled.stdout
        assert "model API    Ollama 0.33.0" in stack.start("start-proxy")
        assert_runs(stack, "ollama", "proxy")
        assert stack.command("stop").returncode == 0
        stack.assert_nothing_left()
