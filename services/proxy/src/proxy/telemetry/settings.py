"""What OpenTelemetry can be told, by environment (`PROXY_OTLP_*`) or command line."""

from pathlib import Path

from pydantic import Field, SecretStr

from ollama_observe.service.settings import ServiceSettings


class TelemetrySettings(ServiceSettings):
    """The part of the proxy's settings that telemetry reads."""

    otlp_endpoint: str = Field(
        "",
        description="Where metrics and spans go by OTLP over HTTP: http://collector:4318, to which "
        "/v1/metrics and /v1/traces are added. Empty: nowhere, and nothing is paid for it.",
    )
    otlp_signals: str = Field(
        "metrics,traces", description="What goes there, by commas: `metrics`, `traces`."
    )
    otlp_headers: SecretStr = Field(
        SecretStr(""),
        description="Header fields for the endpoint, as `name=value`, by commas; a value with a "
        "comma or a percent sign in it is percent-encoded.",
    )
    otlp_headers_file: Path | None = Field(
        None, description="A file that holds them instead, so that no key is in an environment."
    )
    otlp_interval_seconds: float = Field(15.0, gt=0, description="How often metrics are sent.")
    otlp_timeout_seconds: float = Field(
        10.0, gt=0, description="Longest wait for the endpoint to take one request."
    )
    otlp_trace_ratio: float = Field(
        1.0,
        ge=0,
        le=1,
        description="Which share of the traces that begin here has spans. Of a request that brings "
        "a `traceparent`, its sampled flag decides.",
    )
    otlp_other_metrics: bool = Field(
        False,
        description="Send as well what the GenAI conventions have no name for, under the names of "
        "/metrics: not into a store that scrapes them, too.",
    )
    otlp_resource: str = Field(
        "",
        description="Further attributes of the resource, as `name=value`, by commas: "
        "`deployment.environment.name=home`.",
    )

    @property
    def sends_spans(self) -> bool:
        """Whether requests have spans, and the upstream is told of them."""
        return bool(self.otlp_endpoint.strip()) and "traces" in signal_names(self.otlp_signals)


def signal_names(told: str) -> list[str]:
    """The signals that a setting names, whatever the case of its letters; not all need exist."""
    return [part.strip().lower() for part in told.split(",")]
