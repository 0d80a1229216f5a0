"""How the scripted Ollama runs its model: waits, streams, faults, loads and refusals."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any

from ollama_observe.wire.locations import is_cloud_name
from tests.fakes.call import Call, RawHeaders
from tests.fakes.dialect import CREATED_AT, Dialect, Record, dump
from tests.fakes.faults import Faults
from tests.fakes.turn import RUNNER_OPTIONS, Model, Turn

FAILED = "an error was encountered while running the model: unexpected EOF"
_ERRORS = {
    404: "model '{model}' not found",
    429: "too many requests",
    499: "request canceled",
    500: "llama runner process has terminated: exit status 2",
    503: "server busy, please try again.  maximum pending requests exceeded",
}
_TOO_LONG = (
    '{{"error":{{"code":400,"message":"request ({asked} tokens) exceeds the available context '
    'size ({limit} tokens)","type":"exceed_context_size_error"}}}}'
)
_REASONS = {
    400: "Bad Request",
    404: "Not Found",
    429: "Too Many Requests",
    499: "status code 499",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens")


@dataclass(slots=True)
class Inference:
    """One model process: what it was started with decides whether a request loads it again."""

    _runner: dict[str, Any] | None = field(default=None, init=False)

    def turn(self, model: Model, asked: dict[str, Any]) -> Turn:
        """What `model` answers to a request's body."""
        options = dict(asked.get("options") or {})
        limits = (options.get("num_predict"), *(asked.get(name) for name in _LIMITS))
        limit = next((n for n in limits if isinstance(n, int) and n > 0), model.output_tokens + 1)
        # Ollama answers with the name that it was asked for, its cloud with its own
        name = str(asked["model"])
        name = model.name if is_cloud_name(name) else name
        return Turn(
            replace(model, name=name, output_tokens=min(limit, model.output_tokens)),
            options,
            self._load_ns(model, options),
            "length" if limit <= model.output_tokens else "stop",
            bool((asked.get("stream_options") or {}).get("include_usage")),
        )

    def unload(self) -> None:
        """End the model process."""
        self._runner = None

    def _load_ns(self, model: Model, options: dict[str, Any]) -> int:
        wanted = {name: options[name] for name in RUNNER_OPTIONS if name in options}
        is_reload = self._runner is not None and self._runner != wanted
        self._runner = wanted
        return model.reload_ns if is_reload else model.load_ns


async def refuse(
    call: Call, dialect: Dialect, status: int, model: str = "", message: str = ""
) -> None:
    """Answer an error before the stream."""
    said = message or _ERRORS.get(status, "something went wrong").format(model=model)
    headers = [dialect.json_header]
    line = f"{status} {_REASONS.get(status, 'Error')}"
    await call.answer(line, headers, dialect.refusal(status, said))


async def generate(
    call: Call, dialect: Dialect, turn: Turn, faults: Faults, asked: dict[str, Any]
) -> None:
    """Answer a turn, streamed or not."""
    await asyncio.sleep(faults.queue_seconds)
    if turn.is_cut and asked.get("truncate") is False:
        said = _TOO_LONG.format(asked=turn.model.prompt_tokens, limit=turn.context_limit)
        await refuse(call, dialect, 400, message=said)
        return
    await asyncio.sleep(faults.ttft_seconds)
    if not asked.get("stream", dialect.streams_by_default):
        await call.answer("200 OK", [dialect.json_header], dialect.whole(turn))
        return
    stream = Stream(call, faults, dialect.stream_headers, dialect.broken_record)
    await stream.send(list(dialect.records(turn)), dialect.failure(FAILED))


def is_load(route: str, asked: dict[str, Any]) -> bool:
    """Whether a request asks for no answer: it loads its model, or unloads it."""
    if route == "/api/generate":
        return not asked.get("prompt")
    return route == "/api/chat" and not asked.get("messages")


async def load(call: Call, dialect: Dialect, turn: Turn, reason: str, is_chat: bool) -> None:
    """Answer a request that only loads or unloads: no counts, no durations."""
    said: dict[str, Any] = {"response": ""}
    if is_chat:
        said = {"message": {"role": "assistant", "content": ""}}
    body = {
        "model": turn.model.name,
        "created_at": CREATED_AT,
        **said,
        "done": True,
        "done_reason": reason,
    }
    await call.answer("200 OK", [dialect.json_header], dump(body))


@dataclass(frozen=True, slots=True)
class Stream:
    """A chunked answer, record by record, with the fault that is due among them."""

    call: Call
    faults: Faults
    headers: RawHeaders
    broken_record: bytes

    async def send(self, records: list[Record], failure: bytes) -> None:
        """Send all, unless a fault ends it."""
        await self.call.head("200 OK", self.headers)
        sent, judged = 0, -1
        gap = 1 / self.faults.tokens_per_second if self.faults.tokens_per_second else 0.0
        for record in records:
            if sent != judged and (record.is_output or sent):
                judged = sent
                if await self._fails(sent, failure):
                    return
            if sent and gap and record.is_output:
                await asyncio.sleep(gap)
            await self.call.chunk(record.data)
            sent += record.is_output
        await self.call.last_chunk()

    async def _fails(self, sent: int, failure: bytes) -> bool:
        """Apply the fault that is due after `sent` records of output; True when it is over."""
        faults = self.faults
        if sent == faults.malformed_after:
            await self.call.chunk(self.broken_record)
        if sent == faults.error_after:
            await self.call.chunk(failure)
            await self.call.last_chunk()
        elif sent == faults.end_without_done_after:
            await self.call.last_chunk()
        elif sent == faults.drop_after:
            self.call.reset()
        elif sent == faults.hang_after:
            await self.call.peer_gone.wait()
        else:
            return False
        return True
