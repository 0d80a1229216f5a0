"""W3C Trace Context: what is continued, what begins, and who is recorded."""

import random

import pytest

from proxy.identity import trace_id_of
from proxy.telemetry.traceparent import Contexts
from tests.traces import NOT_VALID, PARENT, TRACE


def contexts(ratio: float = 1.0) -> Contexts:
    return Contexts(ratio, random.Random(1).randbytes)


@pytest.mark.parametrize(
    ("given", "flags"),
    [
        (f"00-{TRACE}-{PARENT}-01", 1),
        (f" 00-{TRACE}-{PARENT}-00\t", 0),
        (f"00-{TRACE}-{PARENT}-03", 3),
        (f"00-{TRACE}-{PARENT}-ff", 3),  # flags that nobody has given a meaning are not passed on
        (f"01-{TRACE}-{PARENT}-01", 1),
        (f"cc-{TRACE}-{PARENT}-01-what-the-future-brings", 1),
    ],
)
@pytest.mark.parametrize("ratio", [0.0, 1.0])
def test_a_trace_that_is_brought_is_continued_as_its_flag_says(
    given: str, flags: int, ratio: float
) -> None:
    context = contexts(ratio).of(given.encode(), "a=1")
    assert (context.trace_id, context.parent_id, context.flags) == (TRACE, PARENT, flags)
    assert context.is_sampled == bool(flags & 1)
    assert context.state == "a=1"
    assert context.span_id not in (PARENT, "0" * 16)
    assert context.traceparent == f"00-{TRACE}-{context.span_id}-{flags:02x}".encode()


@pytest.mark.parametrize("given", NOT_VALID)
def test_what_is_not_valid_is_no_trace_and_another_begins(given: str | None) -> None:
    raw = given.encode() if given is not None else None
    context = contexts().of(raw, "a=1")
    assert context.trace_id != TRACE
    assert (context.parent_id, context.state) == ("", "")
    assert trace_id_of(raw) == ""  # the exemplars' reader has the same rules
    assert trace_id_of(context.traceparent) == context.trace_id


def test_what_begins_is_random_says_so_and_is_different_each_time() -> None:
    one = contexts()
    found = [one.of(None) for _ in range(500)]
    assert len({context.trace_id for context in found}) == 500
    assert len({context.span_id for context in found}) == 500
    assert {context.flags for context in found} == {3}
    again, other = Contexts(1.0).of(None), Contexts(1.0).of(None)
    assert again.trace_id != other.trace_id


@pytest.mark.parametrize("ratio", [0.0, 0.25, 1.0])
def test_the_share_of_new_traces_that_is_recorded_is_the_ratio(ratio: float) -> None:
    one = contexts(ratio)
    recorded = sum(one.of(None).is_sampled for _ in range(4000)) / 4000
    assert abs(recorded - ratio) < 0.03
    if ratio in (0.0, 1.0):
        assert recorded == ratio


def test_whether_a_new_trace_is_recorded_its_id_decides() -> None:
    """So that all who know the id and the ratio decide alike."""
    found = [contexts(0.5).of(None) for _ in range(2)]
    assert found[0] == found[1]
    context = Contexts(0.5, lambda size: b"\xff" * size).of(None)
    assert context.is_sampled
    assert not Contexts(0.5, lambda size: b"\x01" * size).of(None).is_sampled


def test_an_id_is_never_zeros() -> None:
    numbers = iter([0, 5, 0, 0, 6])
    context = Contexts(1.0, lambda size: next(numbers).to_bytes(size, "big")).of(None)
    assert context.trace_id == f"{5:032x}"
    assert context.span_id == f"{6:016x}"
