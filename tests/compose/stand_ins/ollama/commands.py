#!/opt/app/bin/python
"""The commands of Ollama that the stack uses, before a scripted server.

`slow` is a model that takes three seconds to answer; every other answers at once. `nobodys` is one
that no registry has; every other can be pulled.
"""

import asyncio
import json
import os
import signal
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from tests.fakes.faults import Faults
from tests.fakes.library import Library
from tests.fakes.ollama import FakeOllama, Model
from tests.fakes.server import ScriptedServer

PULLED = Path("/root/.ollama/pulled")
SLOW, NOBODYS = "slow", "nobodys"
_PORT = 11434


class _KeptLibrary(Library):
    """Models that were pulled are there after a restart, too."""

    def pulled(self, name: str) -> Iterator[bytes]:
        self.registry = {name} - {NOBODYS}
        yield from super().pulled(name)
        if name in self.registry:
            self._keep(name)

    def _keep(self, name: str) -> None:
        with PULLED.open("a", encoding="utf-8") as file:
            file.write(f"{name}\n")


def fake_ollama() -> FakeOllama:
    """With the models that were pulled before."""
    PULLED.parent.mkdir(exist_ok=True)
    kept = PULLED.read_text(encoding="utf-8").split() if PULLED.exists() else []
    fake = FakeOllama(
        Model(name="smollm2:135m"),
        models={SLOW: Model(name=SLOW, output_tokens=8)},
        faults_of={SLOW: Faults(ttft_seconds=0.5, tokens_per_second=3.2)},
        takes_any_host=True,
    )
    fake.library = _KeptLibrary(*fake.library.names, *kept)
    return fake


async def serve(fake: FakeOllama) -> None:
    """Answer until stopped."""
    stopped = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    async with ScriptedServer(fake, "0.0.0.0", _PORT):
        await stopped.wait()


def ask(path: str, **body: object) -> list[dict[str, object]]:
    """The records of an answer. Raises: OSError."""
    host = os.environ.get("OLLAMA_HOST", "").removeprefix("http://")  # noqa: TID251
    url = f"http://{host.replace('0.0.0.0', '127.0.0.1') or f'127.0.0.1:{_PORT}'}{path}"
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url, data), timeout=60) as answer:
        return [json.loads(line) for line in answer.read().splitlines()]


def main(verb: str, *words: str) -> int:
    """Exit code 0, or 1 with a sentence."""
    if verb == "serve":
        asyncio.run(serve(fake_ollama()))
        return 0
    asked = {"list": ("/api/tags", {}), "show": ("/api/show", {"model": "".join(words)})}
    path, body = asked.get(verb, ("/api/pull", {"model": "".join(words)}))
    try:
        records = ask(path, **body)
    except OSError as error:
        print(f"ollama {verb}: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(json.dumps(records[-1]))  # noqa: T201
    return 1 if "error" in records[-1] else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
