"""What is set and what is in force, of all models, as one document. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gpu_exporter.ollama.command_lines import Item, Kind
from gpu_exporter.ollama.differences import Comparison
from gpu_exporter.ollama.effective import Effective
from gpu_exporter.ollama.environment import Settings

_UNSEEN = {
    Kind.LLAMA_SERVER: "llama-server decides by itself what its command line does not say",
    Kind.OLLAMA: "this kind of runner is told over HTTP what its command line does not say",
    Kind.MLX: "MLX decides by itself what its command line does not say",
    Kind.ENGINE: "an embedding model has no such thing",
}


@dataclass(frozen=True, slots=True)
class ModelConfiguration:
    """One loaded model. `comparisons` are of the settings that could be compared."""

    model: str
    effective: Effective
    comparisons: Sequence[Comparison]


@dataclass(frozen=True, slots=True)
class Configuration:
    """What was found out. `settings` are those that Ollama began with; None: they cannot be read.

    `notes` are sentences for an operator: what could not be read, and why.
    """

    models: Sequence[ModelConfiguration] = ()
    settings: Settings | None = None
    notes: Sequence[str] = ()


def document(found: Configuration) -> Mapping[str, object]:
    """As JSON has it."""
    settings = found.settings
    return {
        "models": [_model(model) for model in found.models],
        "settings": None if settings is None else {n: settings[n].shown for n in sorted(settings)},
        "notes": list(found.notes),
    }


def _model(found: ModelConfiguration) -> Mapping[str, object]:
    effective = found.effective
    unseen = [item.value for item in Item if item not in effective.known]
    return {
        "model": found.model,
        "runner": effective.kind.value,
        "in_force": {
            item.value: {"value": known.value, "from": known.origin.value}
            for item in Item
            if (known := effective.known.get(item))
        },
        "not_seen": unseen,
        "not_seen_because": _UNSEEN[effective.kind] if unseen else None,
        "compared": [_comparison(one) for one in found.comparisons],
    }


def _comparison(one: Comparison) -> Mapping[str, object]:
    return {
        "setting": one.setting,
        "set": one.set_to,
        "in_force": one.in_force,
        "differs": one.differs,
        "perhaps_because": one.why if one.differs else None,
    }
