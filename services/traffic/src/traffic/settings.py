"""What the traffic generator can be told, by environment (TRAFFIC_*) or command line."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import Field, ValidationInfo, field_validator, model_validator

from ollama_observe.service.settings import ListenHost, ServiceSettings, settings_config
from traffic.choices import Api, Prefix, Preset, Rate, Route, Seconds
from traffic.lines import plain
from traffic.plan.arrivals import Arrival
from traffic.plan.mixes import Mix, kinds, parse_categories, parse_weights
from traffic.target.nearness import near_address

GATEWAY_ADDRESSES = ("portkey_url", "ollama_url")
"""What the route gateway uses, in place of `base_url`."""

S = TypeVar("S", bound="TrafficSettings")


class TrafficSettings(ServiceSettings):
    """Plays real questions through the proxy, measures what a client sees, reports it."""

    model_config = settings_config("TRAFFIC_", "traffic") | {"allow_inf_nan": False}

    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description="Least severe level that is logged, beside the progress line."
    )
    # these two before the addresses, whose validator reads them
    allow_remote: bool = Field(
        False, description="Permit addresses that leave this machine and its containers."
    )
    route: Route = Field(
        "default",
        description="default: as the proxy chooses; direct, portkey: the proxy is asked for this "
        "way; mixed: every question both ways; gateway: straight to Portkey, without the proxy.",
    )
    base_url: str = Field(
        "http://127.0.0.1:11435", description="Where requests go: the proxy, or any Ollama."
    )
    portkey_url: str = Field(
        "http://127.0.0.1:8787",
        description="Where requests go with the route gateway: the Portkey gateway.",
    )
    ollama_url: str = Field(
        "http://127.0.0.1:11434",
        description="Where the gateway sends them with the route gateway: Ollama, without /v1.",
    )

    api_key_file: Path | None = Field(
        None,
        description="A file with the API key that the proxy asks for (docs/KEYS.md), and nothing "
        "else. Not sent with the route gateway.",
    )

    model: str = Field(
        "smollm2:135m",
        min_length=1,
        description="The model that answers; several by weight: `llama3.2:3b=3,qwen3:4b=1`; "
        "`auto`, which the verbs of make say: the first that the server has and computes itself.",
    )
    api: Api = Field(
        "native",
        description="native: /api/chat; openai: /v1/chat/completions; anthropic: /v1/messages. "
        "All streamed. Embeddings: /api/embed, /v1/embeddings.",
    )
    dry_run: bool = Field(False, description="Show what would be asked, and send nothing.")
    preset: Preset = Field(
        "quick",
        description="quick: 10 questions, one of each category; demo: 50; stress: 1000; "
        "continuous: until stopped; replay: what TRAFFIC_TRACE holds; edge (odd texts), "
        "refusal-safe (harmless, often refused), embeddings: all of that fixture.",
    )
    questions: int | None = Field(
        None, gt=0, le=1_000_000, description="How many questions, in place of the preset's number."
    )
    categories: str = Field("", description="Only these, by commas. Empty: all ten.")
    mix: Mix = Field(
        "uniform",
        description="How the categories are weighted: uniform, chat (as people use a chat), rag, "
        "agent, or stress (what loads a server most).",
    )
    seed: int = Field(1, ge=0, lt=2**31, description="Same seed, same questions in the same order.")
    max_tokens: int | None = Field(
        None, gt=0, description="Ceiling on the tokens of an answer, below each question's own."
    )
    prefix: Prefix = Field(
        "own",
        description="own: questions as they are; shared: one long text before all of them, which "
        "a server can keep; unique: a number of its own before each, so that it keeps nothing.",
    )
    num_ctx: int | None = Field(
        None, gt=0, description="Context to ask for; the native API alone has it."
    )
    keep_alive: str | None = Field(
        None, description="How long the model is to stay loaded; the native API alone has it."
    )

    arrival: Arrival = Field(
        "closed",
        description="closed: the next question as one ends. constant, poisson, ramp, burst, "
        "spike: at instants of a schedule, whether or not the server keeps up.",
    )
    concurrency: int = Field(
        1, ge=1, le=4096, description="Questions in flight at once in a closed loop."
    )
    rate_per_second: Rate = Field(1.0, description="Mean rate of a schedule; of a ramp, its end.")
    ramp_seconds: Seconds = Field(
        60.0, description="How long a ramp takes from nothing to the rate."
    )
    burst_size: int = Field(
        10, ge=1, le=100_000, description="Questions at once in a burst; the mean rate is kept."
    )
    spike_factor: float = Field(
        5.0,
        ge=1,
        le=1000,
        description="How many times the rate a spike is, from its beginning to its end.",
    )
    spike_after_seconds: float = Field(30.0, ge=0, le=31e6, description="When a spike begins.")
    spike_seconds: Seconds = Field(10.0, description="How long a spike lasts.")
    max_in_flight: int = Field(
        256,
        ge=1,
        le=4096,
        description="Most questions in flight of a schedule; what is due beyond is dropped and "
        "counted.",
    )
    duration_seconds: Seconds | None = Field(
        None, description="Start no more questions after so long; those in flight end."
    )
    warm_up: int | None = Field(
        None,
        ge=0,
        le=10_000,
        description="Questions before the measured ones, in no figure. Default: demo 1, stress 3, "
        "replay 1, others 0.",
    )
    cancel_rate: float = Field(
        0.0, ge=0, le=1, description="Share of the answers that are left in the middle."
    )
    cold_every: int = Field(
        0, ge=0, description="Unload the model before every n-th question; 0: never."
    )
    trace: Path | None = Field(
        None,
        description="JSONL of requests to replay: times and sizes; the proxy's own log is one.",
    )
    trace_speed: float = Field(1.0, gt=0, le=1000, description="How many times the recorded speed.")

    request_timeout_seconds: Seconds = Field(
        300.0, description="Longest time for one request, from sent to the answer's end."
    )
    connect_timeout_seconds: Seconds = Field(5.0, description="Longest wait for a connection.")
    questions_directory: Path | None = Field(
        None, description="The question bank. Default: `questions` in the checkout."
    )
    results_directory: Path | None = Field(
        None, description="Folder for a folder of results of this run. Unset: nothing is written."
    )
    note: str = Field(
        "",
        max_length=200,
        description="Kept with the results: what the server does not say of itself, such as "
        "`OLLAMA_NUM_PARALLEL=4`.",
    )
    slo: Path | None = Field(
        None, description="YAML with objectives: goodput is counted, and exit code 1 is a miss."
    )
    workers: int = Field(
        1, ge=1, le=64, description="Processes that share the plan; their records are merged."
    )

    worker_host: ListenHost = Field(
        "127.0.0.1", description="For `worker`: address of its control."
    )
    worker_port: int = Field(
        8002, ge=0, le=65535, description="For `worker`: port of its control and /metrics."
    )
    worker_autostart: bool = Field(
        True, description="For `worker`: begin at once; else POST /start begins."
    )
    worker_drain_seconds: Seconds = Field(
        10.0, description="For `worker`: how long a stop waits for requests in flight."
    )

    _is_plain = field_validator("*", mode="before")(plain)

    @field_validator("base_url", "portkey_url", "ollama_url")
    @classmethod
    def _is_http_and_near(cls, value: str, info: ValidationInfo) -> str:
        used = GATEWAY_ADDRESSES if info.data.get("route") == "gateway" else ("base_url",)
        if info.field_name not in used:
            return value  # nothing is sent there, and whoever set it may have meant another run
        if info.field_name == "ollama_url" and urlsplit(value).path.rstrip("/").endswith("/v1"):
            raise ValueError("expected http://host:port, without /v1: paths carry it")
        return near_address(value, allow_remote=bool(info.data.get("allow_remote")))

    @field_validator("model", "categories")
    @classmethod
    def _can_be_taken_apart(cls, value: str, info: ValidationInfo) -> str:
        (parse_weights if info.field_name == "model" else parse_categories)(value)
        return value

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        self._is_replay_or_not()
        kinds(self.preset, self.mix, self.categories)
        if self.preset == "embeddings" and self.api == "anthropic":
            raise ValueError("the anthropic API has no embeddings (--api native or openai)")
        if self.preset == "embeddings" and self.cancel_rate:
            raise ValueError("vectors come in one piece, without a middle: not with --cancel-rate")
        if self.preset == "embeddings" and self.max_tokens is not None:
            raise ValueError("vectors have no tokens that could be limited: not with --max-tokens")
        if self.api != "native" and (self.num_ctx is not None or self.keep_alive is not None):
            raise ValueError("num_ctx and keep_alive are the native API's alone (--api native)")
        return self

    def _is_replay_or_not(self) -> None:
        if self.preset != "replay":
            if self.trace is not None:
                raise ValueError("a trace is replayed by the preset replay alone (--preset replay)")
            return
        if self.trace is None:
            raise ValueError("the preset replay needs a trace: TRAFFIC_TRACE (--trace)")
        if self.arrival != "closed":
            raise ValueError(
                f"a replay has its instants from the trace: not with --arrival {self.arrival}"
            )
        if self.route == "mixed":
            raise ValueError("a trace is replayed by one way: not with --route mixed")

    @property
    def is_scheduled(self) -> bool:
        """Whether questions have instants: an open loop, which does not wait for answers."""
        return self.arrival != "closed" or self.preset == "replay"

    @property
    def target_url(self) -> str:
        """The server that requests are sent to."""
        return self.portkey_url if self.route == "gateway" else self.base_url

    @property
    def models(self) -> dict[str, float]:
        """Each model and its weight."""
        return parse_weights(self.model)


def changed(settings: S, given: Mapping[str, Any]) -> S:
    """The settings with those that are given, as if all had been set at once.

    What nobody set stays unset: a replay asks the models of its trace unless a model is set.
    Raises: ValidationError.
    """
    return type(settings).model_validate(settings.model_dump(exclude_unset=True) | dict(given))
