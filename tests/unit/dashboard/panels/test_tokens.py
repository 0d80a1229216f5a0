"""Tokens are counted in and out, by request, and by user."""

from dashboard.panels.model import Kind
from dashboard.panels.tokens import PANELS

BY_ID = {panel.id: panel for panel in PANELS}


def test_what_came_from_ollamas_cache_is_a_line_of_its_own_and_a_share() -> None:
    names = [query.name for query in BY_ID["tokens-in-out"].queries]
    assert "of prompts, from Ollama's cache" in names
    assert BY_ID["cached-prompts"].most == 1.0


def test_lengths_are_told_of_prompts_and_of_answers() -> None:
    prompts, answers = (
        [query for query in BY_ID["request-tokens"].queries if f'type="{of}"' in query.expr]
        for of in ("input", "output")
    )
    assert {query.name for query in prompts} == {
        *("prompt p50", "prompt p95", "{model} prompt p50", "{model} prompt p95"),
    }
    assert len(answers) == len(prompts)


def test_users_add_up_to_all_tokens() -> None:
    assert BY_ID["users"].kind is Kind.STACKED
