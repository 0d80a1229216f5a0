"""What is asked, read from a query string. Pure."""

import difflib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gpu_exporter.fit.cache import BYTES_PER_VALUE, CacheTypes
from ollama_observe.wire.models import NAME_LIMIT_CHARACTERS, normalise_model

MOST_CONTEXT_TOKENS = 2**24
MOST_PARALLEL = 1024

NAMES = ("model", "context", "parallel", "kv_cache_type", "flash_attention")

_WHOLE = re.compile(r"[0-9]{1,12}")
_SWITCH = {"on": True, "off": False}
_SHOWN_CHARACTERS = 60


class BadQuestionError(ValueError):
    """What is asked makes no sense; the message says what was expected and what was found."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question; None: not said, so that it is as Ollama would do by itself."""

    model: str = ""
    context_tokens: int | None = None
    parallel: int | None = None
    types: CacheTypes | None = None
    has_flash: bool | None = None


def read_question(given: Sequence[tuple[str, str]]) -> Asked:
    """The question that the parts of a query string ask. Raises: BadQuestionError."""
    words: dict[str, str] = {}
    for name, value in given:
        if name not in NAMES:
            raise BadQuestionError(_unknown(name))
        if name in words:
            raise BadQuestionError(f"{name}: expected once, found twice")
        words[name] = value.strip()
    model = words.get("model", "")
    name = normalise_model(model)
    if "model" in words and not name:
        found = f"found {_shown(model)}" if model else "found nothing (head-room alone: without it)"
        raise BadQuestionError(
            f"model: expected a name of at most {NAME_LIMIT_CHARACTERS} printable characters, "
            f"{found}"
        )
    if not name and (others := [other for other, value in words.items() if value]):
        raise BadQuestionError(f"{others[0]}: expected a model with it, found none")
    return Asked(
        name,
        _number(words, "context", MOST_CONTEXT_TOKENS),
        _number(words, "parallel", MOST_PARALLEL),
        _types(words),
        _flash(words),
    )


def _number(words: Mapping[str, str], name: str, most: int) -> int | None:
    text = words.get(name, "")
    if not text:
        return None
    found = int(text) if _WHOLE.fullmatch(text) else 0
    if not 1 <= found <= most:
        raise BadQuestionError(
            f"{name}: expected a whole number from 1 to {most}, found {_shown(text)}"
        )
    return found


def _types(words: Mapping[str, str]) -> CacheTypes | None:
    text = words.get("kv_cache_type", "").lower()
    found = CacheTypes.of(text) if text else None
    if text and found is None:
        kinds = ", ".join(BYTES_PER_VALUE)
        raise BadQuestionError(f"kv_cache_type: expected one of {kinds}, found {_shown(text)}")
    return found


def _flash(words: Mapping[str, str]) -> bool | None:
    text = words.get("flash_attention", "").lower()
    if text and text not in _SWITCH:
        raise BadQuestionError(f"flash_attention: expected on or off, found {_shown(text)}")
    return _SWITCH.get(text)


def _unknown(name: str) -> str:
    near = difflib.get_close_matches(name, NAMES, 1)
    hint = f", did you mean {near[0]}?" if near else f"; there are {', '.join(NAMES)}"
    return f"unknown parameter {_shown(name)}{hint}"


def _shown(text: str) -> str:
    cut = text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}..."
    return repr(cut)
