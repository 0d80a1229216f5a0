"""Token counts and durations at the end of an answer, in one shape for all dialects."""

import msgspec

NANOSECONDS = 1e-9


class Usage(msgspec.Struct, frozen=True, gc=False):
    """Token counts and durations of one finished request, as the upstream reports them.

    Every field is None when the record does not carry it: absent is not zero.
    Units: `*_tokens` are counts; `*_seconds` are seconds (Ollama sends nanoseconds).
    Source: Ollama api/types.go, `Metrics`; OpenAI `usage`.
    """

    prompt_tokens: int | None = None
    generated_tokens: int | None = None
    cached_prompt_tokens: int | None = None
    total_seconds: float | None = None
    load_seconds: float | None = None
    prefill_seconds: float | None = None
    decode_seconds: float | None = None

    @property
    def decode_tokens_per_second(self) -> float | None:
        """Tokens per second while generating; None for fewer than two tokens.

        The upstream's decode duration covers one interval fewer than there are tokens,
        so the usual count / duration is too fast, for one token a million times.
        """
        tokens, seconds = self.generated_tokens, self.decode_seconds
        if tokens is None or tokens < 2 or not seconds:
            return None
        return (tokens - 1) / seconds

    @property
    def wait_seconds(self) -> float | None:
        """What is left of the total after load, prefill and decode: the wait for a slot."""
        if self.total_seconds is None or self.prefill_seconds is None:
            return None
        rest = self.total_seconds - self.prefill_seconds
        return max(0.0, rest - (self.load_seconds or 0.0) - (self.decode_seconds or 0.0))


def seconds(nanoseconds: int | float | None) -> float | None:
    """Nanoseconds to seconds; None stays None."""
    return None if nanoseconds is None else nanoseconds * NANOSECONDS
