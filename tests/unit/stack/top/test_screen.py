from dataclasses import replace

import pytest
from rich.text import Text

from stack.top.facts import Facts
from stack.top.glyphs import UNICODE
from stack.top.look import Look
from stack.top.screen import Block, Size, fitting, joined, screen, shared, side_by_side
from tests.tops import DOWN, FACTS, ended, entry

BUSY = replace(
    FACTS,
    requests=tuple(entry(age_seconds=float(age)) for age in range(40)),
    finished=tuple(ended(ago_seconds=float(ago)) for ago in range(60)),
    models=FACTS.models * 4,
    gpus=FACTS.gpus * 8,
)


def shown(facts: Facts, columns: int, rows: int | None, look: Look | None = None) -> list[str]:
    return [line.plain for line in screen(facts, look or Look(), Size(columns, rows), UNICODE)]


def test_80x24_is_enough_for_all_of_it() -> None:
    text = "\n".join(shown(FACTS, 80, 24))
    for wanted in (
        *(
            "Ollama 0.33.0 up",
            "2 in flight",
            "tokens/s",
            "TTFT p50",
            "TTFT p95",
            "GPU 0",
            "Machine",
        ),
        *("LOADED", "IN FLIGHT", "qwen3:8b", "ENDED", "✗ upstream_5xx", "errors:", "q quit"),
    ):
        assert wanted in text


@pytest.mark.parametrize("facts", [FACTS, BUSY, DOWN], ids=["usual", "busy", "down"])
@pytest.mark.parametrize("columns", [1, 7, 20, 40, 79, 80, 131, 132, 200])
@pytest.mark.parametrize("rows", [1, 3, 6, 10, 24, 35, 36, 60])
def test_any_terminal_is_filled_and_no_more(facts: Facts, columns: int, rows: int) -> None:
    lines = screen(facts, Look(), Size(columns, rows), UNICODE)
    assert len(lines) == rows
    assert max(line.cell_len for line in lines) <= columns


def test_a_low_terminal_keeps_what_matters_most() -> None:
    lines = shown(BUSY, 80, 10)
    assert lines[0].startswith("Ollama Observe")
    assert "40 in flight" in lines[1]
    assert sum(line.startswith("qwen3:8b") for line in lines) >= 1
    assert not any(line.startswith(("TTFT", "Machine")) for line in lines)


def test_who_is_silent_stays_on_a_low_terminal() -> None:
    assert sum("does not answer" in line for line in shown(DOWN, 80, 8)) == 3


def test_of_many_cards_and_requests_each_has_a_part_of_the_screen() -> None:
    lines = shown(BUSY, 80, 24)
    assert sum(line.startswith("GPU 0") for line in lines) >= 1
    assert sum("answering" in line for line in lines) >= 2
    assert sum(line.startswith("and ") for line in lines) == 3


def test_on_a_wide_terminal_two_lists_stand_side_by_side() -> None:
    heading = next(line for line in shown(FACTS, 160, 40) if line.startswith("IN FLIGHT"))
    assert "ENDED" in heading
    assert "ENDED" not in next(line for line in shown(FACTS, 120, 40) if line.startswith("IN FL"))


def test_on_a_tall_terminal_the_last_minutes_are_drawn_higher() -> None:
    for rows, height in ((24, 1), (40, 3)):
        lines = shown(FACTS, 80, rows)
        tokens = next(n for n, line in enumerate(lines) if line.startswith("tokens/s"))
        median = next(n for n, line in enumerate(lines) if line.startswith("TTFT p50"))
        assert median - tokens == height


def test_without_an_end_all_rows_are_shown_and_no_keys() -> None:
    lines = shown(BUSY, 80, None)
    assert sum("answering" in line for line in lines) == 40
    assert not any("q quit" in line for line in lines)


def test_of_one_model_only_what_is_its_is_listed() -> None:
    text = "\n".join(shown(FACTS, 80, 24, Look(model="qwen3:8b")))
    assert "ENDED  none of late" in text
    assert "waiting  " not in text.partition("IN FLIGHT")[2]


def test_what_is_in_flight_is_not_listed_where_nobody_knows() -> None:
    assert not any(line.startswith(("IN FLIGHT", "LOADED")) for line in shown(DOWN, 80, 24))
    before = replace(DOWN, finished=FACTS.finished)
    assert any(line.startswith("ENDED") for line in shown(before, 80, 24))


def block(count: int, rank: int) -> Block:
    return Block([Text(str(rank))] * count, rank)


def test_what_is_dispensable_goes_first_and_the_rest_keeps_its_order() -> None:
    blocks = [block(1, 0), block(1, 5), block(2, 9), block(1, 5), block(1, 0)]
    assert [one.rank for one in fitting(blocks, 6)] == [0, 5, 9, 5, 0]
    assert [one.rank for one in fitting(blocks, 5)] == [0, 5, 5, 0]
    assert fitting(blocks, 3) == [blocks[0], blocks[1], blocks[4]]
    assert [one.rank for one in fitting(blocks, 0)] == [0, 0]
    assert fitting([Block([], 3)], 5) == []
    assert len(joined(blocks)) == 6


@pytest.mark.parametrize(
    ("room", "wanted", "expected"),
    [
        (20, [3, 4, 5], [3, 4, 5]),
        (6, [10, 10, 10], [1, 3, 2]),
        (12, [1, 20, 20], [1, 7, 4]),
        (1, [0, 5, 5], [0, 1, 0]),
        (0, [5, 5, 5], [0, 0, 0]),
        (-3, [5, 5, 5], [0, 0, 0]),
    ],
)
def test_rows_are_shared(room: int, wanted: list[int], expected: list[int]) -> None:
    assert shared(room, wanted, [1, 3, 2]) == expected


def test_two_blocks_become_one() -> None:
    left, right = [Text("a"), Text("bb")], [Text("x", "red"), Text("y"), Text("z")]
    lines = side_by_side(left, right, 4)
    assert [line.plain for line in lines] == ["a      x", "bb     y", "       z"]
    assert "red" in {str(span.style) for span in lines[0].spans}
    assert [line.plain for line in side_by_side(left, [], 4)] == ["a", "bb"]
