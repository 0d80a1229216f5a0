"""What the dashboard can be told, by environment (DASHBOARD_*) or command line."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx2
from pydantic import Field, field_validator

from ollama_observe.service.addresses import is_http_url
from ollama_observe.service.guard import host_of
from ollama_observe.service.settings import ListenHost, ServiceSettings, settings_config


class DashboardSettings(ServiceSettings):
    """Shows live and over time how models, machine and gateway do."""

    model_config = settings_config("DASHBOARD_", "dashboard")

    host: ListenHost = Field("127.0.0.1", description="Address of the page.")
    port: int = Field(3001, ge=0, le=65535, description="Port of the page.")
    allowed_origins: str = Field(
        "",
        description="Origins of pages that may open the socket beside its own, by commas: for a "
        "reverse proxy under another name.",
    )
    prometheus_url: str = Field(
        "http://127.0.0.1:9090", description="Where Prometheus answers. Empty: there is none."
    )
    prometheus_link: str = Field(
        "",
        description="Where a browser finds Prometheus; without credentials. Empty: at "
        "prometheus_url, if that has pages.",
    )
    proxy_url: str = Field("http://127.0.0.1:8001", description="The proxy's control address.")
    gpu_exporter_url: str = Field(
        "http://127.0.0.1:8000", description="The exporter. Empty: there is none."
    )
    traffic_url: str = Field("", description="The traffic worker. Empty: there is none.")
    runbook_url: str = Field(
        "", description="Where the runbook is, for alerts that name none of their own."
    )
    runbook_file: Path | None = Field(
        None,
        description="The runbook as a file: without DASHBOARD_RUNBOOK_URL the dashboard shows the "
        "section of an alert itself.",
    )
    scrape_interval_seconds: float = Field(
        5.0, gt=0, le=300, description="How often Prometheus scrapes."
    )
    strip_interval_seconds: float = Field(
        2.0, gt=0, le=60, description="How often parts, objectives and alerts are asked for."
    )
    prometheus_timeout_seconds: float = Field(
        15.0, gt=0, le=120, description="Longest wait for an answer of Prometheus."
    )
    prometheus_concurrency: int = Field(
        4,
        ge=1,
        le=64,
        description="Queries that Prometheus is asked at once; beside them half as many of "
        "stretches over two hours.",
    )
    most_viewers: int = Field(500, ge=1, le=10_000, description="Viewers at once.")
    most_views: int = Field(
        32, ge=1, le=1000, description="Different views at once; a further one is refused."
    )
    slo_success_ratio: float = Field(
        0.99, gt=0, lt=1, description="As SLO_SUCCESS_RATIO of the rules."
    )
    slo_ttft_seconds: float = Field(5.0, gt=0, description="As SLO_TTFT_SECONDS of the rules.")
    slo_ttft_ratio: float = Field(0.95, gt=0, lt=1, description="As SLO_TTFT_RATIO of the rules.")
    slo_duration_seconds: float = Field(
        60.0, gt=0, description="As SLO_DURATION_SECONDS of the rules."
    )

    @field_validator("runbook_file", mode="before")
    @classmethod
    def _is_file_or_nothing(cls, value: object) -> object:
        return value or None

    @field_validator("proxy_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not _can_be_asked(value):
            raise ValueError("expected http://host:port")
        return value.rstrip("/")

    @field_validator("prometheus_url", "gpu_exporter_url", "traffic_url")
    @classmethod
    def _is_address_or_empty(cls, value: str) -> str:
        if value and not _can_be_asked(value):
            raise ValueError("expected http://host:port, or nothing")
        return value.rstrip("/")

    @field_validator("prometheus_link", "runbook_url")
    @classmethod
    def _is_page_or_empty(cls, value: str) -> str:
        if value and not is_http_url(value):
            raise ValueError("expected http://host/path or https://..., or nothing")
        if "@" in urlsplit(value).netloc:
            raise ValueError("expected no user and no password: every page is told it")
        return value

    @field_validator("allowed_origins")
    @classmethod
    def _are_origins(cls, value: str) -> str:
        for origin in _split(value):
            host_of(origin)
        return value

    @property
    def origins(self) -> frozenset[str]:
        """The allowed origins, as browsers write them."""
        return frozenset(origin.lower() for origin in _split(self.allowed_origins))


def _can_be_asked(url: str) -> bool:
    """Whether our client takes an address, which is stricter than a browser."""
    try:
        httpx2.URL(url)
    except httpx2.InvalidURL:
        return False
    return is_http_url(url)


def _split(value: str) -> list[str]:
    return [origin for part in value.split(",") if (origin := part.strip())]
