"""Objectives of a run, read from YAML, and whether it met them.

Those of a request say what a good one is, and are counted as goodput; those of the run are judged
one by one. An objective whose figure is missing is missed: nothing shows that it was met.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from traffic.refusals import RefusedError
from traffic.request.attempt import Attempt
from traffic.results.measures import BY_NAME
from traffic.results.spreads import STATISTICS, statistic
from traffic.results.summary import Summary

Seconds = Annotated[float, Field(gt=0, allow_inf_nan=False)]
Ratio = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Statistic = Literal["mean", "p50", "p90", "p95", "p99", "p99.9", "max"]
Limits = Annotated[dict[Statistic, Seconds], Field(min_length=1)]

_BETWEEN_PIECES = frozenset({"time_per_output_token_seconds", "largest_gap_seconds"})
"""What an answer in one piece has none of."""

_UNBUILDABLE = (
    *(ValueError, TypeError, AttributeError),
    *(LookupError, ArithmeticError, RecursionError),
)
"""What the YAML library lets out where a value is not what its tag says, or is nested too deep."""


class SloError(RefusedError):
    """The file holds no objectives; the message says where, what was expected and found."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class RequestObjectives(_Strict):
    """What a good request is: at most so many seconds, all of them. Clocks as in the figures."""

    ttft_seconds: Seconds | None = None
    ttft_from_scheduled_seconds: Seconds | None = None
    time_per_output_token_seconds: Seconds | None = None
    end_to_end_seconds: Seconds | None = None
    end_to_end_from_scheduled_seconds: Seconds | None = None
    largest_gap_seconds: Seconds | None = None


class RunObjectives(_Strict):
    """What a good run is: at least so much goodput, at most so many failures and seconds."""

    goodput_ratio: Ratio | None = None
    error_ratio: Ratio | None = None
    dropped_ratio: Ratio | None = None
    refused_ratio: Ratio | None = None
    ttft_seconds: Limits | None = None
    ttft_from_scheduled_seconds: Limits | None = None
    first_answer_seconds: Limits | None = None
    time_per_output_token_seconds: Limits | None = None
    end_to_end_seconds: Limits | None = None
    end_to_end_from_scheduled_seconds: Limits | None = None
    gap_seconds: Limits | None = None
    largest_gap_seconds: Limits | None = None


class Slo(_Strict):
    """The objectives of a file."""

    request: RequestObjectives = RequestObjectives()
    run: RunObjectives = RunObjectives()

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        has_request = any(_set(self.request))
        if not has_request and not any(_set(self.run)):
            raise ValueError("expected at least one objective below `request` or `run`, found none")
        if self.run.goodput_ratio is not None and not has_request:
            raise ValueError(
                "expected objectives below `request`, which say what goodput_ratio counts,"
                " found none"
            )
        return self

    def is_good(self, attempt: Attempt) -> bool:
        """Whether a whole answer meets every objective of a request."""
        return all(_is_within(attempt, name, limit) for name, limit in _set(self.request))


@dataclass(frozen=True, slots=True)
class Verdict:
    """One objective of the run: what was to be, what was, and whether that is good enough."""

    name: str
    expected: str
    limit: float
    found: float | None
    is_met: bool


def load_slo(path: Path) -> Slo:
    """The objectives of a YAML file. Raises: SloError."""
    try:
        return _read(path)
    except SloError:
        raise
    except OSError as error:
        raise SloError(f"cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise SloError(f"{path}: expected UTF-8, found {error.reason}") from error
    except yaml.YAMLError as error:
        raise SloError(f"{path}: expected YAML, found {_where(error)}") from error
    except _UNBUILDABLE as error:
        raise SloError(
            f"{path}: expected objectives, found YAML of which no value can be made"
            f" ({type(error).__name__})"
        ) from error


def _read(path: Path) -> Slo:
    found = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    try:
        return Slo.model_validate(found)
    except ValidationError as error:
        raise SloError("; ".join(_sentences(path, error))) from error


def judge(slo: Slo, summary: Summary) -> tuple[Verdict, ...]:
    """The verdict on each objective of the run, in the order of the file's model."""
    return tuple(_verdicts(slo.run, summary))


def _verdicts(run: RunObjectives, summary: Summary) -> Iterator[Verdict]:
    for name, limit in _set(run):
        if isinstance(limit, dict):
            spread = summary.spreads.get(name)
            for figure, most in limit.items():
                found = None if spread is None else statistic(spread, figure)
                yield _at_most(f"{name} {figure}", most, found)
        elif name == "goodput_ratio":
            found = None if summary.goodput is None else summary.goodput.ratio
            is_met = found is not None and found >= limit
            yield Verdict(name, f"at least {limit:g}", limit, found, is_met)
        else:
            yield _at_most(name, limit, getattr(summary, name))


def _at_most(name: str, limit: float, found: float | None) -> Verdict:
    return Verdict(name, f"at most {limit:g}", limit, found, found is not None and found <= limit)


def _set(objectives: _Strict) -> Iterator[tuple[str, Any]]:
    for name in type(objectives).model_fields:
        if (limit := getattr(objectives, name)) is not None:
            yield name, limit


def _is_within(attempt: Attempt, name: str, limit: float) -> bool:
    (value,) = BY_NAME[name].values(attempt)
    if value is not None:
        return value <= limit
    # a single piece has nothing to be late with; else nobody measured it
    return name in _BETWEEN_PIECES and attempt.chunks == 1


class _Loader(yaml.SafeLoader):
    """Refuses a key that stands there twice, which YAML does and the library does not."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        names = [self.construct_object(key, deep=True) for key, _ in node.value]
        for place, name in enumerate(names):
            if name in names[:place]:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} twice", node.value[place][0].start_mark
                )
        return super().construct_mapping(node, deep)


def _where(error: yaml.YAMLError) -> str:
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
        return f"in line {error.problem_mark.line + 1}: {error.problem}"
    return " ".join(str(error).split())


def _sentences(path: Path, error: ValidationError) -> Iterator[str]:
    for item in error.errors():
        place = ".".join(str(part) for part in item["loc"] if part != "[key]")
        yield f"{path}: {place}: {_said(item)}" if place else f"{path}: {_said(item)}"


def _said(item: Any) -> str:
    kind, found = item["type"], f"found {item['input']!r}"
    if kind == "value_error":
        return str(item["msg"]).removeprefix("Value error, ")
    if kind == "extra_forbidden":
        return f"expected {', '.join(_keys(item['loc'][:-1]))}, found {item['loc'][-1]!r}"
    if kind in ("model_type", "dict_type"):
        return f"expected a mapping of names to values, {found}"
    if kind == "too_short":
        return f"expected at least one of {', '.join(STATISTICS)}, {found}"
    return f"expected {str(item['msg']).removeprefix('Input should be ')}, {found}"


def _keys(where: tuple[str, ...]) -> Iterable[str]:
    """The keys of the model at a place of the file."""
    models: dict[tuple[str, ...], type[BaseModel]] = {
        (): Slo,
        ("request",): RequestObjectives,
        ("run",): RunObjectives,
    }
    return models[where].model_fields
