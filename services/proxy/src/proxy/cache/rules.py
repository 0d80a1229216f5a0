"""What the cache was told, in one place: by the settings, or by the gateway's configuration."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rules:
    """How the cache behaves. Sizes are bytes, times seconds."""

    request_limit_bytes: int
    answer_limit_bytes: int
    is_shared_by_callers: bool
    shares_flights: bool
    keeps_pace: bool
    user_header: bytes
    request_id_header: bytes
