"""What interactive asks for; the asking itself is tested at a terminal."""

import io
from pathlib import Path

import pytest
from rich.console import Console

from tests.unit.traffic.plan.test_trace import MODELS, two_models
from tests.unit.traffic.test_settings import settings
from traffic.bank.place import bank_of
from traffic.interactive import NO_TERMINAL, RECORDED, Interview, _by_number, main, size
from traffic.plan.plan import make_plan
from traffic.refusals import RefusedError
from traffic.target.server import Model


@pytest.mark.parametrize(
    ("size_bytes", "said"),
    [(4_661_224_676, "4.7 GB"), (270_898_672, "271 MB"), (999_999_999, "1000 MB"), (0, "0 MB")],
)
def test_a_model_has_a_size_for_people(size_bytes: int, said: str) -> None:
    assert size(size_bytes) == said


@pytest.mark.parametrize(
    ("text", "name"), [("1", "a"), (" 2 ", "b"), ("3", "3"), ("0", "0"), ("b", "b"), ("-1", "-1")]
)
def test_a_number_stands_for_a_name_and_anything_else_for_itself(text: str, name: str) -> None:
    assert _by_number(text, ["a", "b"]) == name


def test_away_from_a_terminal_it_is_refused() -> None:
    with pytest.raises(RefusedError, match="asks at a terminal"):
        main([])
    assert "--help" in NO_TERMINAL


def test_its_manual_has_the_flags(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    assert "--rate-per-second" in capsys.readouterr().out


def test_a_replay_asks_the_models_of_its_trace_where_enter_is_pressed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    console = Console(file=io.StringIO(), width=100)
    interview = Interview(console, settings(preset="replay", trace=two_models(tmp_path)))
    monkeypatch.setattr("sys.stdin", io.StringIO("\nopenai\n"))
    interview.hold([Model("small:1b"), Model("large:7b")])
    told = interview.settings
    assert (told.api, make_plan(bank_of(told), told).models) == ("openai", MODELS)
    assert isinstance(console.file, io.StringIO)
    assert f"({RECORDED})" in console.file.getvalue()


def test_a_replay_asks_a_model_that_is_named_instead(tmp_path: Path) -> None:
    told = settings(preset="replay", trace=two_models(tmp_path))
    interview = Interview(Console(file=io.StringIO()), told)
    assert interview._take("model", "mine:1b")
    made = interview.settings
    assert make_plan(bank_of(made), made).models == ("mine:1b",)
    assert interview._default_model([Model("other:1b"), Model("mine:1b")]) == "mine:1b"


def test_enter_stands_for_a_model_that_can_be_asked_where_none_is_named(tmp_path: Path) -> None:
    offered = [Model("vectors", makes_vectors=True), Model("big", is_elsewhere=True), Model("mine")]

    def default(**told: object) -> str:
        return Interview(Console(file=io.StringIO()), settings(**told))._default_model(offered)

    assert default(model="auto") == "mine"
    assert default(model="auto", preset="embeddings") == "vectors"
    assert default(model="auto", preset="replay", trace=two_models(tmp_path)) == RECORDED
