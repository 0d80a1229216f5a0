"""The `options` of a request: checked as Ollama checks them, mapped to llama.cpp's names.

Source: Ollama api/types.go (`Options`, `Runner`); a wrong type is a 500 there, an unknown
option is ignored.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import ApiError

_INT32_MAX = 2**31 - 1
# Ollama has 512. A prompt whose client has left is given up between batches: on a slow core
# 128 tokens are a second, and were no slower to compute than 512.
DEFAULT_BATCH_TOKENS = 128
DEFAULT_KEEP_TOKENS = 4
MIN_CONTEXT_TOKENS = 16
MIN_BATCH_TOKENS = 16  # llama.cpp aborts at 1


def _integer(name: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ApiError(500, f'option "{name}" must be of type integer')
    return max(-_INT32_MAX, min(_INT32_MAX, int(value)))


def _number(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ApiError(500, f'option "{name}" must be of type float32')
    return float(value)


def _boolean(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise ApiError(500, f'option "{name}" must be of type boolean')
    return value


def _strings(name: str, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise ApiError(500, f'option "{name}" must be of type array')
    if not all(isinstance(item, str) for item in value):
        raise ApiError(500, f'option "{name}" must be of an array of strings')
    return value


_Check = Callable[[str, Any], Any]
_SAMPLING: dict[str, _Check] = {
    "temperature": _number,
    "top_k": _integer,
    "top_p": _number,
    "min_p": _number,
    "typical_p": _number,
    "repeat_last_n": _integer,
    "repeat_penalty": _number,
    "presence_penalty": _number,
    "frequency_penalty": _number,
    "seed": _integer,
    "stop": _strings,
}
_OTHER: dict[str, _Check] = {
    "num_predict": _integer,
    "num_keep": _integer,
    "num_ctx": _integer,
    "num_batch": _integer,
    "num_gpu": _integer,
    "num_thread": _integer,
    "main_gpu": _integer,
    "use_mmap": _boolean,
}
_DEFAULTS: dict[str, Any] = {
    "temperature": 0.8,
    "top_k": 40,
    "top_p": 0.9,
    "min_p": 0.0,
    "typical_p": 1.0,
    "repeat_last_n": 64,
    "repeat_penalty": 1.1,
    "presence_penalty": 0.0,
    "frequency_penalty": 0.0,
    "seed": -1,
    "stop": [],
}


@dataclass(frozen=True, slots=True)
class Placement:
    """What a model is loaded with: a request that wants another value reloads it."""

    context_tokens: int
    threads: int
    batch_tokens: int = DEFAULT_BATCH_TOKENS
    gpu_layers: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """The options of one request. Shape: `sampling` has llama.cpp's names, which are Ollama's."""

    sampling: Mapping[str, Any]
    max_tokens: int | None
    keep_tokens: int
    placement: Placement


def parse(
    given: Mapping[str, Any] | None, default: Placement, context_limit: int, most_threads: int
) -> Options:
    """Check and map `options`; what is absent or null takes Ollama's default.

    Units: `context_limit` is the most tokens the model was made for, `most_threads` what the
    machine runs at a time: more of either is cut to it. Raises ApiError.
    """
    checked = {
        name: check(name, value)
        for name, check in (_SAMPLING | _OTHER).items()
        if (value := (given or {}).get(name)) is not None
    }
    max_tokens = checked.get("num_predict", -1)
    placement = _placement(checked, default, context_limit, most_threads)
    sampling = _DEFAULTS | {name: checked[name] for name in _SAMPLING if name in checked}
    last = sampling["repeat_last_n"]
    whole = placement.context_tokens  # llama.cpp keeps room for as many tokens as it is told
    return Options(
        sampling=sampling | {"repeat_last_n": whole if last < 0 else min(last, whole)},
        max_tokens=max_tokens if max_tokens > 0 else None,
        keep_tokens=max(0, checked.get("num_keep", DEFAULT_KEEP_TOKENS)),
        placement=placement,
    )


def _placement(
    checked: Mapping[str, Any], default: Placement, context_limit: int, most_threads: int
) -> Placement:
    def positive(name: str, fallback: int) -> int:
        value = int(checked.get(name, 0))
        return value if value > 0 else fallback

    context = positive("num_ctx", default.context_tokens)
    context = max(MIN_CONTEXT_TOKENS, min(context, context_limit))
    return Placement(
        context_tokens=context,
        threads=min(positive("num_thread", default.threads), most_threads),
        batch_tokens=min(
            max(MIN_BATCH_TOKENS, positive("num_batch", default.batch_tokens)), context
        ),
        gpu_layers=max(0, int(checked.get("num_gpu", default.gpu_layers))),
    )
