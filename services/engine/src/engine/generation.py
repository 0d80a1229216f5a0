"""One generation: what a model process streams, as pieces and an end.

Units: durations in nanoseconds, as the API speaks; llama.cpp sends milliseconds.
"""

import json
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from engine import errors
from engine.child import Child
from engine.options import Options
from ollama_observe.wire.framing import EventSplitter

_EVENT_LIMIT_BYTES = 64 * 2**20  # log probabilities of long answers; never a stranger's bytes
_NANOSECONDS_PER_MILLISECOND = 1_000_000


@dataclass(frozen=True, slots=True)
class Piece:
    """Text as it was written. `logprobs` has one entry a token, where they were asked for."""

    text: str
    logprobs: tuple[dict[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class End:
    """How a generation ended, by llama.cpp's own clocks.

    `prompt_tokens` includes cached ones, `prompt_ns` covers only those computed, `answer_ns`
    covers the intervals between tokens, one fewer than tokens.
    """

    reason: Literal["stop", "length"]
    prompt_tokens: int
    prompt_ns: int
    answer_tokens: int
    answer_ns: int


def completion_body(
    tokens: list[int], options: Options, schema: Any, logprobs: int | None
) -> dict[str, Any]:
    """The request to the model process. `logprobs`: None for none, else alternatives a token."""
    body: dict[str, Any] = {
        **options.sampling,
        "prompt": tokens,
        "n_predict": options.max_tokens or -1,
        "stream": True,
        "cache_prompt": True,
    }
    if schema is not None:
        body["json_schema"] = schema
    if logprobs is not None:
        body["n_probs"] = max(1, logprobs)
    return body


async def generate(
    child: Child, body: Mapping[str, Any], alternatives: int | None = None
) -> AsyncGenerator[Piece | End, None]:
    """Pieces as they come, then one End. Closing the iterator cancels the work.

    `alternatives` a token were asked for; llama.cpp names at least one, which is left out.

    Raises: StreamError when the model process refuses or ends.
    """
    splitter = EventSplitter(_EVENT_LIMIT_BYTES)
    async with child.post("/completion", body) as response:
        async for data in response.content.iter_any():
            for event in splitter.feed(data):
                message = json.loads(event)
                if "error" in message:
                    raise errors.StreamError(500, str(message["error"].get("message", "")))
                if message["content"]:
                    yield _piece(message, bool(alternatives))
                if message["stop"]:
                    yield _end(message)
                    return
    raise errors.broken()


def _piece(message: Mapping[str, Any], keeps_alternatives: bool) -> Piece:
    tokens = message.get("completion_probabilities", ())
    hidden = () if keeps_alternatives else ("top_logprobs",)
    return Piece(
        message["content"],
        tuple({key: value for key, value in t.items() if key not in hidden} for t in tokens),
    )


def _end(message: Mapping[str, Any]) -> End:
    timings = message["timings"]
    return End(
        reason="length" if message["stop_type"] == "limit" else "stop",
        prompt_tokens=int(message["tokens_evaluated"]),
        prompt_ns=int(timings["prompt_ms"] * _NANOSECONDS_PER_MILLISECOND),
        answer_tokens=int(message["tokens_predicted"]),
        answer_ns=int(timings["predicted_ms"] * _NANOSECONDS_PER_MILLISECOND),
    )


async def render(child: Child, turns: list[dict[str, str]]) -> str:
    """The prompt that the model's own chat template makes of turns. Raises StreamError."""
    answer = await child.ask("/apply-template", {"messages": turns})
    return str(answer["prompt"])


async def tokenize(child: Child, text: str, *, special: bool = True) -> list[int]:
    """The tokens of a text; `special` adds what the model wants before every prompt."""
    body = {"content": text, "add_special": special, "parse_special": special}
    return list((await child.ask("/tokenize", body))["tokens"])
