"""Embedding models whose nearness was measured: what is put before a text, and what is near.

The least cosine of questions that mean the same belongs to a model: another one's is another.
Measured on the tuning pairs of questions/pairs with `make cache-eval`; see docs/CACHE.md.
"""

from dataclasses import dataclass

from ollama_observe.wire.models import normalise_model


@dataclass(frozen=True, slots=True)
class Profile:
    """How a model is asked, and how near questions must be that mean the same."""

    prefix: str
    threshold: float


MEASURED = {"multilingual-e5-small": Profile("query: ", 0.92)}
"""By the model's name without its tag."""
_E5_PREFIX = "query: "


def profile_of(model: str, threshold: float | None) -> Profile:
    """How a model is used; `threshold` comes before what was measured. Raises: ValueError."""
    name = normalise_model(model).partition(":")[0].rpartition("/")[2]
    measured = MEASURED.get(name)
    least = threshold if threshold is not None else measured.threshold if measured else None
    if least is None:
        raise ValueError(
            f"expected PROXY_CACHE_THRESHOLD, for nobody has measured how near questions are that "
            f"mean the same to {model}; measured are {', '.join(MEASURED)}; found none"
        )
    prefix = measured.prefix if measured else _E5_PREFIX if "e5-" in name else ""
    return Profile(prefix, least)
