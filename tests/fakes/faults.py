"""What a scripted Ollama does wrong, and how slowly it does the rest."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Faults:
    """Timing and faults of a scripted answer. The default is a fast, healthy answer.

    Units: seconds, tokens a second; counts of records with output for `*_after`.
    """

    queue_seconds: float = 0.0
    """Wait before anything is sent, as for a slot that is taken."""
    ttft_seconds: float = 0.0
    """Wait before the first token, headers withheld, as Ollama does."""
    tokens_per_second: float = 0.0
    """0 sends as fast as it can."""
    status: int = 200
    """Another status is answered at once, with Ollama's error for it."""
    error_after: int | None = None
    """An error line inside the 200, then the end of the body."""
    drop_after: int | None = None
    """The connection is reset."""
    end_without_done_after: int | None = None
    """The body ends as if it were whole, without its end marker."""
    malformed_after: int | None = None
    """One line that is no JSON; the stream goes on."""
    hang_after: int | None = None
    """Nothing more is sent until the client leaves."""
