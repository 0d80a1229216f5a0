"""What a scripted model answers to one request, before any dialect has put it into words."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

WORDS = ("the", "sky", "is", "blue", "because", "air", "scatters", "short", "waves", "more")
TOOL = "get_weather"
TOOL_ARGUMENTS = {"city": "Paris"}
# Options that the model process is started with: another value loads the model again.
RUNNER_OPTIONS = ("num_ctx", "num_thread", "num_gpu", "num_batch", "main_gpu", "use_mmap")


@dataclass(frozen=True, slots=True)
class Model:
    """How the scripted model answers. Units: tokens; `*_ns` nanoseconds, as on the wire.

    `prompt_tokens` is the true count of any prompt: with a smaller context the prompt is cut.
    """

    name: str = "smollm2:135m"
    prompt_tokens: int = 15
    output_tokens: int = 12
    thinking_tokens: int = 0
    """The first so many of the output are thinking."""
    context_tokens: int = 4096
    """The context of a request that does not name one."""
    cached_tokens: int | None = None
    """None: as the older versions, which do not say."""
    calls_tool: bool = False
    """All of the output that is no thinking is one tool call."""
    load_ns: int = 1_000_000
    reload_ns: int = 500_000_000
    prefill_ns: int = 20_000_000
    decode_ns_per_interval: int = 10_000_000
    wait_ns: int = 0
    seed: int = 7
    remote_host: str = ""
    """The host that the request is handed on to; empty: it is answered here."""
    remote_model: str = ""
    """The model's name there."""

    @property
    def decode_ns(self) -> int:
        """Ollama's decode duration covers one interval fewer than there are tokens."""
        return max(1000, (self.output_tokens - 1) * self.decode_ns_per_interval)

    def words(self) -> list[str]:
        """The answer, one entry a token: same seed, same answer."""
        draw = random.Random(self.seed)
        return [("" if i == 0 else " ") + draw.choice(WORDS) for i in range(self.output_tokens)]


@dataclass(frozen=True, slots=True)
class Turn:
    """One request's answer: its words and counts."""

    model: Model
    options: Mapping[str, Any]
    load_ns: int
    reason: str
    """Why it ended, in Ollama's words."""
    with_usage: bool
    """Whether an OpenAI stream was asked for its counts."""

    @property
    def thinking(self) -> list[str]:
        """What was thought, one entry a token."""
        return self.model.words()[: self.model.thinking_tokens]

    @property
    def answer(self) -> list[str]:
        """What was said, one entry a token; nothing beside a tool call."""
        return [] if self.model.calls_tool else self.model.words()[self.model.thinking_tokens :]

    @property
    def prompt_tokens(self) -> int:
        """The tokens that were evaluated: a prompt longer than the context loses its middle."""
        return self.context_limit // 2 + 2 if self.is_cut else self.model.prompt_tokens

    @property
    def context_limit(self) -> int:
        """The context that the model process runs with."""
        return int(self.options.get("num_ctx") or self.model.context_tokens)

    @property
    def is_cut(self) -> bool:
        """Whether the prompt is longer than the context."""
        return self.model.prompt_tokens > self.context_limit

    @property
    def output_tokens(self) -> int:
        """All that was generated, thinking included."""
        return self.model.output_tokens

    def durations(self) -> dict[str, int]:
        """Ollama's four durations in nanoseconds; what they leave of the total is its queue."""
        model = self.model
        spent = self.load_ns + model.wait_ns + model.prefill_ns + model.decode_ns
        return {
            "total_duration": spent,
            "load_duration": self.load_ns,
            "prompt_eval_duration": model.prefill_ns,
            "eval_duration": model.decode_ns,
        }
