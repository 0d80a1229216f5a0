"""Stories under the GenAI conventions' names: the same values as under our own."""

import pytest

from ollama_observe.metrics import catalogue
from ollama_observe.metrics.catalogue import genai as g
from ollama_observe.metrics.catalogue import proxy as m
from ollama_observe.metrics.exposition import LedgerCollector
from ollama_observe.metrics.ledger import Ledger
from ollama_observe.metrics.metric import Metric
from ollama_observe.wire.endpoints import endpoint_of
from ollama_observe.wire.framing import Framing
from ollama_observe.wire.meter import StreamMeter
from proxy.booking import book_answer, book_request
from proxy.labels import BoundedLabels, ModelLabels
from proxy.outcomes import Ending
from proxy.pages import Pages
from proxy.story import Story
from proxy.telemetry.genai import GenaiBooks

CONTENT = b'{"model":"m","message":{"content":"a"}}\n'
FINAL = (
    b'{"model":"m","message":{"content":"b"},"done":true,"done_reason":"stop",'
    b'"total_duration":4000000000,"prompt_eval_count":8,"eval_count":11}\n'
)
UNLOADED = b'{"model":"m","message":{"content":""},"done":true,"done_reason":"unload"}\n'
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"


def read(*lines: bytes, framing: Framing = Framing.NDJSON) -> StreamMeter:
    meter = StreamMeter(endpoint_of("/api/chat").answer, framing)
    for number, line in enumerate(lines):
        meter.feed(3.0 + number, line)
    meter.finish(3.0 + len(lines))
    return meter


def story(
    meter: StreamMeter | None = None, ending: Ending = Ending.COMPLETE, **facts: object
) -> Story:
    told = Story("id", TRACE, "", "POST", endpoint_of("/api/chat"), True, "m:latest", 0.0)
    usual = {"read_at": 1.0, "sent_at": 1.5, "upstream_status": 200, "meter": meter}
    for name, value in {**usual, **facts}.items():
        setattr(told, name, value)
    told.end(9.0, ending)
    return told


class Booked:
    """What was booked, in both namings."""

    def __init__(self, *stories: Story) -> None:
        ledger = Ledger((*catalogue.PROXY, *catalogue.GENAI))
        models = ModelLabels(BoundedLabels(10, lambda: None))
        models.admit("m:latest")
        books, pages = GenaiBooks(ledger, models), Pages(ledger)
        for told in stories:
            page = pages.of(told)
            for step in (book_request, book_answer, books.book_request, books.book_answer):
                step(page, told)
        self._collector = LedgerCollector(catalogue.PROXY, {}, catalogue.GENAI)
        self._collector.include(ledger.memory)

    def of(self, metric: Metric) -> dict[tuple[str, ...], list[float]]:
        """Labels to the sum and the counts of its buckets."""
        return {one.labels: one.numbers for one in self._collector.read([metric])}

    def sums(self, metric: Metric) -> list[float]:
        """The same over all labels."""
        return [sum(column) for column in zip(*self.of(metric).values(), strict=True)]


def test_each_has_the_numbers_of_its_twin() -> None:
    booked = Booked(story(read(CONTENT, CONTENT, FINAL)), story(read(CONTENT, FINAL)))
    for metric, twin in g.TWINS.items():
        assert booked.sums(metric) == booked.sums(twin) != []


def test_a_request_says_what_it_was_and_which_model_answered() -> None:
    booked = Booked(story(read(CONTENT, FINAL)))
    assert set(booked.of(g.REQUEST_DURATION)) == {("chat", "m:latest", "m:latest", "none")}
    assert set(booked.of(g.TIME_TO_FIRST_TOKEN)) == {("chat", "m:latest", "m:latest")}
    tokens = booked.of(g.TOKEN_USAGE)
    assert {labels[-1]: numbers[0] for labels, numbers in tokens.items()} == {
        "input": 8.0,
        "output": 11.0,
    }


def test_a_failure_has_its_duration_and_its_kind() -> None:
    refused = story(ending=Ending.UNREACHABLE, upstream_status=None)
    unread = story(ending=Ending.TIMED_OUT, read_at=None, upstream_status=None)
    booked = Booked(refused, unread, story(upstream_status=404))
    found = {labels[-1]: numbers[0] for labels, numbers in booked.of(g.REQUEST_DURATION).items()}
    assert found == {"connect": 8.0, "bad_request": 9.0, "upstream_4xx": 8.0}
    assert booked.of(m.DURATION) == {}


@pytest.mark.parametrize(
    "told",
    [
        story(read(UNLOADED)),
        story(read(CONTENT), ending=Ending.CLIENT_GONE),
        story(endpoint=endpoint_of("/api/tags"), model="none"),
        story(endpoint=endpoint_of("/api/pull")),
        story(is_call=False),
    ],
)
def test_what_no_model_worked_for_to_the_end_has_no_duration(told: Story) -> None:
    assert Booked(told).of(g.REQUEST_DURATION) == {}


def test_a_client_that_left_early_has_had_a_first_token_all_the_same() -> None:
    booked = Booked(story(read(CONTENT), ending=Ending.CLIENT_GONE))
    assert booked.sums(g.TIME_TO_FIRST_TOKEN) == booked.sums(m.TTFT) != []
    assert booked.of(g.TOKEN_USAGE) == {}


def test_an_answer_in_one_piece_has_no_time_to_a_first_token() -> None:
    booked = Booked(story(read(FINAL, framing=Framing.JSON)))
    assert booked.of(g.TIME_TO_FIRST_TOKEN) == booked.of(g.TIME_PER_OUTPUT_TOKEN) == {}
    assert len(booked.of(g.TOKEN_USAGE)) == 2


def test_a_model_s_name_that_is_no_label_is_none_here_either() -> None:
    unknown = CONTENT.replace(b'"m"', b'"secret"')
    booked = Booked(story(read(unknown, FINAL.replace(b'"m"', b'"secret"'))))
    assert set(booked.of(g.REQUEST_DURATION)) == {("chat", "m:latest", "other", "none")}
