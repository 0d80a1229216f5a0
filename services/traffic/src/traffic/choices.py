"""What a run may choose among, as types."""

from typing import Annotated, Literal

from pydantic import Field

Preset = Literal[
    "quick", "demo", "stress", "continuous", "replay", "edge", "refusal-safe", "embeddings"
]
"""How many questions, of which kinds. Sizes are in plan.plan, fixtures in plan.mixes."""

Api = Literal["native", "openai", "anthropic"]
"""Which of the server's chat interfaces is used."""

Prefix = Literal["own", "shared", "unique"]
"""What stands before a question."""

RequestRoute = Literal["default", "direct", "portkey", "gateway"]
"""The way that one request asks for. What it means is in request.routes."""

Route = Literal[RequestRoute, "mixed"]
"""The ways that a run asks for; mixed: every question by two of them."""

Seconds = Annotated[float, Field(gt=0, le=31e6)]
"""Up to about a year: more is a slip, and no timer can count it."""

Rate = Annotated[float, Field(ge=1e-6, le=10_000)]
"""Of a schedule: from one question in about twelve days on."""

ANY_MODEL = "auto"
"""In place of a model's name: the first that the server has, and computes itself."""
