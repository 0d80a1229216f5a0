import pytest
from rich.text import Text

from stack.top import lists
from stack.top.glyphs import PLAIN, UNICODE
from stack.top.machine import Model
from stack.top.table import Entry
from tests.tops import EVIL, FACTS, ended, entry


def plain(lines: list[Text]) -> list[str]:
    return [line.plain for line in lines]


def test_models_are_shown_with_where_they_are_and_until_when() -> None:
    assert plain(lists.models(FACTS.models, 80, None, UNICODE)) == [
        "LOADED            ON GPU       VRAM        RAM  CONTEXT  EXPIRES",
        "llama3.2:3b         100%    3.7 GiB        0 B     8192   4m 12s",
        "qwen3:8b             75%    4.2 GiB    1.4 GiB     4096    stays",
    ]


def test_what_a_model_does_not_tell_is_a_dash() -> None:
    line = plain(lists.models([Model("m")], 80, None, UNICODE))[1]
    assert line.split() == ["m", "-", "-", "-", "-", "stays"]


def test_requests_are_shown_with_what_they_do() -> None:
    heading, answering, waiting = plain(lists.requests(FACTS.requests, 80, None, UNICODE))
    assert heading.split() == ["IN", "FLIGHT", "PHASE", "AGE", "TOKENS", "TOK/S", "ENDPOINT"]
    assert answering.split() == ["qwen3:8b", "answering", "3.25", "s", "120", "45.1", "/api/chat"]
    assert waiting.split() == ["llama3.2:3b", "waiting", "3.25", "s", "0", "-", "/api/chat"]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"phase": "queued", "queue_position": 2}, "queued #2"),
        ({"phase": "prefill", "prefill_ratio": 0.4}, "prefill ~40%"),
        ({"phase": "prefill", "prefill_ratio": 1.7}, "prefill ~100%"),
        ({"phase": "answering", "prefill_ratio": 1.0}, "answering"),
        ({"phase": "prefill"}, "prefill"),
    ],
)
def test_a_phase_says_what_is_known_of_it(fields: dict[str, object], expected: str) -> None:
    assert lists.phase(Entry(**fields)) == expected  # type: ignore[arg-type]


def test_estimates_are_labelled_and_shown_where_there_are_any() -> None:
    queued = entry(
        phase="queued",
        queue_position=3,
        queue_wait_seconds=12.0,
        priority="low",
        first_token_in_seconds=14.5,
        location="cloud",
        routing="portkey",
    )
    heading, line = plain(lists.requests([queued], 160, None, UNICODE))
    for title in ("1ST TOKEN", "WAIT", "PRIORITY", "AT", "WAY", "ID"):
        assert title in heading
    for text in (
        "queued #3",
        "~14.5 s",
        "~12.0 s",
        "low",
        "cloud",
        "portkey",
        "a1b2c3d4e5f6a7b8-1",
    ):
        assert text in line
    bare = plain(lists.requests([entry(location="local")], 160, None, UNICODE))[0]
    assert not {"WAIT", "PRIORITY", "WAY"} & set(bare.split())


def test_a_failure_is_marked_in_colour_and_in_letters() -> None:
    _, well, failed = lists.ended(FACTS.finished, 80, None, UNICODE)
    assert "✗ upstream_5xx" in failed.plain
    assert {str(span.style) for span in failed.spans} == {"red"}
    assert "✗" not in well.plain
    assert "x upstream_5xx" in lists.ended(FACTS.finished, 80, None, PLAIN)[2].plain


def test_a_client_that_left_is_no_failure() -> None:
    (_, line) = lists.ended([ended("client_gone", status=499)], 80, None, UNICODE)
    assert "client left" in line.plain
    assert "red" not in {str(span.style) for span in line.spans}


@pytest.mark.parametrize(
    ("rows", "expected"),
    [(None, 6), (5, 6), (3, 4), (2, 3), (1, 2), (0, 1)],
)
def test_a_list_has_no_more_rows_than_there_is_room_for(rows: int | None, expected: int) -> None:
    lines = plain(lists.requests([entry()] * 5, 80, rows, UNICODE))
    assert len(lines) == expected
    if rows == 3:
        assert lines[-1] == "and 3 more"
    if rows == 0:
        assert lines == ["IN FLIGHT  5"]


def test_an_empty_list_is_one_line() -> None:
    assert plain(lists.models([], 80, 5, UNICODE)) == ["LOADED  no model"]
    assert plain(lists.requests([], 80, 5, UNICODE)) == ["IN FLIGHT  no request"]
    assert plain(lists.ended([], 80, 5, UNICODE)) == ["ENDED  none of late"]


def test_what_a_server_says_moves_no_cursor() -> None:
    model, request = Model(EVIL), entry(EVIL, EVIL, endpoint=EVIL, location=EVIL, priority=EVIL)
    over = ended(EVIL, model=EVIL, endpoint=EVIL, routing=EVIL, request_id=EVIL)
    lines = [
        *lists.models([model], 400, None, UNICODE),
        *lists.requests([request], 400, None, UNICODE),
        *lists.ended([over], 400, None, UNICODE),
    ]
    assert "evil\\x1b[2J\\x07\\u202emodel\\n:1b" in lines[1].plain
    assert all(line.plain.isprintable() for line in lines)
