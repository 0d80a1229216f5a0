from dataclasses import replace

import pytest
from rich.text import Text

from stack.top import blocks
from stack.top.facts import Facts, Source
from stack.top.glyphs import PLAIN, UNICODE
from stack.top.look import Look
from stack.top.machine import Gpu, Host
from stack.top.rates import Growth
from tests.tops import DOWN, EVIL, FACTS, growth


def styles(line: Text) -> set[str]:
    return {str(line.style), *(str(span.style) for span in line.spans)}


def test_the_title_has_the_time_at_its_end() -> None:
    line = blocks.title(FACTS, Look(), 80)
    assert line.plain.startswith("Ollama Observe 0.1.0  gpu-box  up 2h 5m  Ollama 0.33.0 up  ")
    assert line.plain.endswith(" 12:34:56")
    assert line.cell_len == 80
    assert "PAUSED" in blocks.title(FACTS, Look(is_paused=True), 80).plain


@pytest.mark.parametrize(
    ("up", "words", "style"),
    [
        (True, "Ollama 0.33.0 up", "green"),
        (False, "Ollama 0.33.0 DOWN", "bold red"),
        (None, "Ollama 0.33.0 unknown", "dim"),
    ],
)
def test_the_title_says_whether_ollama_is_up(up: bool | None, words: str, style: str) -> None:
    line = blocks.title(replace(FACTS, ollama_up=up), Look(), 80)
    assert words in line.plain
    assert style in styles(line)


def test_the_headline_is_what_happens_now() -> None:
    assert blocks.headline(FACTS, 80).plain == (
        "2 in flight (1 waiting)  0.80 requests/s  58.0 tokens/s  2 errors in 5m (5.0%)"
    )
    well = replace(FACTS, requests=(), lately=Growth(300, 40, errors={}), now=Growth())
    assert blocks.headline(well, 80).plain == (
        "0 in flight  - requests/s  - tokens/s  0 errors in 5m"
    )
    one = replace(FACTS, lately=Growth(300, 40, errors={"connect": 1.0}))
    assert "1 error in 5m (2.5%)" in blocks.headline(one, 80).plain
    assert "not known while no proxy answers" in blocks.headline(DOWN, 80).plain


def told(facts: Facts, width: int = 200) -> list[str]:
    return [line.plain for line in blocks.troubles(facts, width, UNICODE)]


def test_who_does_not_answer_is_named_with_the_reason_and_what_helps() -> None:
    assert told(DOWN)[0] == ("✗ proxy does not answer at http://127.0.0.1:8001: connection refused")
    assert told(DOWN)[-1] == "not running: make start"
    assert told(FACTS) == []
    one = replace(FACTS, sources=(*FACTS.sources[:1], Source("prometheus", "http://p", "no")))
    assert told(one) == ["✗ prometheus does not answer at http://p: no"]


def test_a_sentence_that_is_too_long_goes_on_in_the_next_line() -> None:
    lines = told(DOWN, 40)
    assert lines[:2] == ["✗ proxy does not answer at", "  http://127.0.0.1:8001: connection"]
    assert max(map(len, lines)) <= 40


def test_a_sentence_of_wide_letters_fits_too() -> None:
    down = replace(FACTS, ollama_up=False, ollama_detail="没有回答 " * 9 + "模" * 50)
    lines = blocks.troubles(down, 40, UNICODE)
    assert max(line.cell_len for line in lines) in (39, 40)
    assert sum(line.plain.count("模") for line in lines) == 50


def test_an_ollama_that_is_down_is_told_with_the_reason() -> None:
    down = replace(FACTS, ollama_up=False, ollama_detail="Ollama at http://x gave no answer")
    assert told(down) == ["✗ Ollama at http://x gave no answer"]


def test_more_proxies_than_are_asked_is_said() -> None:
    (line,) = told(replace(FACTS, proxies_read=3))
    assert line.startswith("Prometheus reads 3 proxies, asked here: 1.")
    assert told(replace(DOWN, proxies_read=3))[0].startswith("✗ proxy")


def test_the_last_minutes_are_three_lines_with_figures() -> None:
    tokens, median, late = blocks.charts(FACTS, 80, 1, UNICODE)
    assert [len(lines) for lines in (tokens, median, late)] == [1, 1, 1]
    assert tokens[0].plain.startswith("tokens/s ")
    assert tokens[0].plain.endswith("█ max 39.0 in 4m")
    assert median[0].plain.endswith(" 500 ms in 5m")
    assert late[0].plain.endswith(" 950 ms in 5m")
    assert all(line.cell_len <= 80 for (line,) in (tokens, median, late))


def test_a_wider_terminal_shows_more_minutes_and_a_taller_one_higher_lines() -> None:
    tokens, _, _ = blocks.charts(FACTS, 160, 3, UNICODE)
    assert len(tokens) == 3
    assert tokens[0].plain.endswith("max 39.0 in 10m")
    assert tokens[2].plain.count("█") > tokens[0].plain.count("█")


def test_where_nothing_is_known_nothing_is_drawn() -> None:
    tokens, median, _ = blocks.charts(DOWN, 80, 1, UNICODE)
    assert tokens[0].plain.split() == ["tokens/s", "max", "-", "in", "4m"]
    assert median[0].plain.split() == ["TTFT", "p50", "-", "in", "5m"]
    silent = replace(FACTS, slots=(growth(0.0),))
    assert "▁ max 0 in 5s" in blocks.charts(silent, 80, 1, UNICODE)[0][0].plain


@pytest.mark.parametrize("width", [1, 8, 20, 33, 40])
def test_charts_fit_any_width(width: int) -> None:
    for lines in blocks.charts(FACTS, width, 2, UNICODE):
        assert all(line.cell_len <= width for line in lines)


def test_a_card_is_a_line_with_what_it_tells() -> None:
    (line,) = blocks.gpus(FACTS, 100, UNICODE)
    assert " ".join(line.plain.split()) == (
        "GPU 0 NVIDIA GeForce RTX 4090 util 87% 18.2/23.9 GiB 312 W 71 °C power_cap"
    )
    bare = replace(FACTS, gpus=(Gpu("1", "Card"),))
    (line,) = blocks.gpus(bare, 80, PLAIN)
    assert " ".join(line.plain.split()) == "GPU 1 Card util - - - -"


def test_a_made_up_card_says_so() -> None:
    demo = replace(FACTS, gpus=(Gpu("0", "Card", True), Gpu("1", "B (synthetic)", True)))
    first, second = blocks.gpus(demo, 100, UNICODE)
    assert "demo data" in first.plain
    assert second.plain.startswith("GPU 1  B (synthetic)  ")


def test_why_there_is_no_card_is_said_once() -> None:
    assert blocks.gpus(DOWN, 80, UNICODE) == []  # that the exporter is silent is said already
    none = blocks.gpus(replace(FACTS, gpus=()), 80, UNICODE)
    assert [line.plain for line in none] == ["no GPU that the exporter can read"]
    narrow = blocks.gpus(replace(FACTS, gpus=()), 20, UNICODE)
    assert [line.plain for line in narrow] == ["no GPU that the exp…"]
    missing = replace(DOWN, missing={"gpu-exporter": "this stack runs without it"})
    (line,) = blocks.gpus(missing, 100, UNICODE)
    assert line.plain.endswith("this stack runs without it")


def test_the_machine_is_a_line() -> None:
    (line,) = blocks.host(FACTS, 80)
    assert line.plain == "Machine  CPU 23% of 16  memory 19.6/59.6 GiB  load 1.20"
    (bare,) = blocks.host(replace(FACTS, host=Host()), 80)
    assert bare.plain == "Machine  CPU -  memory -  load -"
    assert blocks.host(DOWN, 80) == []


def test_errors_are_named_the_most_first() -> None:
    many = replace(FACTS, lately=Growth(300, 9, errors={"a": 1.0, "b": 3.0, "c": 1.0}))
    assert [line.plain for line in blocks.errors(many, 80, UNICODE)] == ["errors: b 3, a 1, c 1"]
    assert blocks.errors(replace(FACTS, lately=Growth(300, 9)), 80, UNICODE) == []


def test_keys_are_shown_with_what_was_chosen() -> None:
    line = blocks.keys(Look("tokens", "m:1b", True), 80, UNICODE).plain
    assert line == "q quit  p go on  s sort: tokens  m model: m:1b  ~ estimated"


def test_what_a_server_says_moves_no_cursor() -> None:
    evil = replace(
        FACTS,
        title=EVIL,
        release=EVIL,
        ollama_version=EVIL,
        ollama_up=False,
        ollama_detail=EVIL,
        sources=(Source("proxy", EVIL, EVIL), *FACTS.sources),
        gpus=(Gpu("0", EVIL, throttled_by=(EVIL,)),),
        lately=Growth(300, 9, errors={EVIL: 1.0}),
        remedy=EVIL,
        missing={"prometheus": EVIL},
    )
    lines = [
        blocks.title(evil, Look(), 400),
        *blocks.troubles(evil, 400, UNICODE),
        *blocks.gpus(evil, 400, UNICODE),
        *blocks.errors(evil, 400, UNICODE),
        blocks.keys(Look(model=EVIL), 400, UNICODE),
    ]
    assert all(line.plain.isprintable() for line in lines)
    assert sum("\\x1b[2J" in line.plain for line in lines) == len(lines)
