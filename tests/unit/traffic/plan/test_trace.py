"""Recordings of several kinds are read alike, and what cannot be read is named with its line."""

import json
from pathlib import Path
from typing import Any

import pytest

from traffic.plan.planned import PlanError
from traffic.plan.trace import TracedRequest, TraceError, read_trace


def write(directory: Path, *lines: dict[str, Any] | str) -> Path:
    path = directory / "trace.jsonl"
    texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
    path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
    return path


MODELS = ("small:1b", "large:7b")


def two_models(directory: Path) -> Path:
    """A recording of requests to two models."""
    at = {"prompt_tokens": 20, "generated_tokens": 3}
    return write(
        directory,
        *({"at_seconds": 0.01 * number, "model": MODELS[number % 2], **at} for number in range(10)),
    )


def finished(**fields: Any) -> dict[str, Any]:
    """A line of the proxy's log about a request."""
    return {
        "request_id": "a",
        "method": "POST",
        "endpoint": "/api/chat",
        "model": "small:1b",
        "routing": "direct",
        "status": 200,
        "outcome": "ok",
        "duration_seconds": 2.5,
        "request_bytes": 300,
        "response_bytes": 4000,
        "time_to_first_token_seconds": 0.2,
        "prompt_tokens": 60,
        "generated_tokens": 12,
        "event": "request_finished",
        "level": "info",
        "logger": "proxy.relay",
        "service": "proxy",
        "timestamp": "2026-11-20T10:00:05.500000Z",
    } | fields


def test_our_own_fields_are_read(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"at_seconds": 0, "prompt_tokens": 20, "generated_tokens": 5, "model": "small:1b"},
        {"at_seconds": 1.5, "prompt_tokens": 900},
    )
    assert read_trace(path) == (
        TracedRequest(1, 0.0, 20, 5, "small:1b"),
        TracedRequest(2, 1.5, 900, None),
    )


def test_a_trace_of_mooncakes_kind_counts_milliseconds(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"timestamp": 27000, "input_length": 6758, "output_length": 500, "hash_ids": [0, 1]},
        {"timestamp": 30500, "input_length": 7322, "output_length": 490, "hash_ids": [0, 2]},
    )
    assert read_trace(path) == (
        TracedRequest(1, 0.0, 6758, 500),
        TracedRequest(2, 3.5, 7322, 490),
    )


def test_dates_are_read_with_any_zone_and_without_one_for_utc(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"timestamp": "2026-11-20T10:00:00Z", "prompt_tokens": 1},
        {"timestamp": "2026-11-20T12:00:01.25+02:00", "prompt_tokens": 2},
        {"timestamp": "2026-11-20 10:00:03", "prompt_tokens": 3},
    )
    assert [request.at_seconds for request in read_trace(path)] == [0.0, 1.25, 3.0]


def test_a_line_of_the_proxys_log_says_when_a_request_ended_and_is_read_for_when_it_began(
    tmp_path: Path,
) -> None:
    path = write(
        tmp_path,
        finished(duration_seconds=0.5, timestamp="2026-11-20T10:00:04Z", prompt_tokens=7),
        finished(duration_seconds=4.0, timestamp="2026-11-20T10:00:06Z", prompt_tokens=8),
    )
    assert read_trace(path) == (
        TracedRequest(2, 0.0, 8, 12, "small:1b"),
        TracedRequest(1, 1.5, 7, 12, "small:1b"),
    )


def test_lines_of_the_proxys_log_about_other_things_are_passed_over(tmp_path: Path) -> None:
    path = write(
        tmp_path,
        {"event": "started", "level": "info", "timestamp": "2026-11-20T09:59:00Z"},
        finished(endpoint="/api/tags", prompt_tokens=None, generated_tokens=None)
        | {"time_to_first_token_seconds": None},
        finished(endpoint="/api/embed", generated_tokens=None, time_to_first_token_seconds=None),
        "",
        finished(),
        finished(outcome="client_gone", status=499, prompt_tokens=None, generated_tokens=None),
    )
    assert [(item.line, item.prompt_tokens) for item in read_trace(path)] == [(5, 60), (6, None)]


@pytest.mark.parametrize("label", ["other", "none", ""])
def test_a_label_that_stands_for_no_model_is_no_model(tmp_path: Path, label: str) -> None:
    assert read_trace(write(tmp_path, finished(model=label)))[0].model is None


BROKEN: list[tuple[dict[str, Any] | str, str]] = [
    ("{oops", "expected a JSON object, found key must be a string at line 1 column 2"),
    ("[1]", "expected a JSON object, found another value"),
    ("proxy-1 | {}", "expected a JSON object, found expected value at line 1 column 1"),
    ({"prompt_tokens": 3}, "expected at_seconds or timestamp, found neither"),
    ({"at_seconds": 1}, "expected prompt_tokens or generated_tokens .*, found neither"),
    ({"at_seconds": "1", "prompt_tokens": 3}, "at_seconds: .* valid number, found '1'"),
    ({"at_seconds": 1, "prompt_tokens": -3}, "prompt_tokens: .* greater than .* 0, found '-3'"),
    ({"at_seconds": 1, "input_length": 2.5}, "input_length: .* valid integer, found '2.5'"),
    ({"at_seconds": 1, "output_length": 10**9}, "output_length: .* less than"),
    ({"at_seconds": 1, "prompt_tokens": 1_000_001}, "prompt_tokens: .* equal to 1000000, found"),
    (finished(duration_seconds=-1e9), "duration_seconds: .* greater than or equal to 0, found"),
    ({"at_seconds": 1e308, "prompt_tokens": 3}, "expected an instant within 366 days of the first"),
    (finished(), "expected an instant within 366 days of the first, which is in line 1, found one"),
    ('{"at_seconds": NaN, "prompt_tokens": 3}', "at_seconds: .* finite number"),
    ({"timestamp": "noon", "prompt_tokens": 3}, "timestamp: expected .* ISO 8601, found 'noon'"),
    ({"timestamp": True, "prompt_tokens": 3}, "timestamp: .*"),
    ({"at_seconds": 1, "prompt_tokens": 3, "model": 4}, "model: .* valid string, found '4'"),
    (
        {"at_seconds": 1, "prompt_tokens": 3, "model": "a\x1b"},
        r"model: expected text in one line, .*, found 'a\\x1b'",
    ),
]


@pytest.mark.parametrize(("line", "said"), BROKEN)
def test_a_line_that_cannot_be_read_is_refused_with_its_number(
    tmp_path: Path, line: dict[str, Any] | str, said: str
) -> None:
    path = write(tmp_path, {"at_seconds": 0, "prompt_tokens": 3}, "", line)
    with pytest.raises(TraceError, match=rf"trace\.jsonl:3: {said}"):
        read_trace(path)


def test_a_refusal_says_no_more_of_a_line_than_the_field_it_is_about(tmp_path: Path) -> None:
    path = write(tmp_path, {"at_seconds": "x" * 99, "prompt": "a secret", "prompt_tokens": 3})
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    assert "secret" not in str(caught.value)
    assert len(str(caught.value)) < len(str(path)) + 150


def test_a_file_without_a_request_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path, {"event": "started", "timestamp": "2026-11-20T10:00:00Z"})
    with pytest.raises(TraceError, match=r"trace\.jsonl: expected requests to replay, found none"):
        read_trace(path)


def test_a_missing_file_and_one_that_is_not_utf8_are_named(tmp_path: Path) -> None:
    path = tmp_path / "trace.jsonl"
    with pytest.raises(TraceError, match=r"cannot read .*trace\.jsonl: No such file"):
        read_trace(path)
    path.write_bytes(b'{"at_seconds": 0, "model": "\xff"}\n')
    with pytest.raises(TraceError, match=r"trace\.jsonl is not UTF-8"):
        read_trace(path)


def test_it_is_a_plan_that_fails_of_it() -> None:
    assert issubclass(TraceError, PlanError)
