"""A model that Ollama has loaded."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """One entry of /api/ps. `name` is normalised; None: not told.

    Units: bytes, tokens; `expires_at` is Unix time in seconds, None for a model that stays.
    Source: Ollama docs/api.md, "List running models".
    """

    name: str
    digest: str
    memory_bytes: int | None
    vram_bytes: int | None
    context_tokens: int | None
    expires_at: float | None
