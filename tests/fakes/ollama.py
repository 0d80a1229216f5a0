"""A scripted Ollama: every route, right shapes, exact counts and times, faults on demand.

    python -m tests.fakes.ollama --port 11434 --ttft-seconds 0.2 --tokens-per-second 50

The words are drawn from a seeded generator: same seed, same answer.
Source: Ollama server/routes.go (v0.33) and the captures.
"""

import argparse
import asyncio
import contextlib
import ipaddress
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, fields, replace
from typing import Any

from ollama_observe.wire.locations import is_cloud_name
from tests.fakes import embedding, guards, inference
from tests.fakes.asking import asked_of
from tests.fakes.dialect import JSON, V1_JSON, Dialect, Record, dump
from tests.fakes.dialect_messages import Messages
from tests.fakes.dialect_native import Native, remote
from tests.fakes.dialect_openai import OpenAI
from tests.fakes.dialect_responses import Responses
from tests.fakes.faults import Faults
from tests.fakes.library import Library
from tests.fakes.memory import Memory
from tests.fakes.routes import METHODS, READ, route_of
from tests.fakes.server import Call, ScriptedServer
from tests.fakes.turn import Model, Turn

__all__ = ["FakeOllama", "Model"]

VERSION = "0.33.0"
CLOUD = "https://ollama.com:443"
_TEXT = (b"Content-Type", b"text/plain")
_GENERATE, _CHAT, _OPENAI = Native(is_chat=False), Native(is_chat=True), OpenAI(is_chat=True)
_STREAMED: dict[str, Dialect] = {
    "/api/generate": _GENERATE,
    "/api/chat": _CHAT,
    "/v1/chat/completions": _OPENAI,
    "/v1/completions": OpenAI(is_chat=False),
    "/v1/responses": Responses(),
    "/v1/messages": Messages(),
}
_UNARY: dict[str, tuple[Dialect, Callable[[Turn, dict[str, Any]], dict[str, Any]]]] = {
    "/api/embed": (_GENERATE, embedding.embed),
    "/api/embeddings": (_GENERATE, embedding.embeddings),
    "/v1/embeddings": (_OPENAI, embedding.openai_embeddings),
    "/v1/audio/transcriptions": (_OPENAI, embedding.transcription),
}


@dataclass(slots=True)
class FakeOllama:
    """The script of a ScriptedServer. All but `library` may be changed between requests."""

    model: Model = field(default_factory=Model)
    faults: Faults = field(default_factory=Faults)
    models: dict[str, Model] = field(default_factory=dict)
    """Models that answer otherwise than `model`, by name. One whose name says `cloud` is answered
    as Ollama's cloud does, which knows it by the name of its Model."""
    faults_of: dict[str, Faults] = field(default_factory=dict)
    """Faults of single models, by name, in place of `faults`."""
    memory: Memory | None = None
    """What is loaded; None: the library's first model, whatever was asked."""
    takes_any_host: bool = False
    """As Ollama does where it listens on more than loopback."""
    library: Library = field(init=False)
    _inference: inference.Inference = field(default_factory=inference.Inference, init=False)

    def __post_init__(self) -> None:
        self.library = Library(*dict.fromkeys((self.model.name, *self.models)))
        for name, model in self.models.items():
            of_cloud = {"remote_model": model.name, "remote_host": CLOUD}
            if said := of_cloud if is_cloud_name(name) else remote(model):
                self.library.remotes[name] = said

    def words(self) -> list[str]:
        """The answer, one entry a token."""
        return self.model.words()

    async def __call__(self, call: Call) -> None:
        """Answer one request."""
        allowed = guards.cors_headers(call)
        is_welcome = self.takes_any_host or guards.allows_host(call.header("host"))
        if not is_welcome or allowed is None:
            await call.answer("403 Forbidden", [], b"")
            return
        if call.method == "OPTIONS" and call.header("origin"):
            await call.head("204 No Content", guards.preflight_headers(allowed))
            return
        call.also_headers = allowed
        route, name = route_of(call.target)
        methods = METHODS.get(route)
        if methods is None:
            await call.answer("404 Not Found", [_TEXT], b"404 page not found")
        elif call.method not in methods:
            allow = (b"Allow", ", ".join(methods).encode())
            await call.answer("405 Method Not Allowed", [allow, _TEXT], b"405 method not allowed")
        else:
            await self._serve(call, route, name)

    async def _serve(self, call: Call, route: str, name: str) -> None:
        if route == "/api/blobs/":
            await self._blob(call, name)
            return
        await call.is_read.wait()
        if route in _STREAMED or route in _UNARY:
            await self._infer(call, route)
        elif call.method in READ:
            await self._read(call, route, name)
        else:
            await self._manage(call, route)

    async def _infer(self, call: Call, route: str) -> None:
        dialect = _STREAMED[route] if route in _STREAMED else _UNARY[route][0]
        try:
            asked = asked_of(call)
        except ValueError as error:
            await inference.refuse(call, dialect, 400, message=str(error))
            return
        name = str(asked.get("model"))
        faults = self.faults_of.get(name, self.faults)
        is_known = name in (self.model.name, *self.library.names)
        if not is_known or faults.status != 200:
            await asyncio.sleep(faults.queue_seconds)
            status = faults.status if faults.status != 200 else 404
            await inference.refuse(call, dialect, status, name)
            return
        turn = self._inference.turn(self._used(name), asked)
        if route in _UNARY:
            await asyncio.sleep(faults.queue_seconds + faults.ttft_seconds)
            said = _UNARY[route][1](turn, asked)
            await call.answer("200 OK", [dialect.json_header], dump(said))
        elif inference.is_load(route, asked):
            reason = "unload" if asked.get("keep_alive") in (0, "0") else "load"
            await inference.load(call, dialect, turn, reason, route == "/api/chat")
            if reason == "unload":
                self._inference.unload()
                if self.memory is not None:
                    self.memory.drop(name)
        else:
            await inference.generate(call, dialect, turn, faults, asked)

    def _used(self, name: str) -> Model:
        """A model that is asked something, and is loaded for that where it is not."""
        model = self.models.get(name, self.model)
        is_here = name not in self.library.remotes
        if self.memory is not None and is_here and self.memory.use(name):
            return replace(model, load_ns=model.reload_ns)
        return model

    def _running(self) -> list[dict[str, object]]:
        if self.memory is None:
            running = {"size_vram": 0, "context_length": 4096, "expires_at": "2026-11-23T06:54:24Z"}
            return [self.library.entry(name) | running for name in self.library.names[:1]]
        return [
            self.memory.entry(self.library, self.models.get(name, self.model), name)
            for name in self.memory.loaded
        ]

    async def _read(self, call: Call, route: str, name: str) -> None:
        if route == "/":
            await call.answer("200 OK", [_TEXT], b"Ollama is running")
            return
        entries = [self.library.entry(known) for known in self.library.names]
        listed = [self.library.openai_entry(known) for known in self.library.names]
        documents: dict[str, Any] = {
            "/api/version": {"version": VERSION},
            "/api/status": {"cloud": {"disabled": True, "source": "env"}},
            "/api/tags": {"models": entries},
            "/api/ps": {"models": self._running()},
            "/api/experimental/model-recommendations": {"models": []},
            "/v1/models": {"object": "list", "data": listed},
            "/v1/models/": next((entry for entry in listed if entry["id"] == name), None),
        }
        if documents[route] is None:
            await inference.refuse(call, _OPENAI, 404, name)
            return
        kind = V1_JSON if route.startswith("/v1/") else JSON
        await call.answer("200 OK", [kind], dump(documents[route]))

    async def _manage(self, call: Call, route: str) -> None:
        try:
            asked = asked_of(call) if call.body else {}
        except ValueError as error:
            await inference.refuse(call, _GENERATE, 400, message=str(error))
            return
        name = str(asked.get("model") or asked.get("source") or "")
        steps = {
            "/api/pull": self.library.pulled,
            "/api/push": self.library.pushed,
            "/api/create": self.library.created,
        }
        if route == "/api/create" and not asked.get("from"):
            said = "neither 'from' or 'files' was specified"
            await inference.refuse(call, _GENERATE, 400, message=said)
        elif route in steps:
            await self._progress(call, steps[route](name), asked.get("stream", True))
        elif route == "/api/copy":
            done = self.library.copy(name, str(asked.get("destination")))
            await self._done(call, done, name)
        elif route == "/api/delete":
            await self._done(call, self.library.delete(name), name)
        elif route == "/api/show" and name not in self.library.names:
            await inference.refuse(call, _GENERATE, 404, name)
        else:
            shown = self.library.shown(name) if route == "/api/show" else {}
            await call.answer("200 OK", [JSON], dump(shown))

    async def _done(self, call: Call, done: bool, name: str) -> None:
        if done:
            await call.answer("200 OK", [], b"")
        else:
            await inference.refuse(call, _GENERATE, 404, name)

    async def _progress(self, call: Call, lines: Iterator[bytes], streams: bool) -> None:
        records = [Record(line, True) for line in lines]
        if not streams:
            await call.answer("200 OK", [JSON], records[-1].data.rstrip())
            return
        head = _GENERATE.stream_headers
        stream = inference.Stream(call, self.faults, head, _GENERATE.broken_record)
        await stream.send(records, _GENERATE.failure("pull model manifest: file does not exist"))

    async def _blob(self, call: Call, digest: str) -> None:
        if call.method == "HEAD":
            is_there = digest in self.library.blobs
            await call.answer("200 OK" if is_there else "404 Not Found", [], b"")
            return
        if wrong := await self.library.upload(call, digest):
            await inference.refuse(call, _GENERATE, 400, message=wrong)
        else:
            await call.answer("201 Created", [], b"")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.ollama", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=11434)
    parser.add_argument("--model", default=Model().name)
    parser.add_argument("--output-tokens", type=int, default=Model().output_tokens)
    for fault in fields(Faults):
        kind = float if fault.name.endswith("second") or "seconds" in fault.name else int
        flag = "--" + fault.name.replace("_", "-")
        parser.add_argument(flag, type=kind, default=fault.default)
    return parser.parse_args()


async def _serve(arguments: argparse.Namespace) -> None:
    fake = FakeOllama(
        Model(name=arguments.model, output_tokens=arguments.output_tokens),
        Faults(**{fault.name: getattr(arguments, fault.name) for fault in fields(Faults)}),
        takes_any_host=not ipaddress.ip_address(arguments.host).is_loopback,
    )
    async with ScriptedServer(fake, arguments.host, arguments.port) as server:
        print(f"a scripted Ollama answers at {server.url}; Ctrl-C ends it")  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments()))
