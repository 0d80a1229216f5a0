"""What the proxy can be told, by environment (`PROXY_*`) or command line."""

from pydantic import Field, HttpUrl

from ollama_observe.service.settings import ServiceSettings, settings_config


class ProxySettings(ServiceSettings):
    """The monitoring proxy: relays every byte to Ollama, measures everything."""

    model_config = settings_config("PROXY_", "proxy")

    host: str = Field("127.0.0.1", description="Address that clients connect to.")
    port: int = Field(11435, ge=0, le=65535, description="Port that clients connect to.")
    control_host: str = Field("127.0.0.1", description="Address of /metrics and /health.")
    control_port: int = Field(8001, ge=0, le=65535, description="Port of /metrics and /health.")
    ollama_url: HttpUrl = Field(
        HttpUrl("http://127.0.0.1:11434"),
        description="Where Ollama answers. A path in it is put before every request's path.",
    )
    connect_timeout_seconds: float = Field(
        10.0, gt=0, description="Longest wait for a connection to Ollama. Nothing else is timed."
    )
    drain_seconds: float = Field(
        30.0, ge=0, description="Longest wait for requests in flight at shutdown."
    )
    keep_alive_seconds: int = Field(
        75, gt=0, description="How long an idle client connection is kept open."
    )
    model_label_limit: int = Field(
        100, gt=0, description="Most distinct model names in metrics; the rest is `other`."
    )
