"""What is to be sent where, as the settings say it; what makes no sense is refused at the start."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from ollama_observe.service.addresses import is_http_url
from proxy.telemetry.pairs import pairs_of
from proxy.telemetry.settings import TelemetrySettings, signal_names

SIGNALS = ("metrics", "traces")
_GRPC_PORT = 4317
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_SENDABLE = re.compile(r"[\x21-\x7e]+")
_OWN = frozenset(
    {
        *("accept-encoding", "connection", "content-encoding", "content-length", "content-type"),
        *("expect", "host", "te", "trailer", "transfer-encoding", "upgrade"),
    }
)
"""Header fields that the sending itself says, or that would make something else of it."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is sent where. Units: seconds."""

    endpoint: str
    """Without a slash at its end."""
    signals: frozenset[str]
    headers: Mapping[str, str]
    resource: Mapping[str, str]
    """Attributes that are added to our own, or stand instead of them."""
    interval_seconds: float
    timeout_seconds: float
    trace_ratio: float
    has_other_metrics: bool


def plan_of(settings: TelemetrySettings) -> Plan | None:
    """None where nothing is to be sent. Raises: ValueError, OSError."""
    if not settings.otlp_endpoint.strip():
        return None
    return Plan(
        endpoint_of(settings),
        signals_of(settings),
        headers_of(settings),
        resource_of(settings),
        settings.otlp_interval_seconds,
        settings.otlp_timeout_seconds,
        settings.otlp_trace_ratio,
        settings.otlp_other_metrics,
    )


def endpoint_of(settings: TelemetrySettings) -> str:
    """Raises: ValueError for an address that requests cannot be sent to, as far as it tells."""
    text = settings.otlp_endpoint.strip()
    if not text:
        return ""
    parts = urlsplit(text) if is_http_url(text) and _SENDABLE.fullmatch(text) else None
    if parts is None or parts.port == 0:
        raise ValueError(f"expected http://host:port, found {_shown(text)}")
    if parts.username is not None:
        raise ValueError("expected no user in it: PROXY_OTLP_HEADERS may have an authorization")
    if parts.query or parts.fragment:
        raise ValueError("expected an address without query and fragment")
    path = parts.path.rstrip("/")
    for signal in SIGNALS:
        if path.endswith(f"/v1/{signal}"):
            raise ValueError(f"expected an address to which /v1/{signal} is added, found it there")
    return text.rstrip("/")


def signals_of(settings: TelemetrySettings) -> frozenset[str]:
    """Raises: ValueError for a signal that there is not, and for none."""
    found = signal_names(settings.otlp_signals)
    for signal in found:
        if signal not in SIGNALS:
            raise ValueError(f"expected metrics or traces, by commas, found {signal!r}")
    return frozenset(found)


def headers_of(settings: TelemetrySettings) -> dict[str, str]:
    """Names in lower case. Raises: ValueError, OSError; what they say has no value in it."""
    if settings.otlp_headers_file is not None:
        return _headers_in(settings.otlp_headers_file.read_text(encoding="utf-8"))
    return _headers_in(settings.otlp_headers.get_secret_value())


def check_headers(settings: TelemetrySettings) -> None:
    """Raises: ValueError for header fields that cannot be sent, and for two places of them."""
    told = settings.otlp_headers.get_secret_value()
    if told.strip() and settings.otlp_headers_file is not None:
        raise ValueError("expected it, or PROXY_OTLP_HEADERS_FILE, found both")
    _headers_in(told)


def _headers_in(text: str) -> dict[str, str]:
    found = {}
    for number, (name, value) in enumerate(pairs_of(text), 1):
        if not _TOKEN.fullmatch(name) or name.lower() in _OWN:
            raise ValueError(f"expected a header field's name, found another in entry {number}")
        if not (value.isascii() and value.isprintable()):
            raise ValueError(f"expected a value of printable ASCII, found another, entry {number}")
        found[name.lower()] = value
    return found


def resource_of(settings: TelemetrySettings) -> dict[str, str]:
    """Raises: ValueError."""
    return dict(pairs_of(settings.otlp_resource))


def telemetry_warnings(settings: TelemetrySettings) -> dict[str, str]:
    """What the settings allow and an operator should know: event to advice."""
    endpoint, found = endpoint_of(settings), {}
    told = _told(settings)
    if told and not endpoint:
        found["otlp_endpoint_missing"] = (
            f"nothing is sent: {', '.join(told)} without PROXY_OTLP_ENDPOINT"
        )
    if endpoint and settings.otlp_other_metrics and "metrics" not in signals_of(settings):
        found["otlp_metrics_missing"] = (
            "no metrics are sent, although PROXY_OTLP_OTHER_METRICS asks for more of them: "
            "PROXY_OTLP_SIGNALS names none"
        )
    if urlsplit(endpoint).port == _GRPC_PORT:
        found["otlp_port_of_grpc"] = (
            "PROXY_OTLP_ENDPOINT names 4317, gRPC's port at collectors as a rule; OTLP over HTTP, "
            "which is sent, they take at 4318"
        )
    return found


def _told(settings: TelemetrySettings) -> list[str]:
    """The variables that say something else than they do by default, but for the switch."""
    fields = TelemetrySettings.model_fields
    return sorted(
        f"PROXY_{name}".upper()
        for name, field in fields.items()
        if name.startswith("otlp_")
        and name != "otlp_endpoint"
        and getattr(settings, name) != field.default
    )


def _shown(text: str) -> str:
    """What was found, where no key can be in it."""
    return repr(text) if "@" not in text and "?" not in text else "another address"
