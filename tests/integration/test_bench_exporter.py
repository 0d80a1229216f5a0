"""The bench of the exporter measures what it says, and a scrape is as quick as it should be."""

import asyncio

import pytest

from bench.exporter.__main__ import Figures, Plan, run, table
from bench.exporter.subject import CARDS
from bench.percentiles import percentile

pytestmark = pytest.mark.long

SCRAPE_SECONDS = 0.005
OF_A_CORE = 0.015
"""What reading may cost on a machine without cards."""


@pytest.fixture(scope="module")
def found() -> dict[str, Figures]:
    return asyncio.run(run(Plan(seconds=1.0, scrapes=100, settling_seconds=0.2)))


def test_three_exporters_are_measured_and_told_in_a_table(found: dict[str, Figures]) -> None:
    lines = table(found).splitlines()
    for name in found:
        assert len([line for line in lines if line.startswith(f"| {name} |")]) == 1
    alone, full, hanging = found.values()
    assert full.series > alone.series + CARDS * 60
    # what hangs has a lane of its own: nothing else is missing
    assert full.series >= hanging.series > alone.series + CARDS * 60


def test_a_whole_scrape_takes_less_than_five_milliseconds_of_the_processor(
    found: dict[str, Figures],
) -> None:
    for figures in found.values():
        assert 0 < figures.scrape_cpu_seconds < SCRAPE_SECONDS


def test_a_collector_that_hangs_does_not_hold_up_the_scrapes(found: dict[str, Figures]) -> None:
    *_, hanging = found.values()
    assert percentile(hanging.scrape_seconds, 50) < 0.05


def test_a_machine_without_cards_is_read_for_next_to_nothing(found: dict[str, Figures]) -> None:
    alone, *_ = found.values()
    assert 0 < alone.reading_cpu_ratio < OF_A_CORE
