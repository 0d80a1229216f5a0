"""Joules, money and grams, each number under its own name."""

from dashboard.panels.cost import PANELS
from dashboard.panels.model import Split, Unit

BY_ID = {panel.id: panel for panel in PANELS}


def test_energy_per_token_is_three_numbers_with_their_names() -> None:
    names = [
        query.name for query in BY_ID["energy-per-token"].queries if query.split is Split.TOTAL
    ]
    assert names == ["with idle time", "while at work", "what work added to idling"]


def test_money_is_by_the_token_and_by_the_hour() -> None:
    money = [panel.id for panel in PANELS if panel.unit is Unit.MONEY]
    assert money == ["cost-per-million", "cost-per-hour", "cost-by-user"]
