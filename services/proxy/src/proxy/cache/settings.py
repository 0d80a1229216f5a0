"""What the answer cache can be told, by environment (`PROXY_CACHE_*`) or command line."""

from typing import Literal

from pydantic import Field, SecretStr

from ollama_observe.service.settings import ServiceSettings


class CacheSettings(ServiceSettings):
    """The part of the proxy's settings that the answer cache reads."""

    cache: Literal["auto", "off", "simple", "semantic"] = Field(
        "auto",
        description="Answer what was asked before from the recorded answer. `simple`: the same "
        "request; `semantic`: also one whose question means the same; `auto`: as the `cache` of "
        "PROXY_PORTKEY_CONFIG says, off where it says nothing.",
    )
    cache_max_age_seconds: float | None = Field(
        None,
        gt=0,
        description="How long an answer may be given again. None: `max_age` of "
        "PROXY_PORTKEY_CONFIG, else seven days.",
    )
    cache_store: str = Field(
        "memory",
        description="Where answers are kept: `memory`, of each relay process; a path of a file; "
        "or the URL of a Valkey or Redis, redis://host:6379/0, for several proxies.",
    )
    cache_secret: SecretStr = Field(
        SecretStr(""),
        description="Key of the hashes that answers are kept under. Needed with a URL, the same "
        "for all proxies; a file has one beside it.",
    )
    cache_max_entries: int = Field(10_000, ge=1, description="Most answers that are kept.")
    cache_max_bytes: int = Field(
        256 * 1024 * 1024, ge=1024, description="Most that the kept answers take together."
    )
    cache_max_answer_bytes: int = Field(
        1024 * 1024, ge=1024, description="Longest answer that is kept."
    )
    cache_max_request_bytes: int = Field(
        512 * 1024,
        ge=1024,
        description="Longest body of a request that is looked for. While one is read, streams "
        "wait: three milliseconds for each MiB of text, fifteen where it is all numbers.",
    )
    cache_shared_by_callers: bool = Field(
        False,
        description="Give one caller's answers to others. Off: who has other credentials, or "
        "another PROXY_USER_HEADER, has answers of their own.",
    )
    cache_share_in_flight: bool = Field(
        False, description="Let identical requests in flight share one answer of the upstream."
    )
    cache_replay: Literal["fast", "recorded"] = Field(
        "fast", description="Give answers as fast as they are read, or as they came."
    )
    cache_embedding_model: str = Field(
        "multilingual-e5-small",
        description="Model at Ollama whose embeddings say which questions are near (`semantic`).",
    )
    cache_embedding_timeout_seconds: float = Field(
        0.05, gt=0, description="Longest wait for an embedding; then it is a miss."
    )
    cache_threshold: float | None = Field(
        None,
        gt=0,
        le=1,
        description="Least cosine of questions that mean the same. None: what was measured for "
        "the embedding model; one that was not measured needs a threshold.",
    )
