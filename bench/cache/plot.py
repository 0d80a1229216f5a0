"""Precision and recall over the threshold, as an SVG. Pure."""

from collections.abc import Iterable, Mapping

from bench.cache.scores import Score

_WIDTH, _HEIGHT, _LEFT, _TOP, _RIGHT, _BOTTOM = 760, 420, 56, 48, 200, 48
_LINES = (
    ("both", "precision", "#1b6e3c", "", "guards and threshold: precision"),
    ("both", "recall", "#1b6e3c", "6 4", "guards and threshold: recall"),
    ("threshold", "precision", "#b3541e", "", "threshold alone: precision"),
    ("threshold", "recall", "#b3541e", "6 4", "threshold alone: recall"),
)
_TICKS = 5


def plot(title: str, swept: Mapping[float, Mapping[str, Score]], threshold: float) -> str:
    """The picture: full lines are precision, broken ones recall."""
    steps = sorted(swept)
    first, last = steps[0], steps[-1]

    def x(step: float) -> float:
        return _LEFT + (step - first) / (last - first) * (_WIDTH - _LEFT - _RIGHT)

    def y(share: float) -> float:
        return _HEIGHT - _BOTTOM - share * (_HEIGHT - _TOP - _BOTTOM)

    parts = [_text(_LEFT, 24, title, "bold"), *_grid(first, last, x(first), x(last), y(0), y(1))]
    parts.append(_line(x(threshold), y(0), x(threshold), y(1), "#444", "2 3"))
    parts.append(_text(x(threshold) - 4, y(1) - 6, f"{threshold:g}", anchor="end"))
    for place, (method, figure, colour, dash, label) in enumerate(_LINES):
        shares = ((step, getattr(swept[step][method], figure)) for step in steps)
        points = " ".join(f"{x(step):.1f},{y(share):.1f}" for step, share in shares if share)
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2" '
            f'stroke-dasharray="{dash}"/>'
        )
        at = _TOP + 20 * place
        parts.append(_line(_WIDTH - _RIGHT + 12, at, _WIDTH - _RIGHT + 36, at, colour, dash))
        parts.append(_text(_WIDTH - _RIGHT + 42, at + 4, label, size=10))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'font-family="sans-serif">\n<rect width="100%" height="100%" fill="white"/>\n'
        + "\n".join(parts)
        + "\n</svg>\n"
    )


def _grid(
    first: float, last: float, left: float, right: float, zero: float, one: float
) -> Iterable[str]:
    for tick in range(_TICKS + 1):
        share = tick / _TICKS
        at = zero + (one - zero) * share
        yield _line(left, at, right, at, "#ddd", "")
        yield _text(left - 8, at + 4, f"{share:.0%}", anchor="end")
        across = left + (right - left) * share
        yield _text(across, zero + 18, f"{first + (last - first) * share:.3f}", anchor="middle")
    yield _text((left + right) / 2, zero + 38, "least cosine", anchor="middle")


def _line(x1: float, y1: float, x2: float, y2: float, colour: str, dash: str) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}" '
        f'stroke-dasharray="{dash}"/>'
    )


def _text(
    x: float, y: float, text: str, weight: str = "normal", anchor: str = "start", size: int = 12
) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="{anchor}" fill="#222">{text}</text>'
    )
