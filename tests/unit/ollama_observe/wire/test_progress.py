"""Lines of progress become bytes that only grow, and a ratio."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ollama_observe.wire.framing import LINE_LIMIT_BYTES, Framing
from ollama_observe.wire.progress import LAYER_LIMIT, ProgressMeter
from tests.fakes import captures


def line(digest: str, completed: int | None, total: int | None = 100) -> bytes:
    told = {"status": "pulling", "digest": digest, "total": total, "completed": completed}
    return json.dumps({k: v for k, v in told.items() if v is not None}).encode() + b"\n"


def metered(*pieces: bytes, framing: Framing = Framing.NDJSON) -> ProgressMeter:
    meter = ProgressMeter(framing)
    for piece in pieces:
        meter.feed(0.0, piece)
    meter.finish(0.0)
    return meter


def test_bytes_of_all_layers_are_added() -> None:
    meter = metered(line("a", None), line("a", 40), line("b", 10, 300))
    assert meter.bytes_moved == 50
    assert meter.ratio == 0.125


def test_a_layer_that_was_whole_from_the_first_did_not_move() -> None:
    meter = metered(line("a", 100), line("a", 100), line("b", 50))
    assert meter.bytes_moved == 50
    assert meter.ratio == 0.75


def test_bytes_do_not_fall_when_a_part_is_fetched_once_more() -> None:
    meter = metered(line("a", 60), line("a", 20))
    assert meter.bytes_moved == 60
    meter.feed(0.0, line("a", 70))
    assert meter.bytes_moved == 70


def test_there_is_no_ratio_before_a_size_is_known() -> None:
    assert metered(b'{"status":"pulling manifest"}\n', line("a", 5, None)).ratio is None
    assert metered(line("a", 0, 0)).ratio is None
    assert metered(line("a", 500)).ratio == 1.0


def test_only_success_ends_it() -> None:
    assert metered(b'{"status":"success"}\n').is_ended
    assert metered(b'{"status":"success"}', framing=Framing.JSON).is_ended
    assert not metered(b'{"status":"writing manifest"}\n').is_ended


@pytest.mark.parametrize(
    ("name", "is_ended", "saw_error"),
    [
        ("create-derived-stream", True, False),
        ("create-error", False, True),
        ("error-pull-unreachable", False, True),
    ],
)
def test_recorded_progress_is_read_at_every_cut(name: str, is_ended: bool, saw_error: bool) -> None:
    body = captures.load(name).body
    for at in range(len(body)):
        meter = metered(body[:at], body[at:])
        assert (meter.is_ended, meter.saw_error) == (is_ended, saw_error)
        assert (meter.bytes_moved, meter.ratio, dict(meter.problems)) == (0, None, {})


def test_layers_are_bounded() -> None:
    meter = metered(*(line(f"{i}", 1) for i in range(LAYER_LIMIT + 10)))
    assert meter.bytes_moved == LAYER_LIMIT


def test_what_cannot_be_read_is_counted() -> None:
    assert dict(metered(b"{\n \n", line("a", 1)).problems) == {"json": 1}
    piece = b"x" * (LINE_LIMIT_BYTES // 2)
    assert dict(metered(piece, piece, piece).problems) == {"too_long": 1}


ODD: list[object] = [None, True, -1, 0, 3, 1e9, "a", "success", [], {}]
FIELDS = st.sampled_from(["status", "digest", "total", "completed"])


@given(
    st.lists(st.dictionaries(FIELDS, st.sampled_from(ODD))),
    st.binary(max_size=20),
)
def test_bytes_never_fall_and_nothing_raises(lines: list[dict[str, object]], odd: bytes) -> None:
    meter = ProgressMeter(Framing.NDJSON)
    before = 0
    for told in lines:
        meter.feed(0.0, json.dumps(told).encode() + b"\n")
        assert meter.bytes_moved >= before
        assert meter.ratio is None or 0 <= meter.ratio <= 1
        before = meter.bytes_moved
    meter.feed(0.0, odd)
    meter.finish(0.0)
