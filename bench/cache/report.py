"""What was measured, as JSON and as tables."""

from collections.abc import Mapping, Sequence
from typing import Any

from bench.cache.pairs import Half, Label, Pair
from bench.cache.scores import Judged, Score, by, least_clean, methods, sweep, wrong

_METHODS = ("guards", "threshold", "both")
_SHOWN = (0.9, 0.925, 0.95, 0.96, 0.965, 0.97, 0.975, 0.98, 0.985, 0.99)


def facts(
    model: str,
    threshold: float,
    judged: Mapping[Half, Sequence[Judged]],
) -> dict[str, Any]:
    """All figures."""
    return {
        "model": model,
        "threshold": threshold,
        "pairs": {half.value: _counts(judged[half]) for half in Half},
        "nearest_wrong_cosine": {half.value: least_clean(judged[half]) for half in Half},
        "methods": {half.value: _facts(methods(judged[half], threshold)) for half in Half},
        "by_kind": {half.value: _groups(judged[half], threshold, kind_of) for half in Half},
        "by_language": {
            half.value: _groups(judged[half], threshold, lambda pair: pair.language)
            for half in Half
        },
        "sweep": {
            half.value: {
                f"{step:.3f}": _facts(found) for step, found in sweep(judged[half]).items()
            }
            for half in Half
        },
        "wrong": {
            half.value: [[one.pair.id, one.cosine] for one in wrong(judged[half], threshold)]
            for half in Half
        },
    }


def kind_of(pair: Pair) -> str:
    """A pair's label and kind."""
    return f"{pair.label.value} {pair.kind}"


def summary(found: Mapping[str, Any]) -> str:
    """The methods on both halves, and the thresholds around the chosen one."""
    lines = [
        f"| {found['model']}, least cosine {found['threshold']:g} | right | wrong | precision "
        "| above (95 %) | recall |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for half in Half:
        told = found["methods"][half.value]
        lines += [_row(f"{half.value}: {method}", told[method]) for method in _METHODS]
    lines += [
        "",
        "| least cosine, with guards | tuning: wrong, recall | held back: wrong, recall |",
    ]
    lines.append("| ---: | ---: | ---: |")
    for step in _SHOWN:
        cells = [found["sweep"][half.value][f"{step:.3f}"]["both"] for half in Half]
        told = [f"{cell['wrong']}, {_share(cell['recall'])}" for cell in cells]
        lines.append(f"| {step:g} | {' | '.join(told)} |")
    return "\n".join(lines) + "\n"


def groups(found: Mapping[str, Any], name: str) -> str:
    """Both halves by kind or by language: pairs, and hits of each method."""
    lines = [
        f"| {name.removeprefix('by_')} | pairs | guards | threshold | both | held back: pairs "
        "| guards | threshold | both |",
        "| --- |" + " ---: |" * 8,
    ]
    tuning, held_back = (found[name][half.value] for half in Half)
    for group in sorted({*tuning, *held_back}):
        cells = [_cells(half.get(group)) for half in (tuning, held_back)]
        lines.append(f"| {group} | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _cells(group: Mapping[str, Any] | None) -> str:
    if group is None:
        return "0 | | | "
    pairs = group["both"]["same"] + group["both"]["other"]
    hits = [str(group[method]["right"] + group[method]["wrong"]) for method in _METHODS]
    return " | ".join([str(pairs), *hits])


def _row(name: str, cell: Mapping[str, Any]) -> str:
    shares = (cell["precision"], cell["least_precision"], cell["recall"])
    return f"| {name} | {cell['right']} | {cell['wrong']} | {' | '.join(map(_share, shares))} |"


def _share(share: float | None) -> str:
    return "" if share is None else f"{100 * share:.1f} %"


def _counts(judged: Sequence[Judged]) -> dict[str, int]:
    return {label.value: sum(one.pair.label is label for one in judged) for label in Label}


def _facts(found: Mapping[str, Score]) -> dict[str, Any]:
    return {method: score.facts() for method, score in found.items()}


def _groups(judged: Sequence[Judged], threshold: float, name: Any) -> dict[str, Any]:
    return {group: _facts(found) for group, found in by(judged, threshold, name).items()}
