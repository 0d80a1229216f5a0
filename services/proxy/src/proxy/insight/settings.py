"""What the insight into models' time can be told, by environment (`PROXY_INSIGHT`) or flag."""

from pydantic import Field

from ollama_observe.service.settings import ServiceSettings


class InsightSettings(ServiceSettings):
    """The part of the proxy's settings that the insight into models' time reads."""

    insight: bool = Field(
        True,
        description="Tell where each model's time goes, by phase, and estimate in the live table "
        "how far a long prompt has been read and when the first token will come.",
    )
