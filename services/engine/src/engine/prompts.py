"""Prompts that fit into the context.

Chat drops its oldest turns, never a system turn and never the last one. A prompt that is
still too long, or was one piece from the start, loses its middle.
Source: Ollama's chatPrompt; recorded exchange generate-truncated-context: 3010 tokens with
num_ctx 512 became 258, which is num_keep and half of the rest.
"""

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from engine.encoding import encode
from engine.errors import ApiError

T = TypeVar("T")
Turn = dict[str, str]
Turns = Sequence[Turn]
Tokenize = Callable[[Turns], Awaitable[list[int]]]


def without_oldest(turns: Sequence[Turn], dropped: int) -> list[Turn]:
    """The system turns among the first `dropped`, and all that follow."""
    return [turn for turn in turns[:dropped] if turn["role"] == "system"] + list(turns[dropped:])


async def fit_turns(turns: Sequence[Turn], limit_tokens: int, tokenize: Tokenize) -> list[int]:
    """The tokens of as many of the newest turns as fit; the last turn stays in any case."""
    tokens = await tokenize(turns)
    if len(tokens) <= limit_tokens or len(turns) < 2:
        return tokens
    fewest, most = 1, len(turns) - 1
    while fewest < most:
        middle = (fewest + most) // 2
        if len(await tokenize(without_oldest(turns, middle))) <= limit_tokens:
            most = middle
        else:
            fewest = middle + 1
    return await tokenize(without_oldest(turns, most))


def cut_middle(tokens: list[T], limit_tokens: int, keep_tokens: int) -> list[T]:
    """The first `keep_tokens` and, from the end, half of what else the context holds.

    A prompt must leave room for at least one token of answer.
    """
    if len(tokens) < limit_tokens:
        return tokens
    keep = min(keep_tokens, limit_tokens // 2)
    tail = (limit_tokens - keep) // 2
    return tokens[:keep] + tokens[len(tokens) - tail :]


def refuse_too_long(tokens: Sequence[int], limit_tokens: int) -> None:
    """Raise llama.cpp's refusal of a prompt that does not fit, for `"truncate": false`."""
    if len(tokens) < limit_tokens:
        return
    error = {
        "code": 400,
        "message": (
            f"request ({len(tokens)} tokens) exceeds the available context size "
            f"({limit_tokens} tokens), try increasing it"
        ),
        "type": "exceed_context_size_error",
        "n_prompt_tokens": len(tokens),
        "n_ctx": limit_tokens,
    }
    raise ApiError(400, encode({"error": error}).decode())
