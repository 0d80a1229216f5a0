"""An attempt is booked once, under bounded labels."""

from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from ollama_observe.metrics.catalogue import LABELS
from ollama_observe.metrics.catalogue import traffic as m
from ollama_observe.wire.usage import Usage
from tests.unit.traffic.request.test_protocol import question
from traffic.bank.questions import Category
from traffic.request.attempt import Attempt, Failure
from traffic.request.routes import Way
from traffic.worker.booking import MODELS, ROUTINGS, Books, outcome_of

MODEL = {"model": "m:1b", "routing": "direct"}


def attempt(**facts: Any) -> Attempt:
    whole: dict[str, Any] = {
        "scheduled": 10.0,
        "sent": 10.02,
        "first_content": 10.5,
        "last_content": 11.5,
        "end": 12.02,
        "status": 200,
        "model": "m:1b",
        "usage": Usage(prompt_tokens=7, generated_tokens=5),
    }
    return Attempt("cod-0001", Category.CODE, 0, **(whole | facts))


class Read:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.books = Books(self.registry)

    def value(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(name, labels)


def test_a_whole_answer_is_counted_and_timed_by_its_model() -> None:
    read = Read()
    read.books.began(2.0)
    read.books.asked(question())
    assert read.value("traffic_in_flight_requests", category="code") == 1
    read.books.answered(attempt(is_valid=False))
    assert read.value("traffic_in_flight_requests", category="code") == 0
    ok = {"category": "code", "outcome": "ok", **MODEL}
    assert read.value("traffic_requests_total", **ok) == 1
    for name, seconds in (
        ("time_to_first_token", 0.48),
        ("request_duration", 2.0),
        ("time_per_output_token", 0.25),
    ):
        assert read.value(f"traffic_{name}_seconds_sum", **MODEL) == pytest.approx(seconds)
    assert read.value("traffic_prompt_tokens_total", **MODEL) == 7
    assert read.value("traffic_generated_tokens_total", **MODEL) == 5
    assert read.value("traffic_send_delay_seconds_sum") == pytest.approx(0.02)
    assert read.value("traffic_checked_answers_total", category="code") == 1
    assert read.value("traffic_invalid_answers_total", category="code") == 1


def test_a_good_answer_is_no_invalid_one_but_its_series_is_there() -> None:
    read = Read()
    read.books.answered(attempt(is_valid=True))
    assert read.value("traffic_invalid_answers_total", category="code") == 0


@pytest.mark.parametrize(
    "facts", [{"failure": Failure.TIMEOUT}, {"is_cancelled": True}], ids=["failed", "cancelled"]
)
def test_what_is_not_whole_is_in_no_latency_and_no_token(facts: dict[str, Any]) -> None:
    read = Read()
    read.books.answered(attempt(**facts))
    assert read.value("traffic_request_duration_seconds_count", **MODEL) is None
    assert read.value("traffic_generated_tokens_total", **MODEL) is None


def test_warm_up_is_counted_apart_and_in_nothing_else() -> None:
    read = Read()
    read.books.began(1.0)
    read.books.answered(attempt(is_warm_up=True))
    assert read.value("traffic_warm_up_requests_total") == 1
    assert read.value("traffic_send_delay_seconds_count") == 0
    assert read.value("traffic_request_duration_seconds_count", **MODEL) is None


def test_only_a_schedule_can_be_late_and_only_its_first_turns() -> None:
    read = Read()
    read.books.began(None)
    read.books.answered(attempt())
    assert read.value("traffic_send_delay_seconds_count") == 0
    read.books.began(1.0)
    later = attempt()
    later.turn = 1
    read.books.answered(later)
    assert read.value("traffic_send_delay_seconds_count") == 0


def test_the_rate_is_there_while_it_runs() -> None:
    read = Read()
    read.books.began(2.5)
    assert read.value("traffic_running") == 1
    assert read.value("traffic_target_rate") == 2.5
    read.books.ended()
    assert read.value("traffic_running") == read.value("traffic_target_rate") == 0
    read.books.began(None)
    assert (read.value("traffic_running"), read.value("traffic_target_rate")) == (1, 0)


def test_a_dropped_question_is_counted_by_its_kind() -> None:
    read = Read()
    read.books.dropped(question())
    assert read.value("traffic_dropped_questions_total", category="code") == 1


def test_names_of_models_beyond_the_bound_become_other() -> None:
    read = Read()
    for number in range(MODELS + 3):
        read.books.answered(attempt(model=f"m{number}"))
    counted = {"category": "code", "outcome": "ok", "routing": "direct"}
    assert read.value("traffic_requests_total", model="other", **counted) == 3
    read.books.answered(attempt(model="m0"))
    assert read.value("traffic_requests_total", model="m0", **counted) == 2


@pytest.mark.parametrize(
    ("facts", "outcome"),
    [
        ({}, "ok"),
        ({"is_cancelled": True}, "cancelled"),
        ({"failure": Failure.HTTP_STATUS, "status": 404}, "http_4xx"),
        ({"failure": Failure.HTTP_STATUS, "status": 503}, "http_5xx"),
        ({"failure": Failure.HTTP_STATUS, "status": 302}, "http_other"),
        *(({"failure": one}, one) for one in Failure if one is not Failure.HTTP_STATUS),
    ],
)
def test_an_outcome_is_one_of_those_that_the_label_lists(
    facts: dict[str, Any], outcome: str
) -> None:
    assert outcome_of(attempt(**facts)) == outcome
    assert f"`{outcome}`" in LABELS["outcome"]


def test_every_way_has_a_word_that_the_label_lists() -> None:
    assert set(ROUTINGS) == set(Way)
    assert all(f"`{word}`" in LABELS["routing"] for word in ROUTINGS.values())


def test_every_metric_of_the_catalogue_is_published() -> None:
    names = {family.name for family in Read().registry.collect()}
    assert names == {metric.name.removesuffix("_total") for metric in m.METRICS}


def test_what_a_cache_answered_is_apart_from_the_ways() -> None:
    read = Read()
    read.books.asked(question())
    read.books.answered(attempt(cache_status="HIT"))
    of_cache = {"model": "m:1b", "routing": "cache"}
    whole = {"category": "code", "outcome": "ok", **of_cache}
    assert read.value("traffic_requests_total", **whole) == 1
    assert read.value("traffic_request_duration_seconds_count", **of_cache) == 1
    assert read.value("traffic_request_duration_seconds_count", **MODEL) is None
    assert read.value("traffic_generated_tokens_total", **MODEL) is None
