"""Which categories and which models, and how often each. Pure."""

from typing import Literal

from traffic.bank.questions import Category, Fixture, Kind
from traffic.choices import Preset
from traffic.refusals import did_you_mean

Mix = Literal["uniform", "chat", "rag", "agent", "stress"]
"""How the categories are weighted."""

_CHAT = {
    # what people ask of a chat: advice, facts, writing make four fifths
    Category.EXPLAIN_MEDIUM: 0.30,
    Category.FACTUAL_SHORT: 0.22,
    Category.CREATIVE_ROLEPLAY: 0.16,
    Category.TRANSLATION_MULTILINGUAL: 0.12,
    Category.CODE: 0.05,
    Category.MULTI_TURN: 0.05,
    Category.LONGFORM: 0.04,
    Category.REASONING_MATH: 0.03,
    Category.SUMMARISE_LONG_CONTEXT: 0.02,
    Category.JSON_EXTRACT_TOOLS: 0.01,
}
MIXES: dict[Mix, dict[Category, float]] = {
    "uniform": dict.fromkeys(Category, 1.0),
    "chat": _CHAT,
    "rag": {Category.SUMMARISE_LONG_CONTEXT: 2.0, Category.JSON_EXTRACT_TOOLS: 1.0},
    "agent": {Category.JSON_EXTRACT_TOOLS: 2.0, Category.MULTI_TURN: 1.0, Category.CODE: 1.0},
    "stress": {
        Category.LONGFORM: 1.0,
        Category.SUMMARISE_LONG_CONTEXT: 1.0,
        Category.CREATIVE_ROLEPLAY: 1.0,
    },
}
"""Weights by category; what is not named is not asked. Source of `chat`: shares of a usage study
(NBER working paper 34255, 2025)."""

FIXTURES: dict[Preset, Fixture] = {
    "edge": Fixture.EDGE,
    "refusal-safe": Fixture.REFUSAL_SAFE,
    "embeddings": Fixture.EMBEDDINGS,
}
"""Presets that ask all of a fixture, once."""


def kinds(preset: Preset, mix: Mix, categories: str) -> dict[Kind, float]:
    """What a run asks, with weights: categories, or the fixture of its preset.

    Raises: ValueError where what was asked for excludes each other.
    """
    fixture = FIXTURES.get(preset)
    if fixture is None:
        return weights(mix, categories)
    if mix != "uniform" or categories:
        raise ValueError(
            f"the preset {preset} asks a fixture, which has no categories:"
            " not with --categories or --mix"
        )
    return {fixture: 1.0}


def weights(mix: Mix, categories: str) -> dict[Kind, float]:
    """The categories of a run with their weights, in the order of `Category`.

    Raises: ValueError where the mix has none of the categories that were asked for.
    """
    wanted = parse_categories(categories)
    found: dict[Kind, float] = {
        one: MIXES[mix][one] for one in Category if one in MIXES[mix] and one in wanted
    }
    if not found:
        raise ValueError(f"the mix {mix} has none of the categories {categories}")
    return found


def parse_categories(text: str) -> tuple[Category, ...]:
    """Categories by commas; all of them for an empty text. Raises: ValueError naming the ten."""
    names = [name for word in text.split(",") if (name := word.strip())]
    for name in names:
        if name not in set(Category):
            hint = did_you_mean(name, Category)
            said = f"no category {name!r}" + (f" ({hint})" if hint else "")
            raise ValueError(f"{said}; expected some of {', '.join(Category)}")
    return tuple(map(Category, dict.fromkeys(names))) or tuple(Category)


def parse_weights(text: str) -> dict[str, float]:
    """`a=3,b=1` as weights; a name alone weighs 1. Raises: ValueError."""
    found: dict[str, float] = {}
    for word in text.split(","):
        name, _, weight = (word if "=" in word else f"{word}=1").rpartition("=")
        name = name.strip()
        if not name:
            raise ValueError("expected a model, or `model=weight` by commas")
        if name in found:
            raise ValueError(f"{name} stands there twice")
        found[name] = _weight(name, weight.strip())
    return found


def _weight(name: str, text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        weight = -1.0
    if not 0 < weight < 1e6:
        raise ValueError(f"the weight of {name} is {text!r}, expected a number above 0")
    return weight
