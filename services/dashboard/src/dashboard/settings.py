"""What the dashboard can be told, by environment (DASHBOARD_*) or command line."""

from pydantic import Field

from ollama_observe.service.settings import ServiceSettings, settings_config


class DashboardSettings(ServiceSettings):
    """Shows live and over time how models, machine and gateway do."""

    model_config = settings_config("DASHBOARD_", "dashboard")

    host: str = Field("127.0.0.1", description="Address of the page.")
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
        "", description="Where a browser finds Prometheus. Empty: at prometheus_url."
    )
    proxy_url: str = Field("http://127.0.0.1:8001", description="The proxy's control address.")
    gpu_exporter_url: str = Field(
        "http://127.0.0.1:8000", description="The exporter. Empty: there is none."
    )
    traffic_url: str = Field("", description="The traffic worker. Empty: there is none.")
    runbook_url: str = Field(
        "", description="Where the runbook is, for alerts that name none. Empty: no link."
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
        4, ge=1, le=64, description="Queries that Prometheus is asked at once."
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
