"""`python -m bench.cache`: how well guards and threshold tell what means the same.

Without flags the bundled model is measured; `--url` and `--model` measure one at an Ollama.
Writes cache-eval.json and cache-eval.svg.
"""

import argparse
import json
import sys
from collections.abc import Mapping
from pathlib import Path

from bench.cache.pairs import Half, halves, read_pairs
from bench.cache.plot import plot
from bench.cache.report import facts, groups, summary
from bench.cache.scores import Judged, judge, sweep, wrong
from bench.cache.vectors import BUNDLED, AbsentError, asked, bundled
from proxy.cache.semantic.models import profile_of

_UNMEASURED = 0.95
"""Where a model has no threshold yet: all are in the table."""


def main(argv: list[str]) -> int:
    """Measure, print and write; exit code 3 where there are no embeddings."""
    told = _arguments().parse_args(argv)
    parts = halves(read_pairs())
    texts = [text for half in parts.values() for pair in half for text in (pair.a, pair.b)]
    threshold = _threshold_of(told.model, told.threshold)
    try:
        found = (
            bundled(texts)
            if told.url is None
            else asked(texts, told.url, told.model, profile_of(told.model, threshold).prefix)
        )
    except AbsentError as error:
        print(f"cache-eval: {error}", file=sys.stderr)  # noqa: T201
        return 3
    vectors = dict(zip(texts, found, strict=True))
    judged = {half: judge(pairs, vectors) for half, pairs in parts.items()}
    figures = facts(told.model, threshold, judged)
    told.into.mkdir(parents=True, exist_ok=True)
    written = json.dumps(figures, indent=1) + "\n"
    (told.into / "cache-eval.json").write_text(written, encoding="utf-8")
    title = f"{told.model}: the half that was held back"
    picture = plot(title, sweep(judged[Half.HELD_BACK]), threshold)
    (told.into / "cache-eval.svg").write_text(picture, encoding="utf-8")
    tables = (summary(figures), groups(figures, "by_kind"), groups(figures, "by_language"))
    print("\n".join(tables))  # noqa: T201
    _print_wrong(judged, threshold)
    print(f"written: {told.into / 'cache-eval.json'}, {told.into / 'cache-eval.svg'}")  # noqa: T201
    return 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.cache", description=__doc__)
    parser.add_argument("--url", help="an Ollama with the model; none: the bundled model")
    parser.add_argument("--model", default=BUNDLED)
    parser.add_argument("--threshold", type=float, help="none: what the cache takes")
    parser.add_argument("--into", type=Path, default=Path("results"))
    return parser


def _threshold_of(model: str, told: float | None) -> float:
    try:
        return profile_of(model, told).threshold
    except ValueError:
        return _UNMEASURED


def _print_wrong(judged: Mapping[Half, list[Judged]], threshold: float) -> None:
    for half, found in judged.items():
        for one in wrong(found, threshold):
            pair = one.pair
            print(f"wrong ({half.value}) {pair.id} {one.cosine:.3f}: {pair.a} | {pair.b}")  # noqa: T201


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
