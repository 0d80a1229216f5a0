"""A scripted Ollama: right shapes, exact counts and times, faults on demand.

    python -m tests.fakes.ollama --port 11434 --ttft-seconds 0.2 --tokens-per-second 50

The words are drawn from a seeded generator: same seed and prompt, same answer.
"""

import argparse
import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, fields

from tests.fakes.faults import Faults
from tests.fakes.server import Call, ScriptedServer

VERSION = "0.33.0"
JSON = (b"Content-Type", b"application/json; charset=utf-8")
NDJSON = ((b"Content-Type", b"application/x-ndjson"), (b"Transfer-Encoding", b"chunked"))
SSE = ((b"Content-Type", b"text/event-stream"), (b"Transfer-Encoding", b"chunked"))
CREATED_AT = "2026-11-23T06:44:29.548366145Z"
WORDS = ("the", "sky", "is", "blue", "because", "air", "scatters", "short", "waves", "more")

_ERRORS = {
    404: "model '{model}' not found",
    429: "too many requests",
    500: "llama runner process has terminated: exit status 2",
    503: "server busy, please try again.  maximum pending requests exceeded",
}
_REASONS = {404: "Not Found", 429: "Too Many Requests", 503: "Service Unavailable"}


@dataclass(frozen=True, slots=True)
class Model:
    """How the scripted model answers. Units: tokens; `*_ns` nanoseconds, as on the wire."""

    name: str = "smollm2:135m"
    prompt_tokens: int = 15
    output_tokens: int = 12
    thinking_tokens: int = 0
    load_ns: int = 1_000_000
    prefill_ns: int = 20_000_000
    decode_ns_per_interval: int = 10_000_000
    wait_ns: int = 0
    seed: int = 7

    @property
    def decode_ns(self) -> int:
        """Ollama's decode duration covers one interval fewer than there are tokens."""
        return max(1000, (self.output_tokens - 1) * self.decode_ns_per_interval)

    @property
    def total_ns(self) -> int:
        """All of it."""
        return self.load_ns + self.wait_ns + self.prefill_ns + self.decode_ns


@dataclass(slots=True)
class FakeOllama:
    """The script of a ScriptedServer. `faults` and `model` may be changed between requests."""

    model: Model = field(default_factory=Model)
    faults: Faults = field(default_factory=Faults)

    async def __call__(self, call: Call) -> None:
        """Answer one request."""
        await call.is_read.wait()
        path = call.target.partition("?")[0]
        if path in ("/api/chat", "/api/generate", "/v1/chat/completions") and call.method == "POST":
            await self._infer(call, path)
        elif path == "/":
            await call.answer("200 OK", [(b"Content-Type", b"text/plain")], b"Ollama is running")
        elif path in self._documents():
            await call.answer("200 OK", [JSON], _dump(self._documents()[path]))
        else:
            await call.answer(
                "404 Not Found", [(b"Content-Type", b"text/plain")], b"404 page not found"
            )

    def _documents(self) -> dict[str, dict[str, object]]:
        listed = {"name": self.model.name, "model": self.model.name, "size": 98_362_745}
        return {
            "/api/version": {"version": VERSION},
            "/api/tags": {"models": [listed]},
            "/api/ps": {"models": [{**listed, "size_vram": 0, "context_length": 4096}]},
        }

    async def _infer(self, call: Call, path: str) -> None:
        asked = json.loads(call.body)
        faults = self.faults
        await asyncio.sleep(faults.queue_seconds)
        if asked.get("model") != self.model.name or faults.status != 200:
            status = faults.status if faults.status != 200 else 404
            await self._refuse(call, path, status, str(asked.get("model")))
            return
        is_openai = path.startswith("/v1/")
        await asyncio.sleep(faults.ttft_seconds)
        if not asked.get("stream", not is_openai):
            await call.answer("200 OK", [JSON], self._whole(path))
            return
        await call.head("200 OK", SSE if is_openai else NDJSON)
        usage = bool((asked.get("stream_options") or {}).get("include_usage"))
        sent = 0
        async for record in self._records(path, usage):
            if await self._fails(call, is_openai, sent):
                return
            await call.chunk(record)
            sent += 1
        await call.last_chunk()

    async def _refuse(self, call: Call, path: str, status: int, model: str) -> None:
        message = _ERRORS.get(status, "something went wrong").format(model=model)
        body: dict[str, object] = {"error": message}
        if path.startswith("/v1/"):
            body = {"error": {"message": message, "type": "api_error", "param": None, "code": None}}
        await call.answer(f"{status} {_REASONS.get(status, 'Error')}", [JSON], _dump(body))

    async def _fails(self, call: Call, is_openai: bool, sent: int) -> bool:
        """Apply the fault that is due after `sent` records; True when the answer is over."""
        faults = self.faults
        if sent == faults.malformed_after:
            await call.chunk(b'data: {"broken\n\n' if is_openai else b'{"broken\n')
        if sent == faults.error_after:
            error = b'{"error":"llama runner process has terminated"}'
            await call.chunk(b"data: " + error + b"\n\n" if is_openai else error + b"\n")
            await call.last_chunk()
        elif sent == faults.end_without_done_after:
            await call.last_chunk()
        elif sent == faults.drop_after:
            call.reset()
        elif sent == faults.hang_after:
            await call.peer_gone.wait()
        else:
            return False
        return True

    def words(self) -> list[str]:
        """The answer, one entry a token."""
        draw = random.Random(self.model.seed)
        return [
            ("" if i == 0 else " ") + draw.choice(WORDS) for i in range(self.model.output_tokens)
        ]

    async def _records(self, path: str, usage: bool) -> AsyncIterator[bytes]:
        gap = 1 / self.faults.tokens_per_second if self.faults.tokens_per_second else 0.0
        for number, word in enumerate(self.words()):
            if number and gap:
                await asyncio.sleep(gap)
            yield self._piece(path, number, word)
        for record in self._closing(path, usage):
            yield record

    def _piece(self, path: str, number: int, word: str) -> bytes:
        thinking = number < self.model.thinking_tokens
        if path == "/v1/chat/completions":
            delta = {"reasoning" if thinking else "content": word}
            return self._event([{"index": 0, "delta": delta, "finish_reason": None}])
        kind = {"thinking": word} if thinking else {}
        if path == "/api/generate":
            said: dict[str, object] = {"response": "" if thinking else word, **kind}
        else:
            said = {"message": {"role": "assistant", "content": "" if thinking else word, **kind}}
        return self._line({**said, "done": False})

    def _closing(self, path: str, usage: bool) -> list[bytes]:
        if path != "/v1/chat/completions":
            said: dict[str, object] = {"response": ""}
            if path == "/api/chat":
                said = {"message": {"role": "assistant", "content": ""}}
            return [self._line({**said, **self._final()})]
        closing = [self._event([{"index": 0, "delta": {}, "finish_reason": "stop"}])]
        if usage:
            closing.append(self._event([], {"usage": self._usage()}))
        return [*closing, b"data: [DONE]\n\n"]

    def _whole(self, path: str) -> bytes:
        text = "".join(self.words())
        if path == "/v1/chat/completions":
            message = {"role": "assistant", "content": text}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            return _dump(
                {
                    "id": "chatcmpl-1",
                    "object": "chat.completion",
                    "model": self.model.name,
                    "choices": [choice],
                    "usage": self._usage(),
                }
            )
        said: dict[str, object] = {"response": text}
        if path == "/api/chat":
            said = {"message": {"role": "assistant", "content": text}}
        return self._line({**said, **self._final()}).rstrip()

    def _final(self) -> dict[str, object]:
        model = self.model
        return {
            "done": True,
            "done_reason": "stop",
            "total_duration": model.total_ns,
            "load_duration": model.load_ns,
            "prompt_eval_count": model.prompt_tokens,
            "prompt_eval_duration": model.prefill_ns,
            "eval_count": model.output_tokens,
            "eval_duration": model.decode_ns,
        }

    def _usage(self) -> dict[str, int]:
        prompt, output = self.model.prompt_tokens, self.model.output_tokens
        return {
            "prompt_tokens": prompt,
            "completion_tokens": output,
            "total_tokens": prompt + output,
        }

    def _line(self, fields: dict[str, object]) -> bytes:
        return _dump({"model": self.model.name, "created_at": CREATED_AT, **fields}) + b"\n"

    def _event(
        self, choices: list[dict[str, object]], more: dict[str, object] | None = None
    ) -> bytes:
        frame = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "model": self.model.name}
        return b"data: " + _dump({**frame, "choices": choices, **(more or {})}) + b"\n\n"


def _dump(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.ollama", description=__doc__)
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
    )
    async with ScriptedServer(fake, port=arguments.port) as server:
        print(f"a scripted Ollama answers at {server.url}; Ctrl-C ends it")  # noqa: T201
        await asyncio.Event().wait()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(_serve(_arguments()))
