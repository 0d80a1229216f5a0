"""What the proxy can be told, by environment (`PROXY_*`) or command line."""

from pathlib import Path

from pydantic import Field, HttpUrl, SecretStr

from ollama_observe.service.settings import ListenHost, settings_config
from proxy.access.settings import AccessSettings
from proxy.cache.settings import CacheSettings
from proxy.insight.settings import InsightSettings
from proxy.portkey.settings import PortkeySettings
from proxy.queue.settings import QueueSettings
from proxy.telemetry.settings import TelemetrySettings


class ProxySettings(
    PortkeySettings,
    CacheSettings,
    AccessSettings,
    TelemetrySettings,
    QueueSettings,
    InsightSettings,
):
    """The monitoring proxy: relays every byte to Ollama, measures everything."""

    model_config = settings_config("PROXY_", "proxy")

    host: ListenHost = Field("127.0.0.1", description="Address that clients connect to.")
    port: int = Field(11435, ge=0, le=65535, description="Port that clients connect to.")
    control_host: ListenHost = Field(
        "127.0.0.1", description="Address of /metrics, /health and /api."
    )
    control_port: int = Field(
        8001, ge=0, le=65535, description="Port of /metrics, /health and /api."
    )
    ollama_url: HttpUrl = Field(
        HttpUrl("http://127.0.0.1:11434"),
        description="Where Ollama answers. A path in it is put before every request's path.",
    )
    workers: int = Field(
        1, ge=1, le=64, description="Relay processes on the port; one uses one CPU core."
    )
    connect_timeout_seconds: float = Field(
        10.0, gt=0, description="Longest wait for a connection to Ollama. No answer is timed."
    )
    drain_seconds: float = Field(
        30.0, ge=0, description="Longest wait for requests in flight at shutdown."
    )
    keep_alive_seconds: float = Field(
        75, gt=0, description="How long an idle client connection is kept open."
    )
    head_timeout_seconds: float = Field(
        60.0, gt=0, description="Longest time for the head of a request to come whole; then 408."
    )
    body_idle_seconds: float = Field(
        300.0, gt=0, description="Longest silence in the middle of a request's body; then 408."
    )
    max_head_bytes: int = Field(
        256 * 1024, ge=1024, description="Longest head of a request; then 431."
    )
    max_requests: int = Field(
        0, ge=0, description="Most requests in flight, in all workers; then 503. 0: no limit."
    )
    retry_after_seconds: int = Field(
        1, ge=1, description="What a 503 for too many requests asks the client to wait."
    )
    allowed_hosts: str = Field(
        "",
        description="For a proxy published under a name of its own: the names, separated by "
        "commas, that a request's Host may carry, beside the loopback's and addresses. Others get "
        "403, and Ollama sees its own name. Empty: Host passes unchanged, and Ollama's rule "
        "decides.",
    )
    inject_usage: bool = Field(
        False,
        description="Ask for token counts on OpenAI streams that did not, and take them out of "
        "the answer again.",
    )
    request_id_header: str = Field(
        "X-Request-Id",
        description="Header in which a request's id is accepted and returned; empty: neither.",
    )
    model_label_limit: int = Field(
        100, gt=0, description="Most distinct model names in metrics; the rest is `other`."
    )
    ollama_num_parallel: int = Field(
        1, gt=0, description="Ollama's OLLAMA_NUM_PARALLEL: tells waiting from prefill in flight."
    )
    user_header: str = Field(
        "", description="Header whose hashed value labels per-user metrics; empty: none are kept."
    )
    user_salt: SecretStr = Field(
        SecretStr(""), description="Key of that hash, so that names cannot be guessed from it."
    )
    user_aliases_file: Path | None = Field(
        None, description="Lines `alias sha256-of-API-key`: per-user metrics by key."
    )
    user_label_limit: int = Field(
        100, gt=0, description="Most distinct users in metrics; the rest is `other`."
    )
