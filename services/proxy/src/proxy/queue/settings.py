"""What the queue can be told, by environment (`PROXY_QUEUE_*`) or command line."""

from typing import Literal

from pydantic import Field

from ollama_observe.service.settings import ServiceSettings


class QueueSettings(ServiceSettings):
    """The part of the proxy's settings that its queue reads."""

    queue: bool = Field(
        False,
        description="Let requests to models wait here for their turn, instead of inside Ollama: "
        "by class, and fair among clients. One relay process only.",
    )
    queue_per_model: int | None = Field(
        None,
        gt=0,
        description="Most requests of one model that Ollama has at once. None: "
        "PROXY_OLLAMA_NUM_PARALLEL.",
    )
    queue_total: int = Field(
        0, ge=0, description="Most requests to models that Ollama has at once. 0: no limit."
    )
    queue_length: int = Field(512, ge=0, description="Most requests that wait; then 503.")
    queue_max_bytes: int = Field(
        256 * 1024 * 1024,
        ge=1024,
        description="Most that the bodies of waiting requests take together; then 503.",
    )
    queue_wait_seconds: float = Field(300.0, gt=0, description="Longest wait for a turn; then 503.")
    queue_ageing_seconds: float = Field(
        60.0,
        gt=0,
        description="After how long without a turn a client's next request counts as one class "
        "higher.",
    )
    queue_priority_header: str = Field(
        "X-Priority",
        description="Header in which a request says its class: high, normal or low. It goes no "
        "further. Empty: none is read.",
    )
    queue_default_priority: Literal["high", "normal", "low"] = Field(
        "normal", description="Class of requests that say none."
    )
    queue_client_header: str = Field(
        "",
        description="Header whose value says which client a request is of, where it is sent; else "
        "its address does. With a file of keys: within what the key's alias says. Empty: none "
        "is read.",
    )
    queue_headers: bool = Field(
        False,
        description="Add X-Queue-Position (where the request stood when it came, 0: it did not "
        "wait) and X-Queue-Wait-Seconds to answers.",
    )
