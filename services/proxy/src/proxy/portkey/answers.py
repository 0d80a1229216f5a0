"""What the gateway's own headers say of an answer that came through it.

Source: design notes "portkey", part 5; the gateway's own failures as seen with 1.15.2.
"""

from dataclasses import dataclass

from ollama_observe.metrics.metric import NONE, OTHER
from proxy.headers import Headers, value_of
from proxy.portkey import fields
from proxy.portkey.config import PortkeyConfig

_INDEX = b"x-portkey-last-used-option-index"

_CACHE = frozenset({"HIT", "SEMANTIC HIT", "MISS", "SEMANTIC MISS", "REFRESH", "DISABLED"})
_PROVIDERS = frozenset({"openai", "anthropic", "ollama"})
# How its failures begin: one of fetch, in plain text or as JSON, and those of its own code.
_OWN_WORDS = (b"Message: fetch failed", b'{"html-message"', b'{"status":"failure"')


@dataclass(frozen=True, slots=True)
class PortkeyAnswer:
    """The facts of one answer. `retries` is 0 where all retries failed: how many, it hides.

    `is_own` says that the gateway made the answer itself, as far as its head tells.
    """

    provider: str = NONE
    target: str = NONE
    is_fallback: bool = False
    retries: int = 0
    is_exhausted: bool = False
    cache_status: str = NONE
    is_own: bool = True


UNKNOWN = PortkeyAnswer()


def answer_of(headers: Headers, status: int, config: PortkeyConfig) -> PortkeyAnswer:
    """Read an answer's headers; `config` is the configuration that was sent."""
    index = value_of(headers, _INDEX)
    if not index:  # no target was asked
        return UNKNOWN
    provider = value_of(headers, fields.PROVIDER)
    retries = _number(value_of(headers, b"x-portkey-retry-attempt-count"))
    cache = value_of(headers, fields.CACHE_STATUS).upper()
    choice = config.choice(index)
    is_own = value_of(headers, b"x-portkey-gateway-exception").lower() == "true"
    return PortkeyAnswer(
        provider=provider if provider in _PROVIDERS | config.providers else OTHER,
        target=choice.target,
        is_fallback=choice.is_fallback,
        retries=max(retries, 0),
        is_exhausted=retries == -1,
        cache_status=cache if cache in _CACHE else OTHER,
        is_own=is_own or status == 408,  # its time limit; Ollama has none
    )


def is_own_words(start: bytes) -> bool:
    """Whether a failure's body begins as those that the gateway writes itself."""
    return start.startswith(_OWN_WORDS)


def _number(value: str) -> int:
    try:
        return int(value)
    except ValueError:
        return 0
